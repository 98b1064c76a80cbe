//! What a slapd is made from: its configuration and its entries, in LDIF.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::Slapd;
use crate::certs::Certs;

use super::people::{LdapPerson, Tree};
use super::{DATABASE, SERVICE, SUFFIX, shipped};

/// What a builder was told.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) entries: String,
    pub(super) crowd_more: BTreeMap<u32, String>,
    pub(super) access: Vec<String>,
    pub(super) has_postern_schema: bool,
    pub(super) has_postern_access: bool,
    pub(super) service: String,
    pub(super) global: String,
    pub(super) database: String,
    pub(super) policy: String,
    pub(super) is_provider: bool,
    pub(super) syncrepl: Option<String>,
    /// The other server that compares passwords.
    pub(super) remote: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            entries: String::new(),
            crowd_more: BTreeMap::new(),
            access: [OWN_PASSWORD, EVERYTHING].map(str::to_owned).to_vec(),
            has_postern_schema: true,
            has_postern_access: true,
            service: SERVICE.to_owned(),
            global: String::new(),
            database: String::new(),
            policy: String::new(),
            is_provider: false,
            syncrepl: None,
            remote: None,
        }
    }
}

/// The rules that a site loads, for this service and, on a provider, with the line for replicas.
pub(super) fn postern_access(options: &Options) -> String {
    let rules = format!("{}\n{}", read("acl.ldif"), read("acl-ppolicy.ldif"));
    let rules = rules.replace(SERVICE, &options.service);
    if !options.is_provider {
        return rules;
    }
    rules.replacen("\n  by * none", &format!("\n  by dn.exact=\"{REPLICATOR}\" read\n  by * none"), 1)
}

/// How a consumer follows `provider`: the value of olcSyncrepl.
pub(super) fn syncrepl(provider: &Slapd) -> String {
    format!(
        "rid=001 provider={} type=refreshAndPersist retry=\"1 +\" searchbase=\"{SUFFIX}\" bindmethod=simple \
         binddn=\"{REPLICATOR}\" credentials={} timeout=1 network-timeout=1",
        provider.uri(),
        provider.tree.replicator_password
    )
}

/// cn=config.
pub(super) fn config(dir: &Path, certs: &Certs, options: &Options) -> String {
    let mut text = format!(
        "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcPidFile: {dir}/pid\nolcToolThreads: 2\n\
         olcTLSCACertificateFile: {}\nolcTLSCertificateFile: {}\nolcTLSCertificateKeyFile: {}\n{}\n\
         dn: cn=module{{0}},cn=config\nobjectClass: olcModuleList\ncn: module{{0}}\nolcModulePath: /usr/lib/ldap\n\
         olcModuleLoad: back_mdb\nolcModuleLoad: ppolicy\nolcModuleLoad: syncprov\nolcModuleLoad: remoteauth\n\n\
         dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n",
        certs.ca.display(),
        certs.cert.display(),
        certs.key.display(),
        options.global,
        dir = dir.display(),
    );
    let known =
        ["core", "cosine", "nis", "inetorgperson"].map(|name| format!("/etc/ldap/schema/{name}.ldif"));
    let ours = options.has_postern_schema.then(|| shipped("postern.ldif").display().to_string());
    for file in known.into_iter().chain(ours) {
        writeln!(text, "include: file://{file}\n").expect("text");
    }
    write!(
        text,
        "dn: olcDatabase={{0}}config,cn=config\nobjectClass: olcDatabaseConfig\nolcDatabase: {{0}}config\n\
         olcRootDN: {ROOT}\n\n\
         dn: {DATABASE}\nobjectClass: olcDatabaseConfig\nobjectClass: olcMdbConfig\nolcDatabase: {{1}}mdb\n\
         olcDbDirectory: {}/data\nolcDbMaxSize: 8589934592\nolcDbNoSync: TRUE\nolcSuffix: {SUFFIX}\nolcRootDN: {ROOT}\n\
         olcLimits: dn.exact=\"{REPLICATOR}\" size=unlimited time=unlimited\n{}",
        dir.display(),
        options.database
    )
    .expect("text");
    text.push_str(&indexes(options));
    // Replicas keep nothing back from those that replicate.
    let replicator = format!("* by dn.exact=\"{REPLICATOR}\" read by * break");
    for (number, rule) in [&replicator].into_iter().chain(&options.access).enumerate() {
        writeln!(text, "olcAccess: {{{number}}}to {rule}").expect("text");
    }
    if let Some(syncrepl) = &options.syncrepl {
        writeln!(text, "olcSyncrepl: {syncrepl}").expect("text");
    }
    write!(
        text,
        "\ndn: olcOverlay={{0}}ppolicy,{DATABASE}\nobjectClass: olcOverlayConfig\nobjectClass: olcPPolicyConfig\n\
         olcOverlay: {{0}}ppolicy\nolcPPolicyDefault: {POLICY}\n"
    )
    .expect("text");
    if options.is_provider {
        write!(
            text,
            "\ndn: olcOverlay={{1}}syncprov,{DATABASE}\nobjectClass: olcOverlayConfig\nobjectClass: olcSyncProvConfig\n\
             olcOverlay: {{1}}syncprov\n"
        )
        .expect("text");
    }
    if let Some(server) = &options.remote {
        let number = 1 + u8::from(options.is_provider);
        write!(
            text,
            "\ndn: olcOverlay={{{number}}}remoteauth,{DATABASE}\nobjectClass: olcOverlayConfig\n\
             objectClass: olcRemoteAuthCfg\nolcOverlay: {{{number}}}remoteauth\nolcRemoteAuthDNAttribute: seeAlso\n\
             olcRemoteAuthDomainAttribute: associatedDomain\nolcRemoteAuthDefaultDomain: remote\n\
             olcRemoteAuthMapping: remote {server}\nolcRemoteAuthTLS: starttls=no\n"
        )
        .expect("text");
    }
    text
}

/// The entries: the tree, those by name, those of the builder, the crowd.
pub(super) fn write_data(path: &Path, tree: &Tree, people: &[(String, String)], options: &Options) {
    let mut file = BufWriter::new(File::create(path).expect("data.ldif"));
    let mut write = |text: &str| file.write_all(text.as_bytes()).expect("data.ldif");
    write(&format!(
        "dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n"
    ));
    for unit in ["people", "services", "policies"] {
        write(&format!("dn: ou={unit},{SUFFIX}\nobjectClass: organizationalUnit\nou: {unit}\n\n"));
    }
    for (dn, password) in [(SERVICE, &tree.service_password), (REPLICATOR, &tree.replicator_password)] {
        write(&format!(
            "dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: {password}\n\n"
        ));
    }
    write(&format!(
        "dn: {POLICY}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\npwdAttribute: userPassword\n\
         pwdLockout: TRUE\n{}\n",
        options.policy
    ));
    for (person, (_, more)) in tree.named.iter().zip(people) {
        write(&entry(person, more));
    }
    write(&options.entries);
    for number in 0..tree.crowd {
        let more = options.crowd_more.get(&number).map_or("", String::as_str);
        write(&entry(&tree.nth(number), more));
    }
    file.flush().expect("data.ldif");
}

/// The entry of a user, in LDIF.
pub(super) fn entry(person: &LdapPerson, more: &str) -> String {
    let LdapPerson { name, dn, password, mail, uid, home } = person;
    let more = more.trim();
    let end = if more.is_empty() { "" } else { "\n" };
    // Right behind the classes, as slapadd wants the values of an attribute together and `more` may begin with one.
    format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: shadowAccount\n{more}{end}\
         uid: {name}\ncn: {name}\nsn: {name}\nmail: {mail}\nuidNumber: {uid}\ngidNumber: {uid}\n\
         homeDirectory: {}\nuserPassword: {}\n\n",
        home.display(),
        salted_sha1(password)
    )
}

/// As slappasswd(8) writes a password if nothing else is asked for.
fn salted_sha1(password: &str) -> String {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).expect("random numbers");
    let digest = Sha1::new().chain_update(password).chain_update(salt).finalize();
    format!("{{SSHA}}{}", STANDARD.encode([&digest[..], &salt].concat()))
}

// Those of index.ldif, and what replication looks for.
fn indexes(options: &Options) -> String {
    let shipped = read("index.ldif");
    let known = |line: &&str| options.has_postern_schema || !line.contains("postern");
    let lines = shipped.lines().filter(|line| line.starts_with("olcDbIndex: ")).filter(known);
    lines.chain(["olcDbIndex: entryCSN eq"]).map(|line| format!("{line}\n")).collect()
}

fn read(name: &str) -> String {
    let path = shipped(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// Root over ldapi://.
const ROOT: &str = "gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth";
const REPLICATOR: &str = "cn=replicator,ou=services,dc=example,dc=org";
const POLICY: &str = "cn=default,ou=policies,dc=example,dc=org";
const OWN_PASSWORD: &str = "attrs=userPassword by self write by anonymous auth by * none";
const EVERYTHING: &str = "* by self write by * read";
