use postern_tests::site::wrong_password;
use postern_tests::{Attempt, MailHost, Outcome};

use crate::{Said, ask_from, login, said, slapd};

#[test]
fn an_empty_password_opens_nothing_where_slapd_takes_it_for_a_success() {
    let slapd = slapd("empty", &["alice"]).unauthenticated_binds().start();
    let host = MailHost::with_ldap("empty", &slapd);
    let alice = slapd.person("alice");
    drop(host.site.app_password("alice", "Phone", &[]));
    for name in ["alice", "alice@example.org", "nobody-here", &alice.dn] {
        assert_eq!(login(&host.site, name, ""), Said::Reject, "{name}");
        let reply = host.dovecot.auth_client().login(&Attempt::new("imap", name, ""));
        assert_eq!(reply.outcome, Outcome::Refused, "{name}");
    }
    for blank in [" ", "    ", "\t"] {
        assert_ne!(login(&host.site, "alice", blank), Said::Accept, "{blank:?}");
    }
    assert!(!slapd.log().contains(&format!("BIND dn=\"{}\" method=128\n", alice.dn.to_uppercase())));
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

#[test]
fn fifteen_spellings_of_one_name_share_one_count_of_wrong_passwords() {
    let slapd = slapd("spellings", &["alice"]).start();
    let host = MailHost::with_ldap("spellings", &slapd);
    let alice = slapd.person("alice");
    let app = host.site.app_password("alice", "Phone", &[]).password;
    let id = slapd.entry(&alice.dn).text("entryUUID");
    // The same entry to slapd, each of them.
    for (number, name) in SPELLINGS.iter().enumerate() {
        let address = format!("198.51.100.{number}");
        assert_eq!(said(&ask_from(&host.site, &address, name, &app)), Said::Accept, "{name:?}");
    }
    for name in SPELLINGS {
        assert_eq!(login(&host.site, name, &wrong_password()), Said::Reject, "{name:?}");
    }
    let log = host.posternd.log();
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("verdict=reject")).collect();
    assert_eq!(refused.len(), SPELLINGS.len());
    assert!(refused.iter().all(|line| line.contains(&format!("account={id}"))), "{refused:#?}");
    let limited = refused.iter().filter(|line| line.contains("reason=limited")).count();
    assert_eq!(limited, SPELLINGS.len() - 10, "{refused:#?}");
    let binds = slapd.log().matches(&format!("BIND dn=\"{}\" method=128", alice.dn)).count();
    assert_eq!(binds, 10, "slapd was asked ten times");

    assert_eq!(login(&host.site, "alice", &alice.password), Said::Reject, "from there no more");
    assert_eq!(login(&host.site, "alice", &app), Said::Accept, "but for a right app password");
    assert_eq!(said(&ask_from(&host.site, "192.0.2.2", "alice", &alice.password)), Said::Accept);
}

#[test]
fn one_wrong_password_counts_once_however_the_name_is_spelt() {
    let slapd = slapd("once", &["alice"]).lockout_after(3).start();
    let host = MailHost::with_ldap("once", &slapd);
    let alice = slapd.person("alice");
    let wrong = wrong_password();
    for name in SPELLINGS {
        assert_eq!(login(&host.site, name, &wrong), Said::Reject, "{name:?}");
    }
    let binds = slapd.log().matches(&format!("BIND dn=\"{}\" method=128", alice.dn)).count();
    assert_eq!(binds, 1, "and is bound once, so that slapd's own lockout is far away");
    assert_eq!(login(&host.site, "alice", &alice.password), Said::Accept);
}

const SPELLINGS: [&str; 15] = [
    "alice",
    "ALICE",
    "aLiCe",
    " alice",
    "alice ",
    "  Alice  ",
    "\u{ff41}\u{ff4c}\u{ff49}\u{ff43}\u{ff45}",
    "\u{ff21}\u{ff2c}\u{ff29}\u{ff23}\u{ff25}",
    "\u{1d41a}\u{1d425}\u{1d422}\u{1d41c}\u{1d41e}",
    "\u{1d44e}\u{1d459}\u{1d456}\u{1d450}\u{1d452}",
    "\u{1d5ba}\u{1d5c5}\u{1d5c2}\u{1d5bc}\u{1d5be}",
    "\u{ff21}l\u{2170}ce",
    "al\u{2170}ce",
    "alic\u{ff45}",
    "\u{ff41}li\u{1d41c}e",
];
