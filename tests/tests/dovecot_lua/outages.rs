//! An outage is never a wrong password, and its end is enough.

use std::time::Duration;

use postern_tests::site::wrong_password;
use postern_tests::wire::Impostor;
use postern_tests::{Outcome, Stopwatch, host};

use crate::LuaHost;

#[test]
fn while_posternd_is_down_a_login_fails_for_now_and_works_again_at_once() {
    let mut host = LuaHost::new("lua-down");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
    for stop in [true, false] {
        if stop {
            assert!(host.posternd.stop().success())
        } else {
            host.posternd.kill9()
        }
        for password in [app.clone(), wrong_password()] {
            assert_eq!(host.login("imap", "anna", &password), Outcome::Unavailable);
        }
        let imap = host.dovecot.imap("anna", &app);
        assert!(imap.is_unavailable(), "{imap:?}");
        drop(host.dovecot.logged(&["posternd is not reachable"]));
        host.posternd.start_again();
        // The workers still have their connections to the posternd before.
        for _ in 0..5 {
            assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
        }
    }
}

#[test]
fn a_posternd_that_is_silent_ends_the_login_at_the_deadline() {
    let host = LuaHost::new("lua-silent");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
    host.posternd.freeze();
    let started = Stopwatch::start();
    let outcome = host.login("imap", "anna", &app);
    let took = started.elapsed();
    host.posternd.thaw();
    assert_eq!(outcome, Outcome::Unavailable);
    took.assert_within(Duration::from_secs(12));
    drop(host.dovecot.logged(&["gave no answer before the deadline"]));
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
}

#[test]
fn nothing_is_sent_to_a_process_of_another_user() {
    let mut host = LuaHost::new("lua-impostor");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    assert_eq!(host.login("imap", "anna", &app), Outcome::Accepted);
    assert!(host.posternd.stop().success());
    let socket = host.site.socket();
    host::own(socket.parent().expect("a folder"), host::ids("mallory"), 0o755);
    let answer = r#"{"verdict":{"accept":{"user":"anna","userdb":{}}}}"#;
    let impostor = Impostor::start("mallory", &socket, answer, &host.site.output().join("impostor.log"));
    host::own(&socket, host::ids("mallory"), 0o666);
    assert_eq!(host.login("imap", "anna", &app), Outcome::Unavailable);
    assert!(host.dovecot.user("anna").is_err());
    assert_eq!(impostor.heard(), "");
    drop(host.dovecot.logged(&["served by neither root nor postern"]));
}

#[test]
fn postfix_hears_of_an_outage_only_when_it_no_longer_listens() {
    let mut host = LuaHost::new("lua-postfix");
    edit_client_config(&host, "smtp_defer_after = \"3s\"");
    assert!(host.posternd.stop().success());
    for (service, at_least) in [("imap", Duration::ZERO), ("smtp", Duration::from_secs(3))] {
        let started = Stopwatch::start();
        assert_eq!(host.login(service, "anna", &wrong_password()), Outcome::Unavailable);
        started.elapsed().assert_at_least(at_least);
    }
    let started = Stopwatch::start();
    assert_eq!(host.login("imap", "anna", &wrong_password()), Outcome::Unavailable);
    started.elapsed().assert_within(Duration::from_secs(3));
}

#[test]
fn a_broken_client_toml_lets_nobody_in_and_the_log_says_why() {
    let mut host = LuaHost::new("lua-broken");
    drop(host.site.account("anna"));
    let app = host.site.app_password("anna", "Phone", &[]).password;
    edit_client_config(&host, "sockets = 1");
    assert_eq!(host.login("imap", "anna", &app), Outcome::Unavailable);
    drop(host.dovecot.logged(&["client.toml", "sockets"]));
    assert!(host.posternd.stop().success());
}

/// Adds a line to client.toml. It is read when a worker connects.
fn edit_client_config(host: &LuaHost, line: &str) {
    let file = host.site.client_config();
    let text = std::fs::read_to_string(&file).expect("client.toml");
    std::fs::write(&file, format!("{text}{line}\n")).expect("client.toml");
}
