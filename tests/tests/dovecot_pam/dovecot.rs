//! Through Dovecot.

use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::{Login, Outcome, Protocol, Stopwatch, syslog};

use postern_tests::mail_host::SERVICES;
use postern_tests::site::wrong_password;

use crate::PamMailHost;

#[test]
fn app_passwords_open_and_main_passwords_only_without_a_second_factor() {
    let host = PamMailHost::new("opens");
    let app = host.site.app_password("anna", "Phone", &[]).password;
    for spelling in [app.clone(), app.replace(' ', "")] {
        assert_eq!(host.dovecot.imap("anna", &spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.dovecot.pop3("anna", &spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.opened("anna", &spelling), SERVICES);
    }
    assert!(host.anna.home.join("Maildir").is_dir(), "the mailbox is in the account's home");
    assert!(host.opened("anna", &host.anna.password).is_empty());
    drop(host.posternd.logged(&["reason=use_app_password", "service=smtp", "user=anna"]));
    assert!(host.dovecot.imap("bert", &host.bert.password).is_in());
    assert_eq!(host.opened("bert", &host.bert.password), SERVICES);
    for (user, password) in [("anna", wrong_password()), ("bert", wrong_password()), ("bert", app)] {
        assert!(host.opened(user, &password).is_empty(), "{user}");
        assert!(!host.dovecot.imap(user, &password).is_in());
    }
    assert!(host.opened("nobody-here", &host.bert.password).is_empty());
    drop(host.site.cli_ok(&["account", "disable", "bert"]));
    assert!(host.opened("bert", &host.bert.password).is_empty(), "disabled");
}

#[test]
fn scope_network_and_revocation_hold() {
    let host = PamMailHost::new("holds");
    let scoped = host.site.app_password("anna", "Reader", &["--scope", "imap,sieve"]);
    assert_eq!(host.opened("anna", &scoped.password), ["imap", "sieve"]);
    drop(host.posternd.logged(&["reason=scope", "service=pop3", &format!("app_password={}", scoped.id)]));
    let office = host.site.app_password("anna", "Office", &["--network", "127.0.0.2/32"]).password;
    let from =
        |source: &str| Login::new(&host.dovecot, Protocol::Imap, "anna", &office).from(source).run().is_in();
    assert!(from("127.0.0.2"));
    assert!(!from("127.0.0.3"));
    drop(host.posternd.logged(&["reason=network", "service=imap", "rhost=127.0.0.3", "user=anna"]));
    assert_eq!(host.login_from("smtp", "anna", &office, "127.0.0.2"), Outcome::Accepted);
    assert_eq!(host.login_from("smtp", "anna", &office, "2001:db8::1"), Outcome::Refused);
    drop(host.posternd.logged(&["reason=network", "service=smtp", "rhost=2001:db8::1"]));
    drop(host.site.cli_ok(&["app-password", "revoke", "anna", &scoped.id]));
    assert!(host.opened("anna", &scoped.password).is_empty(), "at once");
}

#[test]
fn dovecot_goes_on_with_the_canonical_name() {
    let host = PamMailHost::new("alias");
    drop(host.site.account_with("clara", &wrong_password(), &["--mail", "c.lara@example.org"]));
    let app = host.site.app_password("clara", "Phone", &[]).password;
    let reply =
        host.dovecot.auth_client().login(&postern_tests::Attempt::new("imap", "c.lara@example.org", &app));
    assert_eq!(reply.outcome, Outcome::Accepted);
    assert_eq!(reply.fields["user"], "clara");
}

#[test]
fn nothing_is_asked_twice_of_a_mail_program() {
    syslog::listen();
    let host = PamMailHost::new("asked");
    host.services.iter().for_each(|service| service.write(&host.site.mail_pam_stack("debug")));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    let asked = || syslog::lines(&["pam_postern(imap:auth): asks"]).len();
    let before = asked();
    for (count, (user, password, outcome)) in (1..).zip([
        ("anna", app, Outcome::Accepted),
        ("anna", host.anna.password.clone(), Outcome::Refused),
        ("anna", wrong_password(), Outcome::Refused),
        ("bert", host.bert.password.clone(), Outcome::Accepted),
        ("nobody-here", wrong_password(), Outcome::Refused),
    ]) {
        assert_eq!(host.login("imap", user, &password), outcome, "{user}");
        assert_eq!(asked() - before, count, "one question a login");
    }
    assert!(syslog::lines(&["pam_postern(imap:auth): asks, echo on"]).is_empty(), "and none for a code");
}

#[test]
fn while_posternd_is_down_every_login_is_refused_and_the_syslog_says_why() {
    syslog::listen();
    let mut host = PamMailHost::new("down");
    let app = host.site.app_password("anna", "Phone", &[]).password;
    let guesses = || syslog::lines(&["authentication failure"]).len();
    let before = guesses();
    assert!(host.posternd.stop().success());
    let started = Stopwatch::start();
    // PAM has no word for an outage that Dovecot would pass on.
    assert_eq!(host.login("imap", "anna", &app), Outcome::Refused);
    let took = started.elapsed();
    println!("refused {took} after the question, posternd being down");
    // Less than the 8 s that mail may wait for posternd.
    took.assert_within(Duration::from_secs(5));
    assert!(!host.dovecot.imap("bert", &host.bert.password).is_in());
    drop(syslog::logged(&["pam_postern(imap:auth)", "posternd is not reachable"]));
    assert_eq!(guesses(), before, "nobody guessed");
    host.posternd.start_again();
    wait_for("the login to work again", Duration::from_secs(15), || {
        (host.login("imap", "anna", &app) == Outcome::Accepted).then_some(())
    });
}
