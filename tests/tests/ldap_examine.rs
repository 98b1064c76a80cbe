//! What `postern check` tries at an LDAP server, on a real slapd.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use postern_core::clock::SystemClock;
use postern_core::config::{Config, DirectoryKind};
use postern_store::LdapDirectory;
use postern_store::ldap::Finding;
use postern_tests::site::random_password;
use postern_tests::slapd::{DATABASE, SERVICE, Slapd};
use postern_tests::{Ds389, Ran, Who, canary, host};

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
    let says = |text: &String| text.ends_with("see: postern schema print acl-ldif");
    assert!(bad.iter().all(says), "this slapd is configured in cn=config: {bad:#?}");
}

#[tokio::test]
async fn a_rule_for_the_password_policy_that_is_missing_is_named() {
    let closed = ["attrs=userPassword by anonymous auth by * none", "* by * none"];
    let slapd = Slapd::builder("examine_hidden").access(&closed).person("alice").start();
    assert!(bad(&directory(&slapd).examine(None).await).is_empty());
    // The last that was loaded, and so the first.
    slapd.set(DATABASE, "delete: olcAccess\nolcAccess: {0}");
    let bad = bad(&directory(&slapd).examine(None).await);
    assert!(
        matches!(bad.as_slice(), [one] if one.starts_with("pwdAccountLockedTime is hidden")
            && one.ends_with("see: postern schema print acl-ppolicy-ldif")),
        "{bad:#?}"
    );
}

#[tokio::test]
async fn what_a_389_directory_server_is_asked_for_is_named_in_its_own_form() {
    let server = Ds389::start("examine_ds389");
    let password = random_password();
    canary::register(&password);
    server.add(&format!(
        "dn: ou=services,dc=example,dc=org\nobjectClass: organizationalUnit\nou: services\n\n\
         dn: {SERVICE}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: postern\n\
         userPassword: {password}\n"
    ));
    let dir = tempfile::tempdir_in(host::test_dir()).unwrap();
    let secret = dir.path().join("ldap.secret");
    std::fs::write(&secret, &password).unwrap();
    let text = format!(
        "[directory]\nkind = \"ldap\"\nuris = [\"ldap://127.0.0.1:{}\"]\nbind_dn = \"{SERVICE}\"\n\
         bind_password_file = \"{}\"\nbase = \"ou=people,dc=example,dc=org\"\nid_attribute = \"nsUniqueId\"\n\
         disabled = [\"(nsAccountLock=TRUE)\"]\npassword_changed_attribute = \"passwordExpirationTime\"\n\
         [ledger]\nkind = \"embedded\"\n",
        server.port(),
        secret.display()
    );
    let file = dir.path().join("postern.toml");
    std::fs::write(&file, &text).unwrap();
    for path in [&secret, &file] {
        host::own(path, (0.into(), host::ids("postern").1), 0o640);
    }
    host::own(dir.path(), (0.into(), 0.into()), 0o755);
    let config = Config::parse(&file, &text).unwrap();
    let DirectoryKind::Ldap(ldap) = &config.directory else { panic!("the kind is ldap") };
    let directory = LdapDirectory::open(ldap, &config.userdb, Arc::new(SystemClock)).unwrap();
    let printed = |form: &str| {
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(&file).args(["schema", "print", form]).current_dir("/");
        Ran::of(&mut command, b"", Duration::from_secs(30)).succeeded().stdout
    };

    // So that anyone finds accounts, as at many sites.
    let open = "aci: (targetattr = \"objectClass || uid || nsUniqueId\")(version 3.0; acl \"x\"; allow (read, search) userdn = \"ldap:///all\";)";
    server.set("ou=people,dc=example,dc=org", &format!("add: aci\n{open}"));
    let bad_before = bad(&directory.examine(None).await);
    assert!(bad_before.iter().any(|text| text.contains("nsAccountLock is hidden")), "{bad_before:#?}");
    let says = |text: &String| text.ends_with("see: postern schema print 389ds-aci");
    assert!(bad_before.iter().all(says), "{bad_before:#?}");

    for form in ["389ds-aci", "389ds-index"] {
        server.load(&printed(form));
    }
    server.wait_task("cn=postern,cn=index,cn=tasks,cn=config");
    let after = directory.examine(None).await;
    assert!(after.iter().all(|finding| matches!(finding, Finding::Good(_))), "{after:#?}");
    let (own, other) = (Who::Dn(SERVICE, &password), Who::Anonymous);
    let enrol = "add: objectClass\nobjectClass: posternAccount\n-\nadd: posternRevision\nposternRevision: 1\n-\n\
                 add: posternEnrolled\nposternEnrolled: FALSE";
    let (client, alice) = (server.client(), server.alice());
    assert_eq!(client.change(own, alice, enrol).code, 0);
    for refused in
        ["add: objectClass\nobjectClass: extensibleObject", "replace: sn\nsn: x", "replace: uid\nuid: bob"]
    {
        assert_eq!(client.change(own, alice, refused).code, 50, "{refused}");
    }
    assert!(client.read(own, alice, &["posternRevision"]).entry().has("posternRevision"));
    assert!(!client.read(own, alice, &["userPassword"]).entry().has("userPassword"));
    let seen = client.read(other, alice, &["*", "posternRevision"]);
    assert!(seen.entries.iter().all(|entry| !entry.has("posternRevision")), "{seen:?}");
    server.set("ou=people,dc=example,dc=org", "add: aci\naci: (targetattr = \"*\")(version 3.0; acl \"y\"; allow (all) userdn = \"ldap:///anyone\";)");
    let seen = client.read(other, alice, &["sn", "posternRevision"]).entry();
    assert!(
        seen.has("sn") && !seen.has("posternRevision"),
        "a rule of the site that permits everything: {seen:?}"
    );
}

#[tokio::test]
async fn a_schema_that_is_missing_is_named() {
    let slapd = Slapd::builder("examine_no_schema").person("alice").without_postern().start();
    let bad = bad(&directory(&slapd).examine(Some("alice")).await);
    let named = "load the schema: postern schema print openldap-ldif";
    assert!(bad.iter().any(|text| text.contains(named)), "{bad:#?}");
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
