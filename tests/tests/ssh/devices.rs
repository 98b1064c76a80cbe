//! Trusted devices: an ssh key that needs no second step for a while.

use postern_tests::login_host::{LoginHost, LoginUser, without_ssh_prefix};
use postern_tests::self_service::Said;
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Key, Ssh, site};

use crate::on_both;

on_both!(
    a_trusted_key_needs_no_code_until_it_is_revoked,
    a_key_and_a_password_and_a_code,
    trust_is_of_one_key_only_and_for_users_who_confirm_it,
    a_certificate_counts_by_its_key,
    trust_ends_with_the_main_password_and_with_the_factors_that_it_was_given_for,
    an_address_is_trusted_only_where_the_admin_says_so,
);

/// A key that opens the account and a device that can be told by it.
pub(crate) fn with_key(host: &LoginHost, user: &LoginUser, key: &Key) -> Ssh {
    Ssh::to(&host.sshd("sshd-key", KEY_FIRST)).unix_user(&user.unix).key(key).batch()
}

/// Answers the only question for a code; whether trust is offered afterwards, this is what is said of it.
pub(crate) fn with_code(person: &mut TerminalUser, user: &mut LoginUser, trust: &str) {
    person.expect("Code from authenticator: ");
    let code = user.app.code();
    person.answer_visible(&code);
    person.expect(OFFER);
    person.answer_visible(trust);
    assert_eq!(person.is_in(), user.unix.name);
    let name = &user.unix.name;
    assert_eq!(
        without_ssh_prefix(person),
        format!("Code from authenticator: {code}\n{OFFER}{trust}\n-- in as {name} --\n")
    );
}

pub(crate) fn is_trusted(host: &LoginHost, user: &LoginUser, key: &Key) -> bool {
    let mut person = with_key(host, user, key).start();
    let (which, _) = person.expect_one_of(&["-- in as ", "Code from "]);
    which == 0
}

fn a_trusted_key_needs_no_code_until_it_is_revoked(host: &LoginHost) {
    let (mut anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    with_code(&mut with_key(host, &anna, &key).start(), &mut anna, "y");
    for key in [&key, &key.copy()] {
        let mut person = with_key(host, &anna, key).start();
        assert_eq!(person.is_in(), anna.unix.name);
        assert_eq!(
            without_ssh_prefix(&person),
            format!("-- in as {} --\n", anna.unix.name),
            "nothing is asked"
        );
    }
    let line = host.logged(&anna, &["verdict=accept flow=login", "credential=trusted_device"]);
    assert!(line.contains("device=\"ssh key SHA256:"), "{line}");
    let others = host.ssh("sshd", &anna).batch();
    let mut person = others.start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    drop(person);

    let mut visit = host.visit(&anna, "device_list", &[]);
    let mut text = String::new();
    while let Said::Tell { text: row } = visit.hear() {
        text.push_str(&row);
    }
    assert!(text.contains("ssh key SHA256:") && text.contains("until "), "{text}");
    drop(visit);
    let listed = host.site.cli_json(&["device", "list", &anna.unix.name]);
    let id = listed["devices"][0]["id"].as_str().unwrap();
    drop(host.site.cli_ok(&["device", "revoke", &anna.unix.name, id]));
    assert!(!is_trusted(host, &anna, &key), "an admin revoked it");
}

fn a_key_and_a_password_and_a_code(host: &LoginHost) {
    let (mut anna, key) = (host.enrolled("anna"), Key::ed25519());
    anna.unix.authorize(&key);
    let start = || Ssh::to(&host.sshd("sshd", KEY_FIRST)).unix_user(&anna.unix).key(&key).batch().start();
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    person.expect(OFFER);
    person.answer_visible("yes");
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(without_ssh_prefix(&person), format!("Password: \n-- in as {} --\n", anna.unix.name));
    // Trust is in the place of the code and of nothing else.
    let mut person = start();
    person.expect("Password: ");
    person.answer_hidden("wrong");
    drop(person.is_refused());
}

fn trust_is_of_one_key_only_and_for_users_who_confirm_it(host: &LoginHost) {
    let (mut anna, berta, key, other) =
        (host.enrolled("anna"), host.enrolled("berta"), Key::ed25519(), Key::ed25519());
    for user in [&anna, &berta] {
        user.unix.authorize(&key);
        user.unix.authorize(&other);
    }
    with_code(&mut with_key(host, &anna, &key).start(), &mut anna, "n");
    assert!(!is_trusted(host, &anna, &key), "a user who says no is asked again");
    with_code(&mut with_key(host, &anna, &key).start(), &mut anna, "y");
    assert!(is_trusted(host, &anna, &key));
    assert!(!is_trusted(host, &anna, &other), "another key");
    assert!(!is_trusted(host, &berta, &key), "another account with the same key");
}

fn a_certificate_counts_by_its_key(host: &LoginHost) {
    let (mut anna, authority, key) = (host.enrolled("anna"), Key::ed25519(), Key::ed25519());
    anna.unix.authorize_line(&format!("cert-authority {}", authority.public()));
    authority.certify(&key, &anna.unix.name);
    with_code(&mut with_key(host, &anna, &key).start(), &mut anna, "y");
    authority.certify(&key, &anna.unix.name);
    assert!(is_trusted(host, &anna, &key), "a renewed certificate");
}

fn trust_ends_with_the_main_password_and_with_the_factors_that_it_was_given_for(host: &LoginHost) {
    let (mut anna, mut berta, key) = (host.enrolled("anna"), host.enrolled("berta"), Key::ed25519());
    for user in [&mut anna, &mut berta] {
        user.unix.authorize(&key);
        with_code(&mut with_key(host, user, &key).start(), user, "y");
        assert!(is_trusted(host, user, &key));
    }
    host.set_password(&anna, &site::random_password());
    assert!(!is_trusted(host, &anna, &key), "another main password");
    drop(host.enrol_another(&berta, "phone"));
    assert!(!is_trusted(host, &berta, &key), "another factor");
}

fn an_address_is_trusted_only_where_the_admin_says_so(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let code = anna.app.code();
    let start = |from: &str| {
        let mut person = host.ssh("lan", &anna).from(from).batch().start();
        person.expect("Password: ");
        person.answer_hidden(&anna.password);
        person
    };
    let mut person = start("127.0.0.9");
    person.expect("Code from authenticator: ");
    person.answer_visible(&code);
    person.expect(OFFER);
    person.answer_visible("y");
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(start("127.0.0.9").is_in(), anna.unix.name);
    drop(host.logged(
        &anna,
        &["verdict=accept flow=login service=lan rhost=127.0.0.9", "credential=trusted_device"],
    ));
    start("127.0.0.10").expect("Code from authenticator: ");
}

const KEY_FIRST: &str = "publickey,keyboard-interactive";
const OFFER: &str = "Skip the second factor for 30 days when you log in from this device? [y/N] ";
