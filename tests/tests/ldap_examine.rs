//! What `postern check` tries at an LDAP server, on a real slapd.

use std::path::Path;
use std::sync::Arc;

use postern_core::clock::SystemClock;
use postern_core::config::{Config, DirectoryKind};
use postern_store::LdapDirectory;
use postern_store::ldap::Finding;
use postern_tests::slapd::Slapd;

#[tokio::test]
async fn a_server_set_up_by_the_manual_has_no_findings_and_nothing_is_changed() {
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

#[tokio::test]
async fn a_sample_of_an_expiry_is_shown_with_the_date_that_is_read() {
    let slapd =
        Slapd::builder("examine_expiry").person("alice").person_with("bob", "shadowExpire: 20833").start();
    let all = text(&directory(&slapd).examine(None).await);
    assert!(all.contains("shadowExpire of uid=bob,"), "{all}");
    assert!(all.contains("20833, read as days: it expires at 2027-01-15T00:00:00Z"), "{all}");
    let wrong = directory_with(&slapd, "expires_format = \"seconds\"\n").examine(None).await;
    assert!(text(&wrong).contains("read as seconds: it expires at 1970-01-01T05:47:13Z"), "{wrong:#?}");
    slapd.set(&slapd.person("bob").dn, "replace: shadowExpire\nshadowExpire: 1577836800");
    let bad = bad(&directory(&slapd).examine(None).await);
    assert!(
        bad.iter().any(|text| text.contains("beyond the year 9999; is expires_format right?")),
        "{bad:#?}"
    );
}

#[tokio::test]
async fn a_condition_that_strangers_can_cause_by_wrong_passwords_is_doubtful() {
    let slapd = Slapd::with("examine_locks", &["alice"]);
    let condition = "disabled = [\"(|(nsAccountLock=TRUE)(pwdAccountLockedTime=*))\"]\n";
    let findings = directory_with(&slapd, condition).examine(None).await;
    let is_named = |finding: &Finding| matches!(finding, Finding::Doubtful(text) if text.contains("(pwdAccountLockedTime=*)"));
    assert!(findings.iter().any(is_named), "{findings:#?}");
}

fn text(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding:?}\n")).collect()
}

fn directory(slapd: &Slapd) -> LdapDirectory {
    directory_with(slapd, "")
}

fn directory_with(slapd: &Slapd, more: &str) -> LdapDirectory {
    let text =
        format!("{}{more}[ledger]\nkind = \"embedded\"\n", slapd.directory_toml(&[&slapd.ldaps_uri()]));
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
