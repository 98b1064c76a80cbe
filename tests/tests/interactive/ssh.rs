//! ssh logins: what is asked, what opens, what does not.

use std::fs;

use postern_tests::ssh_keys::KeyKind;
use postern_tests::{Authenticator, Key, Ssh, Sshd, Stopwatch, host, pam, peers, syslog, unix_users};

use crate::UNIX;

#[test]
fn a_person_types_a_password_and_is_in_a_shell() {
    syslog::listen();
    let anna = unix_users::fresh("anna");
    let sshd = Sshd::with("shell", UNIX);
    assert!(sshd.settings().contains("\nusepam yes\n"));
    let started = Stopwatch::start();
    let mut person = Ssh::to(&sshd).unix_user(&anna).from("127.0.0.9").start();
    person.expect("Password:");
    person.answer_hidden(&anna.password);
    assert_eq!(person.is_in(), anna.name);
    let took = started.elapsed();
    println!("one ssh login with a password takes {took}");
    assert_eq!(person.run("id -u; tty >/dev/null && echo terminal"), format!("{}\nterminal\n", anna.uid));
    assert!(!person.text().contains(&anna.password), "a hidden answer is not on the screen");
    person.leave();
    drop(sshd.logged(&["Accepted keyboard-interactive/pam for", &anna.name, "from 127.0.0.9"]));

    let mut person = Ssh::to(&sshd).unix_user(&anna).start();
    person.expect("Password:");
    person.answer_hidden("wrong");
    assert!(person.is_refused().contains("Permission denied"));
    drop(syslog::logged(&["pam_unix", sshd.service().name(), "authentication failure", &anna.name]));
}

#[test]
fn a_key_and_then_a_code_are_asked_for() {
    let (anna, app) = (unix_users::fresh("anna"), Authenticator::random());
    let sshd = Sshd::builder("key_and_code")
        .pam(&pam::auth(&peers::oath(&anna, &app)))
        .methods("publickey,keyboard-interactive")
        .start();
    let (key, other) = (Key::ed25519(), Key::ed25519());
    anna.authorize(&key);
    let login = |key| {
        let mut person = Ssh::to(&sshd).unix_user(&anna).key(key).start();
        person.expect("One-time password");
        person
    };
    let mut person = login(&key);
    person.answer_hidden(&app.wrong_code());
    assert!(person.is_refused().contains("Permission denied (keyboard-interactive)"));
    let code = app.fresh_code(10);
    let mut person = login(&key);
    person.answer_hidden(&code);
    assert_eq!(person.is_in(), anna.name);
    person.leave();
    let mut person = login(&key.copy());
    person.answer_hidden(&code);
    assert!(!person.gets_in(), "a spent code");

    let mut person = Ssh::to(&sshd).unix_user(&anna).key(&other).start();
    assert!(
        person.is_refused().contains("Permission denied (publickey)"),
        "nothing is asked without the key"
    );
}

#[test]
fn every_kind_of_key_and_a_certificate_open() {
    let (anna, authority) = (unix_users::fresh("anna"), Key::ed25519());
    let trusted = host::test_dir().join("authority.pub");
    fs::write(&trusted, format!("{}\n", authority.public())).unwrap();
    let sshd = Sshd::builder("keys")
        .pam(&pam::auth("auth required pam_deny.so"))
        .methods("publickey")
        .set("TrustedUserCAKeys", &trusted.display().to_string())
        .start();
    for kind in [KeyKind::Ed25519, KeyKind::Ecdsa, KeyKind::Rsa] {
        let key = Key::new(kind);
        assert!(!Ssh::to(&sshd).unix_user(&anna).key(&key).batch().start().gets_in());
        anna.authorize(&key);
        assert!(Ssh::to(&sshd).unix_user(&anna).key(&key).batch().start().gets_in(), "{kind:?}");
    }
    let (key, certified_for_another) = (Key::ed25519(), Key::ed25519());
    authority.certify(&key, &anna.name);
    authority.certify(&certified_for_another, "berta");
    assert!(key.certificate().unwrap().starts_with("ssh-ed25519-cert-v01@openssh.com "));
    assert!(Ssh::to(&sshd).unix_user(&anna).key(&key).batch().start().gets_in());
    assert!(!Ssh::to(&sshd).unix_user(&anna).key(&certified_for_another).batch().start().gets_in());
}
