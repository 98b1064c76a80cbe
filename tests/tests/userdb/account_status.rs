use std::time::Duration;

use postern_tests::guard::wait_for;
use postern_tests::{Dovecot, Site, site};

use crate::{alice, fields_of};

/// Whether the account is accepted with each of these, and found, by every front door.
fn is_in_everywhere(dovecot: &Dovecot, passwords: &[&str]) -> bool {
    let mut all = Vec::new();
    for password in passwords {
        for answer in [dovecot.imap("alice", password), dovecot.pop3("alice", password)] {
            assert!(!answer.is_unavailable(), "{answer:?}");
            all.push(answer.is_in());
        }
    }
    all.push(match dovecot.user("alice") {
        Ok(_) => true,
        Err((code, words)) => {
            assert_eq!(code, 67, "a clear no, and not an outage: {words}");
            false
        }
    });
    assert!(all.iter().all(|one| *one == all[0]), "not the same everywhere: {all:?}");
    all[0]
}

/// A site that sends mail for disabled or expired accounts back.
fn bouncing(name: &str) -> Site {
    Site::builder(name).setting("[directory]", "disabled_lookup = \"unknown\"").build()
}

#[test]
fn a_disabled_account_is_refused_in_logins_and_lookups_until_it_is_enabled() {
    let site = bouncing("disabled");
    let posternd = site.posternd();
    let dovecot = site.dovecot();
    let alice = alice(&site);
    let app = site.app_password("alice", "Phone", &[]).password;
    let passwords = [alice.password.as_str(), &app];
    assert!(is_in_everywhere(&dovecot, &passwords));
    drop(site.cli_ok(&["account", "disable", "alice"]));
    assert!(!is_in_everywhere(&dovecot, &passwords));
    assert!(dovecot.user("alice@example.org").is_err(), "nor by an alias");
    drop(posternd.logged(&["reason=disabled", "flow=login", "service=imap"]));
    drop(posternd.logged(&["reason=disabled", "flow=lookup"]));
    drop(site.cli_ok(&["account", "enable", "alice"]));
    assert!(is_in_everywhere(&dovecot, &passwords));
    let found = dovecot.user("alice").unwrap();
    assert!(fields_of(&alice).iter().all(|(field, value)| found.get(field) == Some(value)), "{found:?}");
}

#[test]
fn an_expired_account_is_refused_in_logins_and_lookups() {
    let site = bouncing("expired");
    let posternd = site.posternd();
    let dovecot = site.dovecot();
    let alice = site.account_with("alice", &site::random_password(), &["--expires", "15s"]);
    let app = site.app_password("alice", "Phone", &[]).password;
    assert!(dovecot.user("alice").is_ok());
    assert!(dovecot.imap("alice", &app).is_in());
    wait_for("the account to expire", Duration::from_secs(30), || {
        dovecot.user("alice").is_err().then_some(())
    });
    assert!(!is_in_everywhere(&dovecot, &[&alice.password, &app]));
    drop(posternd.logged(&["reason=expired", "flow=login", "user=alice"]));
    assert_eq!(site.cli_json(&["account", "show", "alice"])["account"]["standing"], "expired");
}
