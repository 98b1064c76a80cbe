use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::certs::Certs;
use crate::guard::free_port;
use crate::site::random_password;
use crate::{Machine, Ran, Slapd, UnixUser, Who, canary, host};

use super::files::{self, Options};
use super::people::{LdapPerson, Tree};

/// Makes a [`Slapd`].
#[derive(Debug)]
pub struct SlapdBuilder {
    name: String,
    people: Vec<(String, String)>,
    crowd: u32,
    home_dir: Option<PathBuf>,
    homes: BTreeMap<String, PathBuf>,
    numbers: BTreeMap<String, u32>,
    provider: Option<(Arc<Tree>, String)>,
    log_level: &'static str,
    machine: Machine,
    is_on_ipv6: bool,
    is_self_signed: bool,
    options: Options,
}

impl SlapdBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            people: Vec::new(),
            crowd: 0,
            home_dir: None,
            homes: BTreeMap::new(),
            numbers: BTreeMap::new(),
            provider: None,
            log_level: "stats",
            machine: Machine::here(),
            is_on_ipv6: false,
            is_self_signed: false,
            options: Options::default(),
        }
    }

    /// Adds a user by name.
    #[must_use]
    pub fn person(self, name: &str) -> Self {
        self.person_with(name, "")
    }

    /// Adds a user with further lines of LDIF in the entry, for example `shadowExpire: 1`; classes come first.
    #[must_use]
    pub fn person_with(mut self, name: &str, ldif: &str) -> Self {
        self.people.push((name.to_owned(), ldif.to_owned()));
        self
    }

    /// Adds the LDAP user for a Unix user: the same name, uid and home.
    #[must_use]
    pub fn person_of(mut self, user: &UnixUser) -> Self {
        self.homes.insert(user.name.clone(), user.home.clone());
        self.person_numbered(&user.name, user.uid)
    }

    /// Adds a user with this `uidNumber` and `gidNumber`.
    #[must_use]
    pub fn person_numbered(mut self, name: &str, number: u32) -> Self {
        self.numbers.insert(name.to_owned(), number);
        self.person(name)
    }

    /// Adds so many users, from `user000000` on; a million are possible.
    #[must_use]
    pub fn crowd(mut self, size: u32) -> Self {
        self.crowd = size;
        self
    }

    /// Adds further lines of LDIF to the entry of one of the crowd, from 0; classes come first.
    #[must_use]
    pub fn crowd_with(mut self, number: u32, ldif: &str) -> Self {
        self.options.crowd_more.insert(number, ldif.to_owned());
        self
    }

    /// The folder of the homes of users added by name, instead of `/srv/mail`. The homes are not created.
    #[must_use]
    pub fn home_dir(mut self, dir: &Path) -> Self {
        self.home_dir = Some(dir.to_owned());
        self
    }

    /// Adds entries.
    #[must_use]
    pub fn entries(mut self, ldif: &str) -> Self {
        self.options.entries.push_str(&format!("{}\n\n", ldif.trim()));
        self
    }

    /// Adds a referral beside the users: every search there returns it.
    #[must_use]
    pub fn referral(self, uri: &str) -> Self {
        self.entries(&format!(
            "dn: ou=elsewhere,{}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: {uri}",
            super::PEOPLE
        ))
    }

    /// The site's own access rules, which come after Postern's: each is what follows `access to` in slapd.conf. By
    /// default people may change all of their own entry, and everybody may read everything but passwords.
    #[must_use]
    pub fn access(mut self, rules: &[&str]) -> Self {
        self.options.access = rules.iter().map(|&rule| rule.to_owned()).collect();
        self
    }

    /// Leaves Postern's access rules out.
    #[must_use]
    pub fn without_postern_access(mut self) -> Self {
        self.options.has_postern_access = false;
        self
    }

    /// Leaves Postern's schema, access rules and indexes out.
    #[must_use]
    pub fn without_postern(mut self) -> Self {
        self.options.has_postern_schema = false;
        self.without_postern_access()
    }

    /// posternd is the Unix user `postern` over `ldapi://`, not [`SERVICE`](super::SERVICE).
    #[must_use]
    pub fn service_by_external(mut self) -> Self {
        let (uid, gid) = host::ids("postern");
        self.options.service = format!("gidNumber={gid}+uidNumber={uid},cn=peercred,cn=external,cn=auth");
        self
    }

    /// A bind with any name and an empty password succeeds, as nobody (RFC 4513, section 5.1.2); one without a name and
    /// with any password too.
    #[must_use]
    pub fn unauthenticated_binds(mut self) -> Self {
        self.options.global.push_str("olcAllows: bind_anon_dn bind_anon_cred\n");
        self
    }

    /// No search gives more entries than this, but root's.
    #[must_use]
    pub fn size_limit(mut self, entries: u32) -> Self {
        self.options.database.push_str(&format!("olcSizeLimit: {entries}\n"));
        self
    }

    /// So many wrong passwords lock an account (overlay ppolicy); by default only [`Slapd::lock`] does.
    #[must_use]
    pub fn lockout_after(mut self, failures: u32) -> Self {
        self.options.policy.push_str(&format!("pwdMaxFailure: {failures}\n"));
        self
    }

    /// A lock by wrong passwords ends by itself after so many seconds.
    #[must_use]
    pub fn lockout_for(mut self, seconds: u32) -> Self {
        self.options.policy.push_str(&format!("pwdLockoutDuration: {seconds}\n"));
        self
    }

    /// A user whose password another set has to change it.
    #[must_use]
    pub fn must_change_passwords(mut self) -> Self {
        self.options.policy.push_str("pwdMustChange: TRUE\n");
        self
    }

    /// Binds as entries that have a `seeAlso` and no password are passed on to the server at `address`, by the overlay remoteauth.
    #[must_use]
    pub fn remote_passwords(mut self, address: SocketAddr) -> Self {
        self.options.remote = Some(address.to_string());
        self
    }

    /// Others may replicate from it; see [`consumer_of`](Self::consumer_of).
    #[must_use]
    pub fn provider(mut self) -> Self {
        self.options.is_provider = true;
        self
    }

    /// Holds what `provider` holds, by syncrepl, and refers writers to it. [`start`](Self::start) waits for a first copy.
    #[must_use]
    pub fn consumer_of(mut self, provider: &Slapd) -> Self {
        self.options.syncrepl = Some(files::syncrepl(provider));
        self.options.database.push_str(&format!("olcUpdateRef: {}\n", provider.uri()));
        self.provider = Some((Arc::clone(&provider.tree), provider.ldapi_uri()));
        self
    }

    /// The machine that it runs on; this one if not said.
    #[must_use]
    pub fn on(mut self, machine: &Machine) -> Self {
        self.machine = machine.clone();
        self
    }

    /// Its ports are on `::1` as well.
    #[must_use]
    pub fn ipv6(mut self) -> Self {
        self.is_on_ipv6 = true;
        self
    }

    /// Its certificate vouches for itself, and no authority is there.
    #[must_use]
    pub fn self_signed(mut self) -> Self {
        self.is_self_signed = true;
        self
    }

    /// Logs nothing, for measurements.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.log_level = "0";
        self
    }

    /// Makes its files, starts it, and loads Postern's access rules as the manual says.
    #[must_use]
    pub fn start(self) -> Slapd {
        host::require_test_host();
        let program = host::unconfined_program("/usr/sbin/slapd", "slapd");
        let dir = tempfile::Builder::new().prefix("sl.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        let certs = if self.is_self_signed {
            Certs::self_signed(dir.path())
        } else {
            Certs::make_at(dir.path(), self.machine.address)
        };
        let (tree, provider) = match self.provider.clone() {
            Some((tree, uri)) => (tree, Some(uri)),
            None => (Arc::new(self.tree()), None),
        };
        for part in ["config", "data"] {
            host::make_dir(&dir.path().join(part), (0.into(), 0.into()), 0o700);
        }
        let config = dir.path().join("config.ldif");
        std::fs::write(&config, files::config(dir.path(), &certs, &self.options)).expect("config.ldif");
        slapadd(&program, dir.path(), "0", &config);
        let secret = dir.path().join("ldap.secret");
        std::fs::write(&secret, &tree.service_password).expect("ldap.secret");
        host::own(&secret, (0.into(), host::ids("postern").1), 0o640);
        if provider.is_none() {
            let data = dir.path().join("data.ldif");
            files::write_data(&data, &tree, &self.people, &self.options);
            slapadd(&program, dir.path(), "1", &data);
            std::fs::remove_file(data).expect("data.ldif");
        }
        let (plain, tls) = (free_port(), free_port());
        let (log, log_level) =
            (host::output_dir(&self.name).join(format!("slapd-{plain}.log")), self.log_level);
        let (machine, is_on_ipv6) = (self.machine.clone(), self.is_on_ipv6);
        let mut slapd = Slapd {
            process: None,
            program,
            log,
            log_level,
            tree,
            certs,
            machine,
            plain,
            tls,
            is_on_ipv6,
            dir,
        };
        slapd.start();
        if self.options.has_postern_access {
            drop(slapd.modify(Who::Root, &files::postern_access(&self.options)).succeeded());
        }
        if let Some(uri) = provider {
            slapd.wait_for_copy_of(&uri);
        }
        slapd
    }

    fn tree(&self) -> Tree {
        let secret = || {
            let password = random_password();
            canary::register(&password);
            password
        };
        let named = self.people.iter().zip(FIRST_BY_NAME..).map(|((name, _), uid)| {
            let person = LdapPerson::new(name, secret(), self.numbers.get(name).copied().unwrap_or(uid));
            let home = self.homes.get(name).cloned();
            let home = home.or_else(|| self.home_dir.as_ref().map(|dir| dir.join(name)));
            LdapPerson { home: home.unwrap_or(person.home), ..person }
        });
        Tree {
            named: named.collect(),
            crowd: self.crowd,
            crowd_password: secret(),
            service_password: secret(),
            replicator_password: secret(),
        }
    }
}

/// slapd's own tool; 200,000 entries take it less than a minute, and a million some minutes.
fn slapadd(program: &Path, dir: &Path, database: &str, ldif: &Path) {
    let mut command = Command::new(program);
    command.args(["-T", "add", "-q", "-n", database, "-F"]).arg(dir.join("config")).arg("-l").arg(ldif);
    drop(Ran::of(command.current_dir("/"), b"", LOAD_LIMIT).succeeded());
}

const FIRST_BY_NAME: u32 = 30_000;
const LOAD_LIMIT: Duration = Duration::from_secs(1200);
