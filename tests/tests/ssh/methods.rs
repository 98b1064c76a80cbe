//! sshd's other methods: a password in one field, and a key alone.

use std::sync::Arc;

use postern_tests::{Key, Ssh, Sshd};

use crate::on_both;
use crate::world::{World, seen};

on_both!(
    the_password_method_asks_for_no_code_and_counts_none,
    the_password_method_opens_where_no_code_is_needed,
    a_key_alone_does_not_walk_past_a_factor,
    a_key_alone_opens_where_no_factor_is_needed_or_the_service_says_so,
);

fn password_method(world: &World) -> Arc<Sshd> {
    let sshd = Sshd::builder("password_method").pam(&world.stack("sshd")).methods("password");
    Arc::new(sshd.set("PasswordAuthentication", "yes").set("KbdInteractiveAuthentication", "no").start())
}

fn the_password_method_asks_for_no_code_and_counts_none(world: &World) {
    let mut anna = world.enrolled("anna");
    let sshd = password_method(world);
    // More often than wrong codes would be admitted.
    for _ in 0..2 {
        let mut person = Ssh::to(&sshd).unix_user(&anna.unix).tries(3).start();
        for _ in 0..3 {
            person.expect(&format!("{}@127.0.0.1's password: ", anna.unix.name));
            person.answer_hidden(&anna.password);
        }
        let refused = person.is_refused();
        assert!(refused.contains("Permission denied (password)"), "{refused}");
    }
    drop(world.logged(&anna, &["verdict=reject reason=cancelled flow=login service=sshd"]));
    assert!(!world.posternd.log().lines().any(|line| {
        line.ends_with(&format!("user={}", anna.unix.name)) && line.contains("reason=bad_credential")
    }));
    let mut person = world.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn the_password_method_opens_where_no_code_is_needed(world: &World) {
    let berta = world.user("berta");
    let sshd = password_method(world);
    for (password, opens) in [("wrong", false), (&*berta.password, true)] {
        let mut person = Ssh::to(&sshd).unix_user(&berta.unix).batch().start();
        person.expect("'s password: ");
        person.answer_hidden(password);
        assert_eq!(person.gets_in(), opens);
    }
}

fn key_alone(world: &World, service: &str, user: &crate::world::User) -> Ssh {
    let key = Key::ed25519();
    user.unix.authorize(&key);
    Ssh::to(&world.sshd(service, "publickey")).unix_user(&user.unix).key(&key).batch()
}

fn a_key_alone_does_not_walk_past_a_factor(world: &World) {
    let (anna, berta) = (world.enrolled("anna"), world.user("berta"));
    for (service, user) in [("sshd", &anna), ("sshd-key", &anna), ("required", &berta)] {
        let mut person = key_alone(world, service, user).start();
        let refused = person.is_refused();
        println!("a key alone at {service}: {refused}");
        let service = format!("service={service}");
        let line = world.logged(user, &["verdict=reject reason=not_permitted flow=account", &service]);
        assert!(line.contains("detail=\"a second factor is needed, and none was asked for\""), "{line}");
        assert!(seen(&person).contains("Login failed."), "{}", seen(&person));
    }
}

fn a_key_alone_opens_where_no_factor_is_needed_or_the_service_says_so(world: &World) {
    let (anna, berta) = (world.enrolled("anna"), world.user("berta"));
    assert_eq!(key_alone(world, "sshd", &berta).start().is_in(), berta.unix.name);
    drop(world.logged(&berta, &["verdict=ignore", "flow=account service=sshd"]));
    assert_eq!(key_alone(world, "lax", &anna).start().is_in(), anna.unix.name);
    drop(world.logged(&anna, &["verdict=ignore", "flow=account service=lax"]));
}
