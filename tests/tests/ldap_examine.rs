//! What `postern check` tries at an LDAP server, on a real slapd.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is test code")]

use std::path::Path;
use std::sync::Arc;

use postern_core::clock::SystemClock;
use postern_core::config::{Config, DirectoryKind};
use postern_store::LdapDirectory;
use postern_store::ldap::Finding;
use postern_tests::slapd::Slapd;

#[tokio::test]
async fn a_server_that_is_set_up_as_the_manual_says_has_nothing_to_mend_and_nothing_is_changed() {
    let slapd = Slapd::with("examine_good", &["alice", "bob"]);
    let before = slapd.entry(&slapd.person("alice").dn);
    let findings = directory(&slapd).examine(None).await;
    assert!(findings.iter().all(|finding| matches!(finding, Finding::Good(_))), "{findings:#?}");
    assert!(findings.len() >= 7, "{findings:#?}");
    assert_eq!(slapd.entry(&slapd.person("alice").dn), before);
}

#[tokio::test]
async fn an_access_rule_that_is_missing_is_named() {
    let slapd = Slapd::builder("examine_no_rules").person("alice").without_postern_access().start();
    let bad = bad(&directory(&slapd).examine(Some("alice")).await);
    for right in [
        "attrs=objectClass val.exact=\"posternAccount\"",
        "attrs=posternAppPassword",
        "attrs=posternRevision",
    ] {
        assert!(bad.iter().any(|text| text.contains(right)), "{right}: {bad:#?}");
    }
}

#[tokio::test]
async fn a_schema_that_is_missing_is_named() {
    let slapd = Slapd::builder("examine_no_schema").person("alice").without_postern().start();
    let bad = bad(&directory(&slapd).examine(Some("alice")).await);
    assert!(bad.iter().any(|text| text.contains("load the schema")), "{bad:#?}");
}

#[tokio::test]
async fn a_server_that_is_stopped_and_a_person_who_is_not_there_are_named() {
    let mut slapd = Slapd::with("examine_stopped", &["alice"]);
    let directory = directory(&slapd);
    let nobody = bad(&directory.examine(Some("nobody")).await);
    assert!(nobody.iter().any(|text| text.contains("nobody is found")), "{nobody:#?}");
    slapd.stop();
    let stopped = bad(&directory.examine(None).await);
    assert!(stopped.iter().any(|text| text.contains(&slapd.ldaps_uri())), "{stopped:#?}");
}

fn directory(slapd: &Slapd) -> LdapDirectory {
    let text = format!("{}[ledger]\nkind = \"embedded\"\n", slapd.directory_toml(&[&slapd.ldaps_uri()]));
    let config = Config::parse(Path::new("postern.toml"), &text).unwrap();
    let DirectoryKind::Ldap(ldap) = &config.directory else { panic!("the kind is ldap") };
    LdapDirectory::open(ldap, &config.userdb, Arc::new(SystemClock)).unwrap()
}

fn bad(findings: &[Finding]) -> Vec<String> {
    let text = |finding: &Finding| match finding {
        Finding::Bad(text) | Finding::Down(text) => Some(text.clone()),
        Finding::Good(_) | Finding::Doubtful(_) => None,
    };
    findings.iter().filter_map(text).collect()
}
