//! The schema that is shipped, as real servers take it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use postern_tests::{Ds389, Entry, LdapClient, Ran, Slapd, Who, host};

const CLASS: &str = "add: objectClass\nobjectClass: posternAccount\n-\nadd: posternRevision\nposternRevision: 1\n-\n\
                     add: posternEnrolled\nposternEnrolled: FALSE";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ldap-schema").join(name)
}

fn printed(config: &str, form: &str) -> Ran {
    let mut command = Command::new(host::program("postern"));
    Ran::of(command.args(["--config", config, "schema", "print", form]).current_dir("/"), b"", LIMIT)
}

/// A program of slapd's, which is one program by many names.
fn slapd_tool(args: &[&str]) -> Ran {
    let mut command = Command::new(host::unconfined_program("/usr/sbin/slapd", "slapd"));
    Ran::of(command.arg("-T").args(args).current_dir("/"), b"", LIMIT)
}

#[test]
fn the_files_that_are_shipped_are_those_that_are_printed() {
    host::require_test_host();
    for (form, file) in [
        ("openldap", "postern.schema"),
        ("openldap-ldif", "postern.ldif"),
        ("389ds", "99postern.ldif"),
        ("acl", "acl.conf"),
        ("acl-ldif", "acl.ldif"),
        ("acl-ppolicy", "acl-ppolicy.conf"),
        ("acl-ppolicy-ldif", "acl-ppolicy.ldif"),
        ("index-ldif", "index.ldif"),
        ("389ds-aci", "389ds-aci.ldif"),
        ("389ds-index", "389ds-index.ldif"),
    ] {
        let text = printed("/nonexistent/postern.toml", form).succeeded().stdout;
        assert_eq!(text, fs::read_to_string(shipped(file)).unwrap(), "{file}");
    }
}

#[test]
fn the_printed_rules_name_the_configured_attributes() {
    let dir = tempfile::tempdir_in(host::test_dir()).unwrap();
    host::own(dir.path(), (0.into(), 0.into()), 0o755);
    let config = dir.path().join("postern.toml");
    let text = "[directory]\nkind = \"ldap\"\nuris = [\"ldapi://%2Frun%2Fldapi\"]\nsasl_external = true\n\
                base = \"ou=\\\"staff\\\",o=x\"\nfilter = \"(&(memberOf=cn=mail,o=x)(|(login={user})(alias:=@{user})))\"\n\
                username_attribute = \"login\"\nexpires_attribute = \"validUntil\"\ndisabled = [\"(state=gone)\"]\n\
                userdb = { home = \"/srv/{mailbox;x-a}\" }\n[ledger]\nkind = \"embedded\"\n";
    fs::write(&config, text).unwrap();
    host::own(&config, (0.into(), host::ids("postern").1), 0o640);
    let print = |form| printed(&config.display().to_string(), form).succeeded().stdout;
    let acl = print("acl-ldif");
    let (uid, gid) = host::ids("postern");
    assert!(acl.contains(&format!(
        "olcAccess: {{3}}to dn.subtree=\"ou=\\\"staff\\\",o=x\" attrs=alias,entry,entryUUID,login,mail,mailbox,memberOf,\
         objectClass,preferredLanguage,state,uidNumber,validUntil\n  \
         by dn.exact=\"gidNumber={gid}+uidNumber={uid},cn=peercred,cn=external,cn=auth\" read\n"
    )), "{acl}");
    let ppolicy = print("acl-ppolicy-ldif");
    assert!(
        ppolicy.contains("{0}to dn.subtree=\"ou=\\\"staff\\\",o=x\" attrs=pwdChangedTime,pwdReset\n"),
        "{ppolicy}"
    );
    assert!(!acl.contains("pwd"), "a slapd without the overlay refuses such a rule: {acl}");
    let indexed: Vec<String> = print("index-ldif")
        .lines()
        .filter_map(|line| Some(line.strip_prefix("olcDbIndex: ")?.to_owned()))
        .collect();
    let names =
        ["alias", "entryUUID", "login", "mail", "memberOf", "objectClass", "posternFactorKey", "uidNumber"];
    assert_eq!(indexed, names.map(|name| format!("{name} eq")));

    fs::write(&config, "[directory]\nkind = \"embedded\"\n[ledger]\nkind = \"embedded\"\n").unwrap();
    let example = printed(&config.display().to_string(), "acl");
    assert_eq!(example.code, 0, "{example:?}");
    assert!(
        example.stderr.contains("names no LDAP directory"),
        "those of the example, and it says so: {example:?}"
    );
    assert!(
        printed(&config.display().to_string(), "openldap").code == 0,
        "the schema is the same everywhere"
    );
}

#[test]
fn both_forms_for_openldap_load_and_mean_the_same() {
    let dir = tempfile::tempdir_in(host::test_dir()).unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    for part in ["of_conf", "of_ldif", "data"] {
        fs::create_dir(path(part)).unwrap();
    }
    let known = ["core", "cosine", "nis", "inetorgperson"].map(|name| format!("/etc/ldap/schema/{name}"));
    let include = |file: &str| format!("include {file}\n");
    let conf = known.iter().map(|name| include(&format!("{name}.schema"))).collect::<String>()
        + &include(&shipped("postern.schema").display().to_string())
        + "modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload ppolicy\n"
        + &format!("database mdb\nsuffix dc=example,dc=org\ndirectory {}\n", path("data"))
        + &include(&shipped("acl-ppolicy.conf").display().to_string())
        + &include(&shipped("acl.conf").display().to_string())
        + "access to * by * read\n";
    fs::write(path("slapd.conf"), conf).unwrap();
    let test = slapd_tool(&["test", "-n", "0", "-f", &path("slapd.conf"), "-F", &path("of_conf")]);
    assert_eq!(test.code, 0, "{}", test.stderr);

    let includes = known.iter().map(|name| format!("include: file://{name}.ldif\n\n")).collect::<String>();
    let ldif = format!(
        "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n\ndn: cn=module{{0}},cn=config\n\
         objectClass: olcModuleList\ncn: module{{0}}\nolcModulePath: /usr/lib/ldap\nolcModuleLoad: back_mdb\n\
         olcModuleLoad: ppolicy\n\ndn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n{includes}\
         include: file://{}\n\ndn: olcDatabase={{1}}mdb,cn=config\nobjectClass: olcDatabaseConfig\n\
         objectClass: olcMdbConfig\nolcDatabase: {{1}}mdb\nolcSuffix: dc=example,dc=org\nolcDbDirectory: {}\n\
         olcAccess: to * by * read\n",
        shipped("postern.ldif").display(),
        path("data")
    );
    fs::write(path("config.ldif"), ldif).unwrap();
    drop(slapd_tool(&["add", "-n", "0", "-F", &path("of_ldif"), "-l", &path("config.ldif")]).succeeded());
    for changes in ["acl.ldif", "acl-ppolicy.ldif", "index.ldif"] {
        let file = shipped(changes).display().to_string();
        drop(slapd_tool(&["modify", "-n", "0", "-F", &path("of_ldif"), "-l", &file]).succeeded());
    }

    let entries = |folder: &str| {
        let text =
            slapd_tool(&["cat", "-n", "0", "-o", "ldif-wrap=no", "-F", &path(folder)]).succeeded().stdout;
        Entry::parse(&text)
    };
    let (of_conf, of_ldif) = (entries("of_conf"), entries("of_ldif"));
    for (end, attributes) in [
        ("postern,cn=schema,cn=config", &["olcAttributeTypes", "olcObjectClasses"][..]),
        ("olcDatabase={1}mdb,cn=config", &["olcAccess", "olcLimits", "olcDbIndex"][..]),
    ] {
        for attribute in attributes {
            let values = |entries: &[Entry]| {
                let entry = entries.iter().find(|entry| entry.dn.ends_with(end)).expect("an entry");
                let mut texts: Vec<String> = entry.texts(attribute).iter().map(|text| plain(text)).collect();
                // Where order means something it is in the value.
                texts.sort();
                texts
            };
            let (one, other) = (values(&of_conf), values(&of_ldif));
            assert!(!one.is_empty());
            assert_eq!(one, other, "{attribute}");
        }
    }
}

/// Without what has no meaning: how much space there is, and which of two words for the same slapd was given.
fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("dn.base=", "dn.exact=").replace(" * +0 break", " * break")
}

#[test]
fn of_two_changes_from_one_revision_the_second_is_refused() {
    let slapd = Slapd::with("revision", &["alice"]);
    let dn = slapd.person("alice").dn;
    compare_and_set(&slapd.client(slapd.service()), slapd.service(), &dn);
}

#[test]
fn of_many_changes_at_once_one_wins() {
    let slapd = Slapd::with("revisions", &["alice"]);
    let dn = slapd.person("alice").dn;
    assert_eq!(slapd.change(slapd.service(), &dn, CLASS).code, 0);
    for revision in 1..6 {
        let change = next(revision);
        let codes: Vec<i32> = thread::scope(|scope| {
            let all: Vec<_> =
                (0..8).map(|_| scope.spawn(|| slapd.change(slapd.service(), &dn, &change).code)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(codes.iter().filter(|&&code| code == 0).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|&&code| code == NO_SUCH_ATTRIBUTE).count(), 7, "{codes:?}");
    }
    assert_eq!(slapd.entry(&dn).text("posternRevision"), "6");
}

#[test]
fn values_are_told_apart_byte_by_byte() {
    let slapd = Slapd::with("bytes", &["alice"]);
    let dn = slapd.person("alice").dn;
    assert_eq!(slapd.change(slapd.service(), &dn, CLASS).code, 0);
    octets(&slapd.client(slapd.service()), slapd.service(), &dn);
}

#[test]
fn the_class_demands_its_two_attributes_and_each_has_its_syntax() {
    let slapd = Slapd::with("syntax", &["alice"]);
    let dn = slapd.person("alice").dn;
    let change = |changes: &str| slapd.change(slapd.service(), &dn, changes).code;
    assert_eq!(change("add: objectClass\nobjectClass: posternAccount"), OBJECT_CLASS_VIOLATION);
    assert_eq!(change("add: posternRecoveryCode\nposternRecoveryCode: x"), OBJECT_CLASS_VIOLATION);
    assert_eq!(change(CLASS), 0);
    for must in ["posternRevision", "posternEnrolled"] {
        assert_eq!(change(&format!("delete: {must}")), OBJECT_CLASS_VIOLATION);
    }
    assert_eq!(change("replace: posternRevision\nposternRevision: one"), INVALID_SYNTAX);
    assert_eq!(change("replace: posternEnrolled\nposternEnrolled: yes"), INVALID_SYNTAX);
    for single in ["posternRevision: 7", "posternEnrolled: TRUE"] {
        let name = single.split(':').next().unwrap();
        assert_eq!(change(&format!("add: {name}\n{single}")), CONSTRAINT_VIOLATION, "{single}");
    }
    assert_eq!(
        change("add: posternPolicy\nposternPolicy: {}\nposternPolicy: {\"a\":1}"),
        CONSTRAINT_VIOLATION
    );
    for many in ["posternAppPassword", "posternFactor", "posternRecoveryCode", "posternFactorKey"] {
        assert_eq!(change(&format!("add: {many}\n{many}: a\n{many}: b")), 0, "{many}");
    }
}

#[test]
fn a_389_directory_server_takes_its_file_and_does_the_same() {
    let server = Ds389::start("ds389");
    compare_and_set(&server.client(), server.manager(), server.alice());
    octets(&server.client(), server.manager(), server.alice());
}

fn next(revision: u32) -> String {
    format!(
        "delete: posternRevision\nposternRevision: {revision}\n-\nadd: posternRevision\nposternRevision: {}",
        revision + 1
    )
}

/// Enrols `dn` and changes it twice from the same revision.
fn compare_and_set(server: &LdapClient, who: Who<'_>, dn: &str) {
    let change = |changes: &str| server.change(who, dn, changes).code;
    assert_eq!(change(CLASS), 0);
    assert_eq!(change(&format!("{}\n-\nadd: posternAppPassword\nposternAppPassword: first", next(1))), 0);
    let late = format!("{}\n-\nadd: posternAppPassword\nposternAppPassword: second", next(1));
    assert_eq!(change(&late), NO_SUCH_ATTRIBUTE);
    let entry = server.read(who, dn, &["posternRevision", "posternAppPassword"]).entry();
    assert_eq!(entry.text("posternRevision"), "2");
    assert_eq!(entry.text("posternAppPassword"), "first", "all of a change or nothing");
}

/// Values of an enrolled `dn` that differ in case alone are two values, and are deleted one by one.
fn octets(server: &LdapClient, who: Who<'_>, dn: &str) {
    let change = |changes: &str| server.change(who, dn, changes).code;
    let left = || {
        let mut left = server.read(who, dn, &["posternRecoveryCode"]).entry().texts("posternRecoveryCode");
        left.sort();
        left
    };
    let code = |kind: &str, value: &str| {
        change(&format!("{kind}: posternRecoveryCode\nposternRecoveryCode: {value}"))
    };
    assert_eq!(code("add", "{\"hash\":\"AbC\"}"), 0);
    assert_eq!(code("add", "{\"hash\":\"AbC\"}"), ATTRIBUTE_OR_VALUE_EXISTS);
    assert_eq!(code("delete", "{\"hash\":\"abc\"}"), NO_SUCH_ATTRIBUTE);
    assert_eq!(code("delete", "{\"hash\": \"AbC\"}"), NO_SUCH_ATTRIBUTE);
    assert_eq!(code("add", "{\"hash\":\"abc\"}"), 0);
    assert_eq!(left(), ["{\"hash\":\"AbC\"}", "{\"hash\":\"abc\"}"]);
    assert_eq!(code("delete", "{\"hash\":\"AbC\"}"), 0);
    assert_eq!(left(), ["{\"hash\":\"abc\"}"]);
}

// RFC 4511, appendix A.
const NO_SUCH_ATTRIBUTE: i32 = 16;
const CONSTRAINT_VIOLATION: i32 = 19;
const ATTRIBUTE_OR_VALUE_EXISTS: i32 = 20;
const INVALID_SYNTAX: i32 = 21;
const OBJECT_CLASS_VIOLATION: i32 = 65;
const LIMIT: Duration = Duration::from_secs(30);
