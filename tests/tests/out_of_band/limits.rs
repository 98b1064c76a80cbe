//! What is sent, and what is not.

use postern_tests::{Sshd, guard};

use crate::on_both;
use crate::people::{User, number, types_password};
use crate::world::{Kept, World, stack, to};

on_both!(without_a_proof_of_the_first_factor_nothing_is_sent, looking_at_the_link_decides_nothing,);

#[test]
fn fifty_logins_with_the_right_password_ring_three_times() {
    let world = World::shared(Kept::Ldap);
    let anna = world.user("anna");
    let (phone, topic) = world.bind_ringing_phone(&anna);
    let (mut rung, mut shown) = (0, 0);
    for _ in 0..50 {
        let mut person = world.knows_the_password("sshd", &anna);
        let (which, _) =
            person.expect_one_of(&["Approve on your phone", "Scan it and approve", "Code from "]);
        rung += usize::from(which == 0);
        shown += usize::from(which == 1);
        drop(person);
        // One login at a time waits for the phone.
        guard::wait_for("the challenge to be gone", LIMIT, || {
            phone.pending(&world.web).all("challenge").is_empty().then_some(())
        });
    }
    assert_eq!((world.sent(&anna, &topic).2, rung), (3, 3));
    assert_eq!(rung + shown, 50, "each of them could have been approved by a scan");
}

fn without_a_proof_of_the_first_factor_nothing_is_sent(world: &World) {
    let anna = world.user("anna");
    let (_, topic) = world.bind_ringing_phone(&anna);
    let denied = denied_and_reachable(world);
    let before = (world.sent(&anna, &topic), world.sent(&denied.0, &denied.1));

    let mut person = world.ssh("sshd", &anna).start();
    person.expect("Password: ");
    person.answer_hidden("a wrong password");
    drop(person.is_refused());
    drop(world.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));

    // sshd calls PAM with a junk password for users it will refuse.
    let sshd = Sshd::builder("denied").pam(&stack(&world.site, "sshd")).methods("keyboard-interactive");
    let sshd = sshd.set("AllowUsers", &anna.unix.name).start();
    let mut person = to(&sshd, &denied.0).start();
    types_password(&mut person, &denied.0);
    drop(person.is_refused());
    drop(world.logged(&denied.0, &["verdict=reject", "flow=login"]));

    let nobody = format!("{}-who-is-not", anna.unix.name);
    let mut person = world.ssh("sshd", &anna).user(&nobody).start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    drop(person.is_refused());
    drop(world.posternd.logged(&["verdict=reject", "flow=login", &format!("user={nobody}")]));

    assert_eq!((world.sent(&anna, &topic), world.sent(&denied.0, &denied.1)), before);
    assert_eq!(before.0.2 + before.1.2, 0, "nothing rang");
}

/// A user with three out-of-band factors.
fn denied_and_reachable(world: &World) -> (User, String) {
    let bert = world.user("bert");
    world.bind_email(&bert, &[]);
    let by_mail = || world.mailbox.next_to(&bert.backup()).code();
    world.bind_sms(&bert, &[&by_mail]);
    let phone = world.bind_phone(&bert, &[&by_mail]);
    let topic = phone.ring_by_ntfy(&world.web);
    (bert, topic)
}

fn looking_at_the_link_decides_nothing(world: &World) {
    let anna = world.user("anna");
    let (phone, topic) = world.bind_ringing_phone(&anna);
    let mut person = world.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let link = world.ntfy.next_to(&topic).click.expect("a link");
    let id = phone.challenge(&world.web)["id"].as_str().unwrap().to_owned();
    // As scanners of links do, who may also take the fragment for a part of the path.
    let path = link.strip_prefix(world.web.url().trim_end_matches('/')).unwrap().to_owned();
    let answer = format!("/api/answer?challenge={id}&choice=approve&number={shown}");
    for path in ["/", &path, &path.replace('#', "%23"), &answer].repeat(25) {
        drop(world.web.get(path));
    }
    assert_eq!(phone.challenge(&world.web)["id"], *id, "still pending");
    assert_eq!(phone.answer(&world.web, &id, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(5);
