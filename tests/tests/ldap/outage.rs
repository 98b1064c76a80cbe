use std::net::TcpListener;
use std::time::Duration;

use postern_tests::{Attempt, MailHost, Outcome, Site};

use crate::{Said, ask, is_back_soon, login, said, slapd, timed};

#[test]
fn while_slapd_is_stopped_every_login_is_unavailable_and_none_is_wrong() {
    let mut slapd = slapd("stopped", &["alice"]).start();
    let host = MailHost::with_ldap("stopped", &slapd);
    let alice = host.person(&slapd, "alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert!(host.dovecot.imap("alice", &app).is_in());
    let master = host.dovecot.pid();
    slapd.stop();
    for secret in [&app, &alice.password, &postern_tests::site::wrong_password()] {
        assert_eq!(login(&host.site, "alice", secret), Said::Defer);
    }
    for secret in [&app, &alice.password] {
        let answer = host.dovecot.imap("alice", secret);
        assert!(answer.text().contains("[UNAVAILABLE]"), "{answer:?}");
        assert!(host.dovecot.pop3("alice", secret).is_unavailable());
    }
    let reply = host.dovecot.auth_client().login(&Attempt::new("smtp", "alice", &app));
    assert_eq!(reply.outcome, Outcome::Unavailable);
    let (code, words) = host.dovecot.user("alice").unwrap_err();
    assert_eq!(code, 75, "{words}");
    assert_eq!(login(&host.site, "nobody-here", &app), Said::Defer, "nobody can tell");
    assert!(!host.posternd.log().contains("reason=bad_credential"), "{}", host.posternd.log());

    slapd.start();
    is_back_soon(&host.site, "alice", &app);
    assert!(host.dovecot.imap("alice", &app).is_in());
    assert!(host.dovecot.imap("alice", &alice.password).is_in());
    assert_eq!(host.dovecot.pid(), master, "Dovecot was not touched");
}

#[test]
fn a_slapd_that_falls_silent_defers_within_three_seconds_and_then_at_once() {
    let slapd = slapd("silent", &["alice"]).start();
    let host = MailHost::with_ldap("silent", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
    slapd.freeze();
    let (first, took) = timed(&host.site, "alice", &app);
    println!("deferred after {took}");
    assert_eq!(first, Said::Defer);
    took.assert_at_least(Duration::from_secs(1));
    took.assert_within(LIMIT);
    for secret in [&app, &alice.password] {
        let (next, took) = timed(&host.site, "alice", secret);
        assert_eq!(next, Said::Defer);
        took.assert_within(AT_ONCE);
    }
    slapd.thaw();
    is_back_soon(&host.site, "alice", &app);
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn a_server_that_accepts_and_never_spoke_defers_within_three_seconds() {
    let slapd = slapd("mute", &["alice"]).start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for (name, scheme) in [("mute_tls", "ldaps"), ("mute_plain", "ldap")] {
        let uri = format!("{scheme}://127.0.0.1:{port}");
        let site = Site::builder(name).ldap(&slapd);
        let theirs = slapd.ldaps_uri();
        let site = site.postern_toml(move |text| text.replace(&theirs, &uri)).build();
        let _posternd = site.posternd();
        let (first, took) = timed(&site, "alice", &slapd.person("alice").password);
        println!("{scheme}: deferred after {took}");
        assert_eq!(first, Said::Defer);
        took.assert_at_least(Duration::from_secs(1));
        took.assert_within(LIMIT);
        let (next, took) = timed(&site, "alice", &slapd.person("alice").password);
        assert_eq!(next, Said::Defer);
        took.assert_within(AT_ONCE);
    }
}

#[test]
fn the_second_server_takes_over_at_a_price_that_is_paid_once() {
    let first = slapd("first", &["alice"]).provider().start();
    let second = slapd("second", &[]).consumer_of(&first).start();
    let site = Site::builder("second").ldap_servers(&[&first, &second], &first).build();
    let host = MailHost::of(site);
    let alice = slapd_person(&host, &first);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    second.wait_synced(&first);
    let usual = timed(&host.site, "alice", &app);
    assert_eq!(usual.0, Said::Accept);
    assert_eq!(login(&host.site, "alice", &alice), Said::Accept);

    first.freeze();
    let (taken_over, took) = timed(&host.site, "alice", &app);
    println!("usual {}, taken over {took}", usual.1);
    assert_eq!(taken_over, Said::Accept);
    took.assert_within(usual.1.unstalled() + Duration::from_millis(1_500));
    for secret in [&app, &alice, &app] {
        let (next, took) = timed(&host.site, "alice", secret);
        assert_eq!(next, Said::Accept);
        took.assert_within(AT_ONCE);
    }
    assert!(host.dovecot.imap("alice", &app).is_in());
    first.thaw();
    postern_tests::guard::wait_for("the first server to be asked again", Duration::from_secs(5), || {
        let before = first.log().len();
        assert_eq!(login(&host.site, "alice", &app), Said::Accept);
        first.log()[before..].contains("SRCH").then_some(())
    });
}

/// What says that an entry is current is a minute old at most, or was never there.
#[test]
fn a_silent_master_costs_the_readers_of_a_replica_once() {
    let master = slapd("silent_master", &["alice", "bob", "carol"]).provider().start();
    let replica = slapd("its_replica", &[]).consumer_of(&master).start();
    let site = Site::builder("silent_master").ldap_servers(&[&replica], &master).build();
    let _posternd = site.posternd();
    let password = |name: &str| master.person(name).password;
    replica.wait_synced(&master);
    let usual = timed(&site, "alice", &password("alice"));
    assert_eq!(usual.0, Said::Accept);
    master.freeze();
    let (said, took) = timed(&site, "bob", &password("bob"));
    assert_eq!(said, Said::Accept);
    took.assert_within(usual.1.unstalled() + Duration::from_millis(1_500));
    for name in ["carol", "bob", "carol"] {
        let (said, took) = timed(&site, name, &password(name));
        assert_eq!(said, Said::Accept);
        took.assert_within(AT_ONCE);
    }
}

#[test]
fn a_first_server_that_is_stopped_is_passed_over_and_comes_back() {
    let mut first = slapd("gone", &["alice"]).provider().start();
    let second = slapd("there", &[]).consumer_of(&first).start();
    let site = Site::builder("there").ldap_servers(&[&first, &second], &first).build();
    let _posternd = site.posternd();
    let app = site.app_password("alice", "Phone", &[]);
    second.wait_synced(&first);
    assert_eq!(login(&site, "alice", &app.password), Said::Accept);
    first.stop();
    for _ in 0..3 {
        let ran = ask(&site, "alice", &app.password);
        assert_eq!(said(&ran), Said::Accept);
        ran.took.assert_within(AT_ONCE);
    }
    let revoke = site.cli(&["app-password", "revoke", "alice", &app.id]);
    assert_eq!(revoke.code, 75, "a change needs the server that takes changes: {}", revoke.stderr);
    first.start();
    drop(site.cli_ok(&["app-password", "revoke", "alice", &app.id]));
    // The second one may not have heard of it, and posternd may not yet have asked the first one again.
    let heard = || Some(login(&site, "alice", &app.password)).filter(|said| *said != Said::Defer);
    let said = postern_tests::guard::wait_for("a verdict", Duration::from_secs(5), heard);
    assert_eq!(said, Said::Reject);
}

fn slapd_person(host: &MailHost, slapd: &postern_tests::Slapd) -> String {
    host.person(slapd, "alice").password
}

const LIMIT: Duration = Duration::from_secs(3);
/// Less than what a server that says nothing may take to connect, 700 ms.
const AT_ONCE: Duration = Duration::from_millis(600);
