//! Stricter sites: tickets, required factors, locks that only an admin removes.

use postern_tests::login_host::{LoginHost, LoginUser, Stores, without_ssh_prefix};
use postern_tests::terminal_user::TerminalUser;
use postern_tests::{Ssh, local_login, unix_users};

use crate::enrolment::{ENGLISH, scan};

fn after_password(host: &LoginHost, service: &str, user: &LoginUser) -> TerminalUser {
    let sshd = host.sshd(service, "keyboard-interactive");
    let mut person = Ssh::to(&sshd).unix_user(&user.unix).prefer("keyboard-interactive").batch().start();
    person.expect("Password: ");
    person.answer_hidden(&user.password);
    person
}

fn a_ticket_from_an_admin_lets_one_set_up_an_app(host: &LoginHost) {
    let (mut anna, berta) = (host.user("anna"), host.user("berta"));
    let invite = |user: &LoginUser| {
        let made = host.site.cli_json(&["account", "invite", &user.unix.name]);
        made["ticket"]["ticket"].as_str().expect("a ticket").to_owned()
    };
    let (ticket, of_another) = (invite(&anna), invite(&berta));
    for wrong in [of_another.as_str(), "12345678", ""] {
        let mut person = after_password(host, "tickets", &anna);
        person.expect("Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now.");
        person.expect("Ticket from your administrator: ");
        person.was_shown(&of_another);
        person.answer_visible(wrong);
        drop(person.is_refused());
        assert!(!without_ssh_prefix(&person).contains("Scan this"), "{person:?}");
    }
    let mut person = after_password(host, "tickets", &anna);
    person.expect("Ticket from your administrator: ");
    person.was_shown(&ticket);
    person.answer_visible(&ticket.to_lowercase());
    anna.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
    let mut person = after_password(host, "tickets", &anna);
    person.expect("Code from Authenticator app: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

/// Each of its other services is laxer than sshd, and none is a way around it, because a factor counts at every service.
fn a_ticket_that_ssh_asks_for_is_asked_for_by_su_as_well(host: &LoginHost) {
    let (mut anna, by) = (host.user("anna"), unix_users::fresh("by"));
    let su = || local_login::su("su", &by, &anna.unix.name, &host.packaged("su", "su-lax"));
    for wrong in ["12345678", ""] {
        let mut person = su();
        person.expect("Password: ");
        person.answer_hidden(&anna.password);
        person.expect("Ticket from your administrator: ");
        person.answer_visible(wrong);
        drop(person.is_refused());
        assert!(!without_ssh_prefix(&person).contains("Scan this"), "{person:?}");
    }
    let mut person = after_password(host, "ssh-lax", &anna);
    person.expect("Ticket from your administrator: ");
    drop(person);
    let factors = host.site.cli_json(&["factor", "list", &anna.unix.name]);
    assert_eq!(factors["factors"].as_array().map(Vec::len), Some(0), "{factors}");

    let made = host.site.cli_json(&["account", "invite", &anna.unix.name]);
    let ticket = made["ticket"]["ticket"].as_str().expect("a ticket").to_owned();
    let mut person = su();
    person.expect("Password: ");
    person.answer_hidden(&anna.password);
    person.expect("Ticket from your administrator: ");
    person.was_shown(&ticket);
    person.answer_visible(&ticket);
    anna.app = scan(&mut person, &ENGLISH);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn if_no_user_may_set_up_an_app_at_a_login_the_user_is_told(host: &LoginHost) {
    let (berta, mut anna) = (host.user("berta"), host.enrolled("anna"));
    for service in ["never", "ssh-lax"] {
        let mut person = after_password(host, service, &berta);
        drop(person.is_refused());
        let screen = without_ssh_prefix(&person);
        let told = "Password: \nYou need a second factor here and have none. Ask your administrator for one.\nLogin failed.\n";
        assert!(screen.starts_with(told), "{service}: {screen}");
    }
    let mut person = after_password(host, "never", &anna);
    person.expect("Code from authenticator: ");
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn codes_that_are_wrong_all_the_time_lock_the_factor_until_an_admin_unlocks_it(host: &LoginHost) {
    let mut anna = host.enrolled("anna");
    let recovery_codes = host.recovery_codes(&mut anna);
    let wrong = anna.app.authenticator.wrong_code();
    let mut person = host.at_code(&anna);
    for _ in 0..3 {
        person.answer_visible(&wrong);
        person.expect("That code is wrong, or was used before.");
    }
    drop(person.is_refused());
    let mut person = host.at_code(&anna);
    person.answer_visible(&wrong);
    person.expect("Code from authenticator: ");
    person.answer_visible(&wrong);
    person.expect("Too many wrong codes. An administrator has to unlock your second factor.");
    drop(person.is_refused());
    drop(host.logged(&anna, &["verdict=reject reason=locked flow=login"]));

    let locked = |person: &mut TerminalUser| {
        person.expect("Password: ");
        person.answer_hidden(&anna.password);
        person.expect("Too many wrong codes. An administrator has to unlock your second factor.");
        person.expect("Recovery code: ");
    };
    let mut person = host.ssh("sshd", &anna).batch().start();
    locked(&mut person);
    person.answer_visible(&anna.app.authenticator.fresh_code(5));
    person.expect("Too many wrong codes. An administrator has to unlock your second factor.");
    drop(person.is_refused());
    let mut person = host.ssh("sshd", &anna).batch().start();
    locked(&mut person);
    person.was_shown(&recovery_codes[0]);
    person.answer_visible(&recovery_codes[0]);
    assert_eq!(person.is_in(), anna.unix.name, "what was put aside for such a day");

    drop(host.site.cli_ok(&["account", "unlock", &anna.unix.name]));
    let mut person = host.at_code(&anna);
    person.answer_visible(&anna.app.code());
    assert_eq!(person.is_in(), anna.unix.name);
}

fn all(host: &LoginHost) {
    let parts: [fn(&LoginHost); 3] = [
        a_ticket_from_an_admin_lets_one_set_up_an_app,
        a_ticket_that_ssh_asks_for_is_asked_for_by_su_as_well,
        codes_that_are_wrong_all_the_time_lock_the_factor_until_an_admin_unlocks_it,
    ];
    std::thread::scope(|scope| {
        for part in parts {
            scope.spawn(move || part(host));
        }
    });
}

#[test]
fn tickets_refusals_and_locks_in_the_embedded_store() {
    all(&LoginHost::new("strict embedded", Stores::Embedded, SERVICES));
}

#[test]
fn tickets_refusals_and_locks_in_ldap() {
    all(&LoginHost::new("strict ldap", Stores::LdapAndRedis, SERVICES));
}

#[test]
fn if_one_service_forbids_setting_up_an_app_every_service_does() {
    if_no_user_may_set_up_an_app_at_a_login_the_user_is_told(&LoginHost::new(
        "never",
        Stores::Embedded,
        NEVER,
    ));
}

const NEVER: &str = r#"
[services.never]
class = "login"
second_factor = "required"
forced_enrolment = "never"

[services.ssh-lax]
class = "login"
second_factor = "required"
"#;

const SERVICES: &str = r#"
[services.tickets]
class = "login"
second_factor = "required"
forced_enrolment = "ticket"

[services.su-lax]
class = "login"
second_factor = "required"
not_in_directory = "ignore"

[services.ssh-lax]
class = "login"
second_factor = "required"

[limits]
wrong_codes = 100
wrong_codes_in_a_row = 5
"#;
