//! sshd's other methods: a password in one field, and a key alone.

use std::sync::Arc;

use postern_tests::login_host::LoginHost;
use postern_tests::{Key, Ssh, Sshd};

use crate::on_both;

on_both!(
    the_password_method_asks_for_no_code_and_counts_none,
    the_password_method_opens_where_no_code_is_needed,
    a_key_alone_does_not_walk_past_a_factor,
    a_key_alone_opens_where_no_factor_is_needed_or_the_service_says_so,
);

fn password_method(host: &LoginHost) -> Arc<Sshd> {
    let sshd = Sshd::builder("password_method").pam(&host.stack("sshd")).methods("password");
    Arc::new(sshd.set("PasswordAuthentication", "yes").set("KbdInteractiveAuthentication", "no").start())
}

fn the_password_method_asks_for_no_code_and_counts_none(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let sshd = password_method(host);
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
    drop(host.logged(&anna, &["verdict=reject reason=cancelled flow=login service=sshd"]));
    assert!(!host.posternd.log().lines().any(|line| {
        line.ends_with(&format!("user={}", anna.unix.name)) && line.contains("reason=bad_credential")
    }));
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn the_password_method_opens_where_no_code_is_needed(host: &LoginHost) {
    let berta = host.user("berta");
    let sshd = password_method(host);
    for (password, opens) in [("wrong", false), (&*berta.password, true)] {
        let mut person = Ssh::to(&sshd).unix_user(&berta.unix).batch().start();
        person.expect("'s password: ");
        person.answer_hidden(password);
        assert_eq!(person.gets_in(), opens);
    }
}

fn key_alone(host: &LoginHost, service: &str, user: &postern_tests::login_host::LoginUser) -> Ssh {
    let key = Key::ed25519();
    user.unix.authorize(&key);
    Ssh::to(&host.sshd(service, "publickey")).unix_user(&user.unix).key(&key).batch()
}

fn a_key_alone_does_not_walk_past_a_factor(host: &LoginHost) {
    let (anna, berta) = (host.enrolled("anna"), host.user("berta"));
    for (service, user) in [("sshd", &anna), ("sshd-key", &anna), ("required", &berta)] {
        let mut person = key_alone(host, service, user).start();
        let refused = person.is_refused();
        println!("a key alone at {service}: {refused}");
        let service = format!("service={service}");
        let line = host.logged(user, &["verdict=reject reason=not_permitted flow=account", &service]);
        assert!(line.contains("detail=\"a second factor is needed, and none was asked for\""), "{line}");
        assert!(
            refused.contains("This account needs a second factor, and this login did not ask for one."),
            "{refused}"
        );
    }
}

fn a_key_alone_opens_where_no_factor_is_needed_or_the_service_says_so(host: &LoginHost) {
    let (anna, berta) = (host.enrolled("anna"), host.user("berta"));
    assert_eq!(key_alone(host, "sshd", &berta).start().is_in(), berta.unix.name);
    drop(host.logged(&berta, &["verdict=ignore", "flow=account service=sshd"]));
    assert_eq!(key_alone(host, "lax", &anna).start().is_in(), anna.unix.name);
    drop(host.logged(&anna, &["verdict=ignore", "flow=account service=lax"]));
}
