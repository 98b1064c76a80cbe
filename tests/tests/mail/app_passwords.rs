use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::mail_host::SERVICES;
use postern_tests::{Attempt, Login, MailHost, Outcome, Protocol};

#[test]
fn an_app_password_opens_every_service_however_it_is_typed() {
    let host = MailHost::new("spellings");
    let alice = host.site.account("alice");
    let made = host.site.app_password("alice", "Thunderbird", &[]);
    let spellings = [made.password.clone(), made.password.replace(' ', ""), made.password.replace(' ', "-")];
    for spelling in &spellings {
        assert_eq!(host.dovecot.imap("alice", spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.dovecot.pop3("alice", spelling).text(), "INBOX: 0 messages");
        assert_eq!(host.opened("alice", spelling), SERVICES);
    }
    assert!(alice.home.join("Maildir").is_dir(), "the mailbox is in the account's home");
    let first = spellings[1].chars().next().unwrap();
    let other = if first == 'A' { "B" } else { "A" };
    let changed = spellings[1].replacen(first, other, 1);
    assert!(!host.dovecot.imap("alice", &changed).is_in(), "one symbol is another");
    assert!(!host.dovecot.imap("alice", &spellings[1][..15]).is_in(), "one symbol is missing");
    assert!(!host.dovecot.imap("alice", &format!("{} x", made.password)).is_in(), "one is too many");
}

#[test]
fn an_app_password_opens_its_own_account_alone() {
    let host = MailHost::new("own_account");
    for name in ["alice", "bob"] {
        drop(host.site.account(name));
    }
    let alices = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(host.opened("alice", &alices), SERVICES);
    assert!(host.opened("bob", &alices).is_empty());
}

#[test]
fn a_scope_opens_what_it_names_and_nothing_else() {
    let host = MailHost::new("scope");
    drop(host.site.account("alice"));
    for (scope, opened) in
        [("all", &SERVICES[..]), ("imap", &["imap"]), ("smtp,sieve", &["smtp", "sieve"]), ("dav", &[])]
    {
        let made = host.site.app_password("alice", scope, &["--scope", scope]);
        assert_eq!(host.opened("alice", &made.password), opened, "scope {scope}");
    }
    let imap = host.site.app_password("alice", "Reader", &["--scope", "imap"]);
    assert!(host.dovecot.imap("alice", &imap.password).is_in());
    assert!(!host.dovecot.pop3("alice", &imap.password).is_in());
    drop(host.posternd.logged(&["reason=scope", "service=pop3", &format!("app_password={}", imap.id)]));
}

#[test]
fn a_network_admits_mail_programs_inside_it_alone() {
    let host = MailHost::new("networks");
    drop(host.site.account("alice"));
    let office = host.site.app_password("alice", "Office", &["--network", "127.0.0.2/32"]);
    let from = |protocol, source: &str| {
        Login::new(&host.dovecot, protocol, "alice", &office.password).from(source).run().is_in()
    };
    for protocol in [Protocol::Imap, Protocol::Pop3] {
        assert!(from(protocol, "127.0.0.2"), "{protocol:?}");
        assert!(!from(protocol, "127.0.0.3"), "{protocol:?}");
    }
    drop(host.posternd.logged(&[
        "reason=network",
        "rhost=127.0.0.3",
        &format!("app_password={}", office.id),
    ]));

    let both = ["--network", "2001:db8::/32", "--network", "192.0.2.0/24"];
    let roaming = host.site.app_password("alice", "Roaming", &both).password;
    for (address, outcome) in [
        ("2001:db8:1::7", Outcome::Accepted),
        ("2001:db9::7", Outcome::Refused),
        ("192.0.2.200", Outcome::Accepted),
        ("::ffff:192.0.2.200", Outcome::Accepted),
        ("192.0.3.1", Outcome::Refused),
        ("127.0.0.1", Outcome::Refused),
    ] {
        assert_eq!(host.login_from("smtp", "alice", &roaming, address), outcome, "{address}");
    }
}

#[test]
fn behind_a_proxy_the_network_is_that_of_the_client() {
    let host = MailHost::new("proxy");
    drop(host.site.account("alice"));
    let home = host.site.app_password("alice", "Home", &["--network", "203.0.113.0/24"]).password;
    let mut auth = host.dovecot.auth_client();
    let attempt = Attempt::new("imap", "alice", &home);
    let inside = attempt.clone().from("203.0.113.7").with("real_rip=192.0.2.1");
    assert_eq!(auth.login(&inside).outcome, Outcome::Accepted);
    let proxy_inside = attempt.from("198.51.100.7").with("real_rip=203.0.113.1");
    assert_eq!(auth.login(&proxy_inside).outcome, Outcome::Refused);
    drop(host.posternd.logged(&["reason=network", "rhost=198.51.100.7"]));
}

#[test]
fn an_expired_app_password_is_refused_by_itself() {
    let host = MailHost::new("expiry");
    drop(host.site.account("alice"));
    let made = host.site.app_password("alice", "Visitor", &["--expires", "10s"]);
    assert!(host.dovecot.imap("alice", &made.password).is_in());
    wait_for("the app password to expire", Duration::from_secs(30), || {
        (host.login("imap", "alice", &made.password) == Outcome::Refused).then_some(())
    });
    drop(host.posternd.logged(&["reason=expired", &format!("app_password={}", made.id)]));
    assert!(!host.dovecot.pop3("alice", &made.password).is_in());
    let later = host.site.app_password("alice", "Guest", &["--expires", "1h"]).password;
    assert_eq!(host.opened("alice", &later), SERVICES);
}

#[test]
fn regeneration_puts_a_new_app_password_in_the_place_of_the_old_at_once() {
    let host = MailHost::new("regeneration");
    drop(host.site.account("alice"));
    let old = host.site.app_password("alice", "Phone", &["--scope", "imap", "--network", "127.0.0.0/8"]);
    let other = host.site.app_password("alice", "Laptop", &[]).password;
    assert!(host.dovecot.imap("alice", &old.password).is_in());
    let json = host.site.cli_json(&["app-password", "regenerate", "alice", &old.id]);
    let new = &json["app_passwords"][0];
    let password = new["password"].as_str().unwrap();
    assert!(!host.dovecot.imap("alice", &old.password).is_in());
    assert!(host.dovecot.imap("alice", password).is_in());
    assert_eq!(host.opened("alice", password), ["imap"], "the scope is kept");
    assert_eq!(host.login_from("imap", "alice", password, "192.0.2.1"), Outcome::Refused, "and the network");
    assert_eq!((new["label"].as_str(), new["replaces"].as_str()), (Some("Phone"), Some(old.id.as_str())));
    assert_eq!(host.opened("alice", &other), SERVICES, "the others go on");
}

#[test]
fn a_revoked_app_password_is_refused_at_once_though_it_was_just_verified() {
    let host = MailHost::new("revocation");
    drop(host.site.account("alice"));
    let lost = host.site.app_password("alice", "Lost", &[]);
    let kept = host.site.app_password("alice", "Kept", &[]).password;
    let before = host.posternd.status();
    for _ in 0..5 {
        assert_eq!(host.login("imap", "alice", &lost.password), Outcome::Accepted);
    }
    let warm = host.posternd.status();
    assert_eq!(warm.argon2id_runs["app_password"], before.argon2id_runs["app_password"] + 1);
    assert_eq!(warm.cache_hits, before.cache_hits + 4, "the cache is warm");
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    assert!(host.opened("alice", &lost.password).is_empty());
    assert!(!host.dovecot.imap("alice", &lost.password).is_in());
    assert!(!host.dovecot.pop3("alice", &lost.password).is_in());
    assert_eq!(host.posternd.status().argon2id_runs, warm.argon2id_runs, "nothing was hashed to refuse it");
    assert_eq!(host.opened("alice", &kept), SERVICES);
}

#[test]
fn a_revoked_app_password_stays_refused_after_a_restart() {
    let mut host = MailHost::new("restart");
    drop(host.site.account("alice"));
    let lost = host.site.app_password("alice", "Lost", &[]);
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", "--all"]));
    assert_eq!(host.login("imap", "alice", &lost.password), Outcome::Refused);
    assert!(host.posternd.stop().success());
    host.posternd.start_again();
    assert_eq!(host.login("imap", "alice", &lost.password), Outcome::Refused);
    drop(host.posternd.logged(&[
        "reason=revoked",
        "the app password is revoked",
        &format!("app_password={}", lost.id),
    ]));
}
