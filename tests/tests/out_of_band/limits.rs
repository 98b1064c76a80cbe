//! What is sent, and what is not.

use postern_tests::courier_host::{CourierHost, number, types_password};
use postern_tests::login_host::{LoginUser, Stores, pam_stack, ssh_prompt};
use postern_tests::{Sshd, guard};

use crate::on_both;

on_both!(without_a_proof_of_the_first_factor_nothing_is_sent, looking_at_the_link_decides_nothing,);

#[test]
fn fifty_logins_with_the_right_password_ring_three_times() {
    let host = CourierHost::shared(Stores::LdapAndRedis);
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let (mut rung, mut shown) = (0, 0);
    for _ in 0..50 {
        let mut person = host.knows_the_password("sshd", &anna);
        let (which, _) = person.expect_one_of(&[
            "approve there, then press Enter here (no request",
            "Scan it, type ",
            "Code from ",
        ]);
        rung += usize::from(which == 0);
        shown += usize::from(which == 1);
        drop(person);
        // One login at a time waits for the phone.
        guard::wait_for("the challenge to be gone", LIMIT, || {
            phone.pending(&host.web).all("challenge").is_empty().then_some(())
        });
    }
    host.wait_for_pushes(&topic, 3);
    assert_eq!((host.sent(&anna, &topic).2, rung), (3, 3));
    assert_eq!(rung + shown, 50, "each of them could have been approved by a scan");
}

fn without_a_proof_of_the_first_factor_nothing_is_sent(host: &CourierHost) {
    let anna = host.user("anna");
    let (_, topic) = host.bind_ringing_phone(&anna);
    let denied = denied_and_reachable(host);
    let before = (host.sent(&anna, &topic), host.sent(&denied.0, &denied.1));

    let mut person = host.ssh("sshd", &anna).start();
    person.expect("Password: ");
    person.answer_hidden("a wrong password");
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=bad_credential flow=login"]));

    // sshd calls PAM with a junk password for users it will refuse.
    let sshd = Sshd::builder("denied").pam(&pam_stack(&host.site, "sshd")).methods("keyboard-interactive");
    let sshd = sshd.set("AllowUsers", &anna.unix.name).start();
    let mut person = ssh_prompt(&sshd, &denied.0).batch().start();
    types_password(&mut person, &denied.0);
    drop(person.is_refused());
    drop(host.logged(&denied.0, &["verdict=reject", "flow=login"]));

    let nobody = format!("{}-who-is-not", anna.unix.name);
    let mut person = host.ssh("sshd", &anna).user(&nobody).start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    drop(person.is_refused());
    drop(host.posternd.logged(&["verdict=reject", "flow=login", &format!("user={nobody}")]));

    assert_eq!((host.sent(&anna, &topic), host.sent(&denied.0, &denied.1)), before);
    assert_eq!(before.0.2 + before.1.2, 0, "nothing rang");
}

/// A user with three out-of-band factors.
fn denied_and_reachable(host: &CourierHost) -> (LoginUser, String) {
    let bert = host.user("bert");
    host.bind_email(&bert, &[]);
    let by_mail = || host.mailbox.next_to(&bert.backup()).code();
    host.bind_sms(&bert, &[&by_mail]);
    let phone = host.bind_phone(&bert, &[&by_mail]);
    let topic = phone.ring_by_ntfy(&host.web);
    (bert, topic)
}

fn looking_at_the_link_decides_nothing(host: &CourierHost) {
    let anna = host.user("anna");
    let (phone, topic) = host.bind_ringing_phone(&anna);
    let mut person = host.knows_the_password("sshd", &anna);
    let shown = number(&mut person);
    let link = host.ntfy.next_to(&topic).click.expect("a link");
    let id = phone.challenge(&host.web)["id"].as_str().unwrap().to_owned();
    // As scanners of links do, who may also take the fragment for a part of the path.
    let path = link.strip_prefix(host.web.url().trim_end_matches('/')).unwrap().to_owned();
    let answer = format!("/api/answer?challenge={id}&choice=approve&number={shown}");
    for path in ["/", &path, &path.replace('#', "%23"), &answer].repeat(25) {
        drop(host.web.get(path));
    }
    assert_eq!(phone.challenge(&host.web)["id"], *id, "still pending");
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), anna.unix.name);
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(15);
