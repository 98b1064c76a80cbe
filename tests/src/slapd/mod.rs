//! A real slapd on free ports of 127.0.0.1 or a machine of its own, with TLS, a Unix socket, Postern's schema, its access rules, and users.

mod builder;
mod files;
mod people;
mod replica;

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::certs::Certs;
use crate::guard::Process;
use crate::site::random_password;
use crate::{Answer, Entry, LdapClient, Machine, Ran, UnixUser, Who, canary, host};

use people::Tree;

pub use builder::SlapdBuilder;
pub use people::LdapPerson;

/// The base DN of users.
pub const PEOPLE: &str = "ou=people,dc=example,dc=org";
/// The whole tree.
pub const SUFFIX: &str = "dc=example,dc=org";
/// Who posternd is, unless it comes by SASL EXTERNAL.
pub const SERVICE: &str = "cn=postern,ou=services,dc=example,dc=org";
/// The database in cn=config.
pub const DATABASE: &str = "olcDatabase={1}mdb,cn=config";

/// A slapd, stopped when dropped. It keeps its files and its ports over a stop and a start.
#[derive(Debug)]
pub struct Slapd {
    process: Option<Process>,
    program: PathBuf,
    log: PathBuf,
    log_level: &'static str,
    tree: Arc<Tree>,
    certs: Certs,
    machine: Machine,
    plain: u16,
    tls: u16,
    is_on_ipv6: bool,
    // Last, so that the files go after the process.
    dir: TempDir,
}

impl Slapd {
    /// One with users of these names, and all of Postern's parts; `name` names its directory under `target/test-output`.
    #[must_use]
    pub fn with(name: &str, people: &[&str]) -> Self {
        people.iter().fold(Self::builder(name), |builder, person| builder.person(person)).start()
    }

    /// One in preparation.
    #[must_use]
    pub fn builder(name: &str) -> SlapdBuilder {
        SlapdBuilder::new(name)
    }

    /// `ldap://ADDRESS:PORT`; StartTLS works there.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("ldap://{}:{}", self.machine.address, self.plain)
    }

    /// `ldaps://ADDRESS:PORT`.
    #[must_use]
    pub fn ldaps_uri(&self) -> String {
        format!("ldaps://{}:{}", self.machine.address, self.tls)
    }

    /// `ldapi://…`, which every user may connect to.
    #[must_use]
    pub fn ldapi_uri(&self) -> String {
        format!("ldapi://{}", self.socket().display().to_string().replace('/', "%2F"))
    }

    /// The Unix socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("ldapi")
    }

    /// The port of `ldap://`, and that of `ldaps://`.
    #[must_use]
    pub fn ports(&self) -> (u16, u16) {
        (self.plain, self.tls)
    }

    /// The authority that signed its certificate, in a file that everyone may read.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.certs.ca
    }

    /// The password of [`SERVICE`].
    #[must_use]
    pub fn service_password(&self) -> &str {
        &self.tree.service_password
    }

    /// The same in a file, root:postern 0640, as `bind_password_file` wants it.
    #[must_use]
    pub fn service_password_file(&self) -> PathBuf {
        self.dir.path().join("ldap.secret")
    }

    /// To ask as posternd.
    #[must_use]
    pub fn service(&self) -> Who<'_> {
        Who::Dn(SERVICE, &self.tree.service_password)
    }

    /// A user that was added by name.
    #[must_use]
    pub fn person(&self, name: &str) -> LdapPerson {
        let found = self.tree.named.iter().find(|person| person.name == name);
        found.unwrap_or_else(|| panic!("{name} is not in this slapd; add .person(\"{name}\")")).clone()
    }

    /// One of the crowd, from 0.
    #[must_use]
    pub fn nth(&self, number: u32) -> LdapPerson {
        assert!(number < self.tree.crowd, "only {} in the crowd", self.tree.crowd);
        self.tree.nth(number)
    }

    /// Its process id. It has to run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("slapd is stopped").pid()
    }

    /// All that it logged: with `stats`, a line for each operation.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill).
    pub fn start(&mut self) {
        assert!(self.process.is_none(), "slapd runs already");
        let mut uris = format!("{} {} {}/????x-mod=0777", self.uri(), self.ldaps_uri(), self.ldapi_uri());
        if self.is_on_ipv6 {
            uris.push_str(&format!(" ldap://[::1]:{} ldaps://[::1]:{}", self.plain, self.tls));
        }
        let mut command = Command::new(&self.program);
        command.arg("-F").arg(self.dir.path().join("config")).args(["-h", &uris, "-d", self.log_level]);
        let command = command.current_dir("/");
        let mut process = self.machine.run(|| Process::spawn("slapd", command, &self.log));
        let client = LdapClient::new(&self.ldapi_uri());
        process.wait_ready(LIMIT, || (client.whoami(Who::Root).code == 0).then_some(()));
        self.process = Some(process);
    }

    /// Stops it in good order: connections to it are refused.
    ///
    /// slapd 2.5 may crash while it ends, where clients are still connected; what it stored is complete all the same.
    pub fn stop(&mut self) {
        let status = self.process.take().expect("slapd is stopped already").stop();
        let crashed_at_the_end = status.signal() == Some(Signal::SIGSEGV as i32);
        assert!(status.success() || crashed_at_the_end, "slapd stopped with {status}");
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("slapd is stopped already").kill();
    }

    /// Lets it accept and say nothing, until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.process.as_ref().expect("slapd is stopped").signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.as_ref().expect("slapd is stopped").signal(Signal::SIGCONT);
    }

    /// An LDAP client of this server.
    #[must_use]
    pub fn client(&self, who: Who<'_>) -> LdapClient {
        let uri = match who {
            Who::Root | Who::User(_) => self.ldapi_uri(),
            Who::Anonymous | Who::Dn(..) => self.uri(),
        };
        LdapClient { uri, ca_file: Some(self.certs.ca.clone()), starttls: false }
    }

    /// `ldapsearch` below the users' base.
    #[must_use]
    pub fn search(&self, who: Who<'_>, filter: &str, attributes: &[&str]) -> Answer {
        self.client(who).search(who, PEOPLE, filter, attributes)
    }

    /// `ldapsearch` of one entry.
    #[must_use]
    pub fn read(&self, who: Who<'_>, dn: &str, attributes: &[&str]) -> Answer {
        self.client(who).read(who, dn, attributes)
    }

    /// All of an entry, operational attributes too, as root sees it.
    #[must_use]
    pub fn entry(&self, dn: &str) -> Entry {
        self.read(Who::Root, dn, &["*", "+"]).entry()
    }

    /// `ldapmodify` with change records.
    #[must_use]
    pub fn modify(&self, who: Who<'_>, ldif: &str) -> Answer {
        self.client(who).modify(who, ldif)
    }

    /// `ldapmodify` of one entry: `changes` are the lines after `changetype: modify`.
    #[must_use]
    pub fn change(&self, who: Who<'_>, dn: &str, changes: &str) -> Answer {
        self.client(who).change(who, dn, changes)
    }

    /// The same as root, which must succeed; also for cn=config.
    pub fn set(&self, dn: &str, changes: &str) {
        drop(self.change(Who::Root, dn, changes).succeeded());
    }

    /// `ldapadd` as root, which must succeed.
    pub fn add(&self, entries: &str) {
        drop(self.client(Who::Root).add(Who::Root, entries).succeeded());
    }

    /// Adds a person `name` with the uid and home of `user`, who may have another name, to a server that runs. `more` are
    /// further lines of LDIF; classes come first.
    #[must_use]
    pub fn add_person_as(&self, name: &str, user: &UnixUser, more: &str) -> LdapPerson {
        let password = random_password();
        canary::register(&password);
        let person = LdapPerson { home: user.home.clone(), ..LdapPerson::new(name, password, user.uid) };
        self.add(&files::entry(&person, more));
        person
    }

    /// The entries of people in LDIF, with what slapadd takes of their operational attributes.
    #[must_use]
    pub fn export(&self) -> String {
        let mut search = Command::new(host::system_program("/usr/bin/ldapsearch", "ldap-utils"));
        search.args([
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-Q",
            "-Y",
            "EXTERNAL",
            "-H",
            &self.ldapi_uri(),
            "-b",
            PEOPLE,
        ]);
        search.args(["(objectClass=posixAccount)", "*", "+"]).current_dir("/");
        let ldif = Ran::of(&mut search, b"", LIMIT).succeeded().stdout;
        let is_computed = |line: &&str| COMPUTED.iter().any(|name| line.starts_with(name));
        ldif.lines().filter(|line| !is_computed(line)).map(|line| format!("{line}\n")).collect()
    }

    /// Replaces all access rules: each is what follows `access to` in slapd.conf.
    pub fn set_access(&self, rules: &[&str]) {
        let lines =
            rules.iter().enumerate().map(|(number, rule)| format!("olcAccess: {{{number}}}to {rule}\n"));
        self.set(DATABASE, &format!("replace: olcAccess\n{}", lines.collect::<String>()));
    }

    /// Locks an account as an administrator does with the overlay ppolicy.
    pub fn lock(&self, person: &LdapPerson) {
        self.set(&person.dn, "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z");
    }

    /// The `[directory]` table of `postern.toml` for these servers, without `userdb`.
    #[must_use]
    pub fn directory_toml(&self, uris: &[&str]) -> String {
        let uris = uris.iter().map(|uri| format!("\"{uri}\"")).collect::<Vec<_>>().join(", ");
        format!(
            "[directory]\nkind = \"ldap\"\nuris = [{uris}]\nca_file = \"{}\"\nbind_dn = \"{SERVICE}\"\n\
             bind_password_file = \"{}\"\nbase = \"{PEOPLE}\"\n",
            self.ca_file().display(),
            self.service_password_file().display()
        )
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process
            && process.ended().is_none()
        {
            // A frozen one would not hear that it is to stop.
            process.signal(Signal::SIGCONT);
        }
    }
}

/// A file of `ldap-schema/`.
#[must_use]
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ldap-schema").join(name)
}

/// Attributes that a server computes when it is asked.
const COMPUTED: &[&str] = &["entryDN: ", "subschemaSubentry: ", "hasSubordinates: ", "pwdPolicySubentry: "];
const LIMIT: Duration = Duration::from_secs(20);
