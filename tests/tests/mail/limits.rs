use postern_tests::mail_host::SERVICES;
use postern_tests::site::wrong_password;
use postern_tests::{Attempt, Login, MailHost, Outcome, Protocol, Site};

#[test]
fn ten_wrong_main_passwords_stop_only_their_source() {
    let host = MailHost::new("per_source");
    let alice = host.site.account("alice");
    let bob = host.site.account("bob");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    let from = |source: &str, password: &str| {
        Login::new(&host.dovecot, Protocol::Imap, "alice", password).from(source).run().is_in()
    };
    for _ in 0..9 {
        assert_eq!(host.login_from("imap", "alice", &wrong_password(), "127.0.0.5"), Outcome::Refused);
    }
    assert!(from("127.0.0.5", &alice.password), "nine are not too many");
    assert_eq!(host.login_from("imap", "alice", &wrong_password(), "127.0.0.5"), Outcome::Refused);
    let runs = host.posternd.status().argon2id_runs;
    assert!(!from("127.0.0.5", &alice.password), "ten are, even for the right one");
    drop(host.posternd.logged(&["verdict=reject", "reason=limited", "rhost=127.0.0.5", "user=alice"]));
    assert_eq!(host.posternd.status().argon2id_runs, runs, "it was not looked at");
    assert!(from("127.0.0.6", &alice.password), "another source goes on");
    assert!(from("127.0.0.5", &app), "and so does the app password");
    assert_eq!(
        host.login_from("imap", "bob", &bob.password, "127.0.0.5"),
        Outcome::Accepted,
        "and everybody else"
    );
    assert_eq!(
        host.login_from("smtp", "alice", &alice.password, "127.0.0.5"),
        Outcome::Refused,
        "services share it"
    );
}

#[test]
fn the_same_wrong_password_counts_once() {
    let host = MailHost::new("same_wrong");
    let alice = host.site.account("alice");
    let before = host.posternd.status().argon2id_runs["main_password"];
    let stale = Attempt::new("imap", "alice", &wrong_password());
    let mut auth = host.dovecot.auth_client();
    assert_eq!(auth.login(&stale).outcome, Outcome::Refused);
    let more = (0..49).map(|_| auth.send(&stale)).count();
    for _ in 0..more {
        assert_eq!(auth.receive().unwrap().outcome, Outcome::Refused);
    }
    assert_eq!(host.posternd.status().argon2id_runs["main_password"], before + 1, "one look at it is enough");
    drop(host.posternd.logged(&["reason=bad_credential", "the same secret was wrong before", "user=alice"]));
    assert!(host.dovecot.imap("alice", &alice.password).is_in());
    assert_eq!(host.opened("alice", &alice.password), SERVICES);
}

#[test]
fn a_new_main_password_is_tried_though_it_was_wrong_before() {
    let host = MailHost::new("changed");
    drop(host.site.account("alice"));
    let next = wrong_password();
    assert_eq!(host.login("imap", "alice", &next), Outcome::Refused);
    let change = ["account", "password", "alice", "--password-stdin"];
    drop(host.site.cli_stdin(&change, &format!("{next}\n")).succeeded());
    assert_eq!(host.login("imap", "alice", &next), Outcome::Accepted);
}

#[test]
fn past_the_limit_of_the_account_only_known_sources_go_on() {
    let site = Site::builder("per_account")
        .setting("[limits]", "wrong_passwords_per_account = 6\nwrong_passwords_per_source = 3")
        .build();
    let host = MailHost::of(site);
    let alice = host.site.account("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(host.login_from("imap", "alice", &alice.password, "192.0.2.1"), Outcome::Accepted);
    for source in ["198.51.100.1", "198.51.100.2"] {
        for _ in 0..3 {
            assert_eq!(host.login_from("imap", "alice", &wrong_password(), source), Outcome::Refused);
        }
    }
    assert_eq!(host.login_from("imap", "alice", &alice.password, "203.0.113.1"), Outcome::Refused);
    drop(host.posternd.logged(&["reason=limited", "rhost=203.0.113.1", "user=alice"]));
    assert_eq!(host.login_from("imap", "alice", &alice.password, "192.0.2.1"), Outcome::Accepted);
    assert_eq!(host.login_from("imap", "alice", &app, "203.0.113.1"), Outcome::Accepted);
}
