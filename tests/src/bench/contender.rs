use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postern_ipc::Status;

use super::{IN_FLIGHT, Round};
use crate::slapd::{PEOPLE, SERVICE};
use crate::{
    Attempt, Dovecot, DovecotConfig, Listen, Nslcd, Outcome, PamService, Posternd, Redis, Release, Site,
    Slapd, host, pam,
};

/// A way to check passwords, behind a Dovecot of its own.
#[derive(Debug)]
pub struct Contender {
    /// What it is, for the table.
    pub name: &'static str,
    /// Its Dovecot.
    pub dovecot: Dovecot,
    /// The checkpassword program and its arguments, for a run without Dovecot.
    pub program: Option<String>,
    /// The logins, all of which it lets in.
    pub attempts: Vec<Attempt>,
    /// Which of the two posternd it asks.
    pub posternd: Option<usize>,
    /// Its rounds, by the index of [`IN_FLIGHT`].
    pub rounds: [Vec<Round>; IN_FLIGHT.len()],
}

/// Everything that runs. What asks is dropped before what it asks.
pub(super) struct Contest {
    pub(super) contenders: Vec<Contender>,
    _services: Vec<PamService>,
    pub(super) nslcd: Nslcd,
    /// That with SQLite, that with LDAP and Redis.
    pub(super) posternds: [Posternd; 2],
    _sites: [Site; 2],
    pub(super) redis: Redis,
    pub(super) slapd: Slapd,
}

impl Contest {
    /// Two sites with accounts of the same names, one in SQLite, one in LDAP with its ledger in Redis, and who competes: what this
    /// release of Dovecot has.
    pub(super) fn start(release: Release) -> Self {
        let names: Vec<String> = (0..ACCOUNTS).map(|number| format!("bench{number:02}")).collect();
        let builder = Slapd::builder("bench-mail-slapd").quiet();
        let argon2id = argon2id(HASHED);
        let hash = format!("description: {argon2id}");
        let slapd = names.iter().fold(builder, |builder, name| builder.person_with(name, &hash)).start();
        let redis = Redis::start("bench-mail-redis", Listen::Tcp);
        let embedded = Site::new("bench-mail");
        let ldap = Site::builder("bench-mail-ldap").ldap(&slapd).build();
        redis.join(&ldap);
        let posternds = [embedded.posternd(), ldap.posternd()];
        for name in &names {
            drop(embedded.account(name));
        }
        let app = |site: &Site| -> Vec<Attempt> {
            let password = |name: &String| site.app_password(name, "bench", &[]).password.replace(' ', "");
            names.iter().map(|name| Attempt::new("imap", name, &password(name))).collect()
        };
        let main = names.iter().map(|name| Attempt::new("imap", name, &slapd.person(name).password));
        let (app, app_ldap, main): (_, _, Vec<_>) = (app(&embedded), app(&ldap), main.collect());
        let hashed: Vec<_> = names.iter().map(|name| Attempt::new("imap", name, HASHED)).collect();
        let by = |site: &Site| site.dovecot_config().checkpassword;
        let nothing = |name| format!("{} 20000 20000 /nonexistent", host::c_program(name).display());
        let checkpassword = |name, program: String, log: &str, attempts: &[Attempt], posternd| {
            let config = DovecotConfig::new(&program, &log_file(&embedded, log));
            Contender::new(name, &config, Some(program), attempts, posternd)
        };
        let with = |log: &str, databases: String| DovecotConfig {
            release,
            databases: Some(databases),
            ..DovecotConfig::new("", &log_file(&embedded, log))
        };
        let of_dovecot = with("ldap", passdb_ldap(release, &slapd, ldap.dir()));
        let of_hashes = with("ldap-argon2id", passdb_ldap_by_hash(release, &slapd, ldap.dir()));
        let config = ldap.client_config();
        let of_postern = format!("auth required {{module}} config={} service=imap", config.display());
        let nslcd = Nslcd::start(&slapd, embedded.output());
        let services = vec![
            PamService::new("bench-mail", &pam::auth(&of_postern)),
            PamService::new("bench-mail", &pam::auth("auth required pam_permit.so")),
            PamService::new(
                "bench-mail",
                &pam::auth(&format!("auth required {}", Nslcd::module().display())),
            ),
        ];
        let pam = |service: &PamService, log: &str| with(log, passdb_pam(release, service));
        let lua = |site: &Site| site.dovecot_release_by_lua_config(release);
        let mut contenders = match release {
            Release::V2_3 => vec![
                checkpassword(CHECKPASSWORD_SQLITE, by(&embedded), "postern", &app, Some(0)),
                checkpassword(CHECKPASSWORD, by(&ldap), "postern-app", &app_ldap, Some(1)),
                checkpassword(CHECKPASSWORD_MAIN, by(&ldap), "postern-main", &main, Some(1)),
                checkpassword(REPLY_TOOL, nothing("reply_exec"), "exec", &app, None),
                checkpassword(FD_4, nothing("reply_fd4"), "fd4", &app, None),
            ],
            Release::V2_4 => Vec::new(),
        };
        contenders.extend([
            Contender::new(PASSDB_LDAP, &of_dovecot, None, &main, None),
            Contender::new(PASSDB_LDAP_HASH, &of_hashes, None, &hashed, None),
            Contender::new(LUA_SQLITE, &lua(&embedded), None, &app, Some(0)),
            Contender::new(LUA, &lua(&ldap), None, &app_ldap, Some(1)),
            Contender::new(PAM, &pam(&services[0], "postern-pam"), None, &app_ldap, Some(1)),
            Contender::new(PAM_PERMIT, &pam(&services[1], "pam-permit"), None, &app, None),
            Contender::new(PAM_LDAP, &pam(&services[2], "pam-ldap"), None, &main, None),
        ]);
        Self { contenders, _services: services, nslcd, posternds, _sites: [embedded, ldap], redis, slapd }
    }

    /// What each posternd says about itself.
    pub(super) fn status(&self) -> [Status; 2] {
        self.posternds.each_ref().map(Posternd::status)
    }
}

impl Contender {
    fn new(
        name: &'static str,
        config: &DovecotConfig,
        program: Option<String>,
        attempts: &[Attempt],
        posternd: Option<usize>,
    ) -> Self {
        let (dovecot, attempts) = (Dovecot::start(config), attempts.to_vec());
        if posternd.is_some() || [PASSDB_LDAP, PASSDB_LDAP_HASH, PAM_LDAP].contains(&name) {
            // What accepts all logins would be fast.
            let wrong = Attempt::new("imap", "bench00", "not-the-password").from("127.0.0.9");
            assert_eq!(dovecot.auth_client().login(&wrong).outcome, Outcome::Refused, "{name}");
        }
        Self { name, dovecot, program, attempts, posternd, rounds: Default::default() }
    }
}

/// Dovecot's PAM passdb with this service for all of its own. Who asks by SASL needs no userdb.
fn passdb_pam(release: Release, service: &PamService) -> String {
    let name = service.name();
    match release {
        Release::V2_3 => {
            format!("passdb {{\n  driver = pam\n  args = {name}\n}}\nuserdb {{\n  driver = prefetch\n}}\n")
        }
        Release::V2_4 => {
            format!("passdb pam {{\n  passdb_pam_service_name = {name}\n}}\nuserdb prefetch {{\n}}\n")
        }
    }
}

/// As an admin makes a hash for Dovecot, with the costs that it has by itself.
fn argon2id(password: &str) -> String {
    let doveadm = host::system_program("/usr/bin/doveadm", "dovecot-core");
    let ran =
        Command::new(doveadm).args(["pw", "-s", "ARGON2ID", "-p", password]).output().expect("doveadm pw");
    let hash = String::from_utf8(ran.stdout).expect("text");
    assert!(hash.starts_with("{ARGON2ID}$argon2id$"), "{hash}");
    hash.trim().to_owned()
}

fn log_file(site: &Site, name: &str) -> PathBuf {
    site.output().join(format!("dovecot-{name}.log"))
}

/// Dovecot asks as posternd does: over TLS, with the same account, the same filter, and the same fields for userdb. slapd compares the
/// password by a bind, with a salted SHA-1, as slappasswd(8) makes them.
pub(super) fn passdb_ldap(release: Release, slapd: &Slapd, dir: &Path) -> String {
    drop(host::system_program("/usr/lib/dovecot/modules/auth/libauthdb_ldap.so", "dovecot-ldap"));
    match release {
        Release::V2_3 => passdb_ldap_2_3(slapd, &dir.join("dovecot-ldap.conf.ext"), "yes", ""),
        Release::V2_4 => passdb_ldap_2_4(slapd, "yes", ""),
    }
}

/// The same, but Dovecot reads a hash and compares the password itself. It is in an attribute that the service may read.
fn passdb_ldap_by_hash(release: Release, slapd: &Slapd, dir: &Path) -> String {
    match release {
        Release::V2_3 => {
            passdb_ldap_2_3(slapd, &dir.join("dovecot-ldap-hash.conf.ext"), "no", "description=password,")
        }
        Release::V2_4 => passdb_ldap_2_4(slapd, "no", "    password = %{ldap:description}\n"),
    }
}

fn passdb_ldap_2_3(slapd: &Slapd, file: &Path, binds: &str, more: &str) -> String {
    let text = format!(
        "uris = {}\ntls_ca_cert_file = {}\ntls_require_cert = hard\nldap_version = 3\ndn = {SERVICE}\ndnpass = {}\n\
         auth_bind = {binds}\nbase = {PEOPLE}\npass_filter = (&(objectClass=inetOrgPerson)(|(uid=%u)(mail=%u)))\n\
         pass_attrs = {more}uid=user,uidNumber=userdb_uid,gidNumber=userdb_gid,homeDirectory=userdb_home\n",
        slapd.ldaps_uri(),
        slapd.ca_file().display(),
        slapd.service_password(),
    );
    fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    host::own(file, (0.into(), 0.into()), 0o600);
    format!(
        "passdb {{\n  driver = ldap\n  args = {}\n}}\nuserdb {{\n  driver = prefetch\n}}\n",
        file.display()
    )
}

/// `ssl_client_ca_file` alone has no effect on the directory's certificate (2.4.1): libldap reads the variable.
fn passdb_ldap_2_4(slapd: &Slapd, binds: &str, more: &str) -> String {
    let ca = slapd.ca_file();
    format!(
        "import_environment {{\n  LDAPTLS_CACERT = {}\n}}\nldap_uris = {}\nldap_auth_dn = {SERVICE}\n\
         ldap_auth_dn_password = {}\nldap_base = {PEOPLE}\nssl_client_ca_file = {}\n\
         passdb ldap {{\n  passdb_ldap_bind = {binds}\n  \
         passdb_ldap_filter = (&(objectClass=inetOrgPerson)(|(uid=%{{user}})(mail=%{{user}})))\n  fields {{\n{more}    \
         user = %{{ldap:uid}}\n    userdb_uid = %{{ldap:uidNumber}}\n    userdb_gid = %{{ldap:gidNumber}}\n    \
         userdb_home = %{{ldap:homeDirectory}}\n  }}\n}}\nuserdb prefetch {{\n}}\n",
        ca.display(),
        slapd.ldaps_uri(),
        slapd.service_password(),
        ca.display(),
    )
}

/// The password behind the hash that Dovecot reads, of every account.
const HASHED: &str = "the-password-behind-a-hash";
/// How many there are in each site.
pub(super) const ACCOUNTS: usize = 50;

pub(super) const CHECKPASSWORD_SQLITE: &str = "postern, accounts in SQLite";
pub(super) const CHECKPASSWORD: &str = "postern, LDAP, app passwords";
pub(super) const CHECKPASSWORD_MAIN: &str = "postern, LDAP, main passwords";
pub(super) const REPLY_TOOL: &str = "does nothing, execs the reply tool";
pub(super) const FD_4: &str = "does nothing, answers on fd 4";
pub(super) const PASSDB_LDAP: &str = "Dovecot's passdb ldap, auth_bind";
pub(super) const PASSDB_LDAP_HASH: &str = "Dovecot's passdb ldap, argon2id";
pub(super) const LUA_SQLITE: &str = "postern by Lua, SQLite";
pub(super) const LUA: &str = "postern by Lua, LDAP, app passwords";
pub(super) const PAM: &str = "postern by PAM, LDAP, app passwords";
pub(super) const PAM_PERMIT: &str = "pam_permit by PAM";
pub(super) const PAM_LDAP: &str = "nslcd's pam_ldap by PAM, bind";
