//! Binding at a terminal: `postern my`, and where a login asks for it.

use postern_tests::courier_host::{CourierHost, number};
use postern_tests::login_host::LoginUser;
use postern_tests::qr::{self, Theme};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Handset, canary};

use crate::on_both;

on_both!(
    a_phone_is_bound_from_the_qr_code_of_a_terminal,
    a_phone_is_bound_at_the_ssh_prompt_that_needs_one,
    a_mailbox_is_bound_at_the_ssh_prompt_that_needs_a_factor,
    a_phone_that_shows_other_digits_is_not_bound,
);

/// A phone that reads the QR code on the terminal, up to the question whether it shows six digits.
fn scans(host: &CourierHost, person: &mut TerminalUser, name: &str) -> Handset {
    person.expect("On your phone, scan this code or open:");
    person.expect("Press Enter once the phone shows six digits: ");
    let rows = qr::last_rows(&person.text(), 24, 80);
    let codes = qr::read(&rows.join("\n"), Theme::Dark);
    let [address] = &*codes else { panic!("{} codes in 24 rows:\n{}", codes.len(), rows.join("\n")) };
    let phone = Handset::scans(address);
    phone.register();
    person.was_shown(&phone.pairing_secret());
    assert!(address.starts_with(&format!("{}#B.", host.web.url())));
    // A row may end in the place of the space.
    let shown = rows.concat().replace(&format!("open:{address}"), &format!("open: {address}"));
    assert!(shown.contains(&format!("open: {address}")), "the same as text, above it");
    assert_eq!(phone.pending(&host.web).reason, "unknown_account", "not bound yet");
    assert!(phone.bind(&host.web, name).is_accept());
    person.answer_visible("");
    person.expect("Does the phone show ");
    phone
}

fn approves(host: &CourierHost, user: &LoginUser, phone: &Handset) {
    let mut person = host.knows_the_password("sshd", user);
    let shown = number(&mut person);
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    person.answer_visible("");
    assert_eq!(person.is_in(), user.unix.name);
}

fn a_phone_is_bound_from_the_qr_code_of_a_terminal(host: &CourierHost) {
    let anna = host.user("anna");
    let mut person = host.site.my_at_terminal(&anna.unix, &["phone", "enrol"]);
    person.expect(&format!("Main password of {}: ", anna.unix.name));
    person.answer_hidden(&anna.password);
    let phone = scans(host, &mut person, "Anna's Fairphone");
    assert_eq!(person.expect("? [y/N] "), phone.compared());
    person.answer_visible("y");
    let (status, rest) = person.ends();
    assert_eq!(status, 0, "{person:?}");
    assert!(rest.contains("Anna's Fairphone is set up."), "{rest}");
    let heard = phone.pending(&host.web);
    assert_eq!(heard.one("phone")["label"], "Anna's Fairphone");
    assert!(
        host.mail(&anna.address(), "A change")
            .text
            .contains("\"Anna's Fairphone\" (approves logins) was set up")
    );
    approves(host, &anna, &phone);
    // The QR code is good once.
    let late = phone.with_another_key().bind(&host.web, "late");
    assert_eq!(late.status, 403, "{late:?}");
}

fn a_phone_is_bound_at_the_ssh_prompt_that_needs_one(host: &CourierHost) {
    let anna = host.user("anna");
    let mut person = host.knows_the_password("required", &anna);
    person.expect("Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now.");
    person.expect("2) your phone, where you approve logins");
    person.expect("Your choice (a number): ");
    person.answer_visible("2");
    let phone = scans(host, &mut person, "Fairphone");
    assert_eq!(person.expect("? [y/N] "), phone.compared());
    person.answer_visible("y");
    assert_eq!(person.is_in(), anna.unix.name);
    approves(host, &anna, &phone);
}

fn a_mailbox_is_bound_at_the_ssh_prompt_that_needs_a_factor(host: &CourierHost) {
    let anna = host.user("anna");
    let mut person = host.knows_the_password("required", &anna);
    person.expect("3) codes sent to another e-mail address of yours");
    person.expect("Your choice (a number): ");
    person.answer_visible("3");
    person.expect("Your backup e-mail address: ");
    person.answer_visible(&anna.address());
    person.expect("That is the mailbox of this account.");
    person.expect("Your backup e-mail address: ");
    person.answer_visible(&anna.backup());
    person.expect("Code sent to ");
    let mail = host.mailbox.next_to(&anna.backup());
    assert!(mail.subject.contains("setting up this address"), "{mail:?}");
    assert!(mail.text.contains("The request came from 127.0.0.1."), "{mail:?}");
    person.answer_visible(&mail.code());
    assert_eq!(person.is_in(), anna.unix.name);
    assert_eq!(host.mailbox.count_to(&anna.backup()), 1);
    let mut person = host.knows_the_password("required", &anna);
    person.expect("Code sent to ");
    person.answer_visible(&host.mailbox.next_to(&anna.backup()).code());
    assert_eq!(person.is_in(), anna.unix.name);
}

/// An attacker saw the QR code from afar and was faster.
fn a_phone_that_shows_other_digits_is_not_bound(host: &CourierHost) {
    let anna = host.user("anna");
    let mut person = host.knows_the_password("required", &anna);
    person.expect("Your choice (a number): ");
    person.answer_visible("2");
    let thief = scans(host, &mut person, "Fairphone");
    let own = thief.with_another_key();
    assert_ne!(own.compared(), thief.compared());
    assert_eq!(own.bind(&host.web, "Fairphone").status, 403, "the first one counts");
    assert_ne!(person.expect("? [y/N] "), own.compared());
    person.answer_visible("n");
    drop(person.is_refused());
    assert_eq!(thief.pending(&host.web).reason, "unknown_account");
    let factors = host.site.cli_json(&["account", "show", &anna.unix.name]);
    assert!(!factors.to_string().contains(&thief.factor), "{factors}");
    canary::register(&thief.pairing_secret());
}
