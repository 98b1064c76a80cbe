use std::time::Duration;

use postern_tests::guard::{pause, wait_for};
use postern_tests::{Login, MailHost, Protocol, Site, Slapd, Who};

use crate::{Said, ask_from, is_back_soon, login, said, slapd, timed};

fn host(name: &str, slapd: &Slapd) -> MailHost {
    MailHost::of(Site::builder(name).ldap(slapd).setting("[directory]", "stale_if_down = \"1h\"").build())
}

#[test]
fn while_slapd_is_down_those_seen_before_get_in_by_app_password_alone() {
    let mut slapd = slapd("seen", &["alice", "bob"]).start();
    let host = host("seen", &slapd);
    let alice = host.person(&slapd, "alice");
    let app = host.site.app_password("alice", "Phone", &["--scope", "imap", "--network", "127.0.0.0/29"]);
    let unseen = host.site.app_password("bob", "Phone", &[]).password;
    assert!(host.dovecot.imap("alice", &app.password).is_in());
    slapd.stop();
    assert!(host.dovecot.imap("alice", &app.password).is_in());
    let typed = app.password.replace(' ', "");
    assert!(host.dovecot.imap("alice", &typed).is_in());
    let pop3 = host.dovecot.pop3("alice", &app.password);
    assert!(!pop3.is_in() && !pop3.is_unavailable(), "out of scope: {pop3:?}");
    let outside = Login::new(&host.dovecot, Protocol::Imap, "alice", &app.password).from("127.0.0.9").run();
    assert!(!outside.is_in() && !outside.is_unavailable(), "out of network: {outside:?}");
    assert!(host.dovecot.imap("alice", &alice.password).text().contains("[UNAVAILABLE]"));
    assert!(host.dovecot.imap("bob", &unseen).text().contains("[UNAVAILABLE]"));
    assert_eq!(login(&host.site, "alice", &postern_tests::site::wrong_password()), Said::Defer);
    assert_eq!(login(&host.site, "nobody-here", &unseen), Said::Defer);
    slapd.start();
    is_back_soon(&host.site, "bob", &unseen);
    assert!(host.dovecot.imap("alice", &alice.password).is_in());
}

#[test]
fn a_silent_slapd_counts_as_down_and_costs_its_three_seconds_once() {
    let slapd = slapd("quiet", &["alice"]).start();
    let host = host("quiet", &slapd);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    slapd.freeze();
    let (first, took) = timed(&host.site, "alice", &app);
    assert_eq!(first, Said::Accept);
    took.assert_within(Duration::from_secs(3));
    let (next, took) = timed(&host.site, "alice", &app);
    assert_eq!(next, Said::Accept);
    took.assert_within(Duration::from_millis(600));
}

#[test]
fn a_revocation_that_was_read_is_not_undone_by_an_outage() {
    let mut slapd = slapd("purged", &["alice"]).start();
    let host = host("purged", &slapd);
    let lost = host.site.app_password("alice", "Lost", &[]);
    let kept = host.site.app_password("alice", "Kept", &[]).password;
    // The login uses two names, one of which is not used again before the outage.
    for name in ["alice", "alice@example.org"] {
        assert_eq!(login(&host.site, name, &lost.password), Said::Accept);
    }
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    assert_eq!(login(&host.site, "alice", &kept), Said::Accept, "this reads the revocation");
    slapd.stop();
    for name in ["alice", "alice@example.org"] {
        assert_eq!(login(&host.site, name, &lost.password), Said::Reject, "{name}");
        assert_eq!(login(&host.site, name, &kept), Said::Accept, "{name}");
    }
}

#[test]
fn an_account_that_was_read_as_gone_is_not_back_in_an_outage() {
    let mut slapd = slapd("removed", &["alice", "bob"]).start();
    let host = host("removed", &slapd);
    let (alice, bob) = (slapd.person("alice"), slapd.person("bob"));
    let app = host.site.app_password("alice", "Phone", &[]).password;
    let bobs = host.site.app_password("bob", "Phone", &[]).password;
    for (name, secret) in [("alice", &app), (&*alice.mail, &app), ("bob", &bobs), (&*bob.mail, &bobs)] {
        assert_eq!(login(&host.site, name, secret), Said::Accept, "{name}");
    }
    // One user is removed; the other leaves, and a new user gets the name.
    for gone in [&alice, &bob] {
        let removal = format!("dn: {}\nchangetype: delete\n", gone.dn);
        drop(slapd.modify(Who::Root, &removal).succeeded());
    }
    slapd.add(&format!(
        "dn: {}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: bob\ncn: x\nsn: x\nuidNumber: 31000\n\
         gidNumber: 31000\nhomeDirectory: /srv/mail/bob\n",
        bob.dn
    ));
    assert_eq!(login(&host.site, "alice", &app), Said::Reject);
    assert_eq!(login(&host.site, "bob", &bobs), Said::Reject);
    slapd.stop();
    for (name, secret) in [("alice", &app), (&*alice.mail, &app), ("bob", &bobs), (&*bob.mail, &bobs)] {
        assert_eq!(login(&host.site, name, secret), Said::Defer, "{name}");
    }
}

#[test]
fn a_revocation_that_only_the_ledger_knows_of_defers() {
    let mut slapd = slapd("announced", &["alice"]).start();
    let host = host("announced", &slapd);
    let lost = host.site.app_password("alice", "Lost", &[]);
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Accept);
    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &lost.id]));
    slapd.stop();
    assert_eq!(login(&host.site, "alice", &lost.password), Said::Defer);
}

#[test]
fn expiry_dates_apply_during_an_outage() {
    let mut slapd = slapd("expires", &["alice", "bob"]).start();
    let host = host("expires", &slapd);
    let visitor = host.site.app_password("alice", "Visitor", &["--expires", LIFE]).password;
    let phone = host.site.app_password("alice", "Phone", &[]).password;
    let bobs = host.site.app_password("bob", "Phone", &[]).password;
    drop(host.site.cli_ok(&["account", "expire", "bob", "--at", LIFE]));
    for (name, secret) in [("alice", &visitor), ("alice", &phone), ("bob", &bobs)] {
        assert_eq!(login(&host.site, name, secret), Said::Accept);
    }
    slapd.stop();
    pause(Duration::from_secs(15));
    assert_eq!(login(&host.site, "alice", &visitor), Said::Reject);
    assert_eq!(login(&host.site, "bob", &bobs), Said::Reject, "an account as well");
    assert_eq!(login(&host.site, "alice", &phone), Said::Accept);
    drop(host.posternd.logged(&["reason=expired", "user=bob"]));
}

#[test]
fn a_copy_lasts_as_long_as_the_configuration_says() {
    let mut slapd = slapd("short", &["alice"]).start();
    let site = Site::builder("short").ldap(&slapd).setting("[directory]", "stale_if_down = \"10s\"").build();
    let _posternd = site.posternd();
    let app = site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&site, "alice", &app), Said::Accept);
    slapd.stop();
    assert_eq!(login(&site, "alice", &app), Said::Accept);
    wait_for("the copy to become too old", Duration::from_secs(30), || {
        (login(&site, "alice", &app) == Said::Defer).then_some(())
    });
}

#[test]
fn a_fault_that_an_admin_has_to_fix_is_not_an_outage() {
    let slapd = slapd("fault", &["alice"]).start();
    let host = host("fault", &slapd);
    let app = host.site.app_password("alice", "Phone", &[]).password;
    assert_eq!(login(&host.site, "alice", &app), Said::Accept);
    slapd.set_access(&["attrs=userPassword by * auth", "attrs=entry,children by * read", "* by * search"]);
    assert_eq!(login(&host.site, "alice", &app), Said::Defer, "no copy is used");
    assert_eq!(said(&ask_from(&host.site, "192.0.2.9", "alice", &app)), Said::Defer);
}

/// Long enough for a few logins on any machine.
const LIFE: &str = "15s";
