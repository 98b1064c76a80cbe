//! A real 389 Directory Server on a free port of 127.0.0.1, without systemd and without its set-up program.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::{self, Process, free_port};
use crate::site::random_password;
use crate::{LdapClient, Ran, Who, canary, host};

/// A 389 Directory Server with Postern's schema and one user, stopped when dropped.
#[derive(Debug)]
pub struct Ds389 {
    process: Process,
    port: u16,
    password: String,
    // Last, so that the files go after the process.
    _dir: TempDir,
}

impl Ds389 {
    /// Makes its files from the package's own templates, loads `alice`, and starts it.
    #[must_use]
    pub fn start(name: &str) -> Self {
        let program = host::system_program("/usr/sbin/ns-slapd", "389-ds-base");
        let dir = tempfile::Builder::new().prefix("ds.").tempdir_in(host::test_dir()).expect("a directory");
        let owner = host::ids("dirsrv");
        for part in ["", "config", "config/schema", "data", "log", "run", "tmp"] {
            host::make_dir(&dir.path().join(part), owner, 0o700);
        }
        let (port, password) = (free_port(), random_password());
        canary::register(&password);
        let config = dir.path().join("config");
        let mut files = vec![
            ("dse.ldif".to_owned(), dse(dir.path(), port, &password)),
            ("people.ldif".to_owned(), PEOPLE.to_owned()),
            ("schema/99postern.ldif".to_owned(), read(&crate::slapd::shipped("99postern.ldif"))),
        ];
        for part in ["certmap.conf", "slapd-collations.conf"] {
            files.push((part.to_owned(), read(&Path::new("/etc/dirsrv/config").join(part))));
        }
        for (file, text) in files {
            let path = config.join(file);
            fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            host::own(&path, owner, 0o600);
        }
        let people = config.join("people.ldif");
        let mut load = Command::new(&program);
        load.args(["ldif2db", "-n", BACKEND, "-D"]).arg(&config).arg("-i").arg(people).current_dir("/");
        drop(Ran::of(&mut load, b"", LIMIT).succeeded());

        let mut command = Command::new(&program);
        command
            .args(["-d", "0", "-D"])
            .arg(&config)
            .arg("-i")
            .arg(dir.path().join("run/pid"))
            .current_dir("/");
        let log = host::output_dir(name).join("ns-slapd.log");
        let process = Process::spawn("ns-slapd", &mut command, &log);
        let mut server = Self { process, port, password, _dir: dir };
        let client = server.client();
        let password = server.password.clone();
        let manager = Who::Dn(MANAGER, &password);
        server.process.wait_ready(LIMIT, || (client.whoami(manager).code == 0).then_some(()));
        server
    }

    /// An LDAP client of this server.
    #[must_use]
    pub fn client(&self) -> LdapClient {
        LdapClient::new(&format!("ldap://127.0.0.1:{}", self.port))
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of who may do anything.
    #[must_use]
    pub fn manager_password(&self) -> &str {
        &self.password
    }

    /// Changes an entry, or `cn=config`, as who may do anything.
    pub fn set(&self, dn: &str, changes: &str) {
        drop(self.client().change(self.manager(), dn, changes).succeeded());
    }

    /// Adds entries, in LDIF, as who may do anything.
    pub fn add(&self, ldif: &str) {
        drop(self.client().run("ldapadd", self.manager(), &[], ldif.as_bytes()).succeeded());
    }

    /// Loads changes as a site does, which goes on where an entry is there already.
    pub fn load(&self, ldif: &str) {
        let ran = self.client().run("ldapmodify", self.manager(), &["-c"], ldif.as_bytes());
        assert!(matches!(ran.code, 0 | ENTRY_EXISTS), "{ran:?}");
    }

    /// Waits for a task, such as one that fills indexes: until then it refuses changes.
    pub fn wait_task(&self, dn: &str) {
        guard::wait_for("a task of ns-slapd", LIMIT, || {
            let answer = self.client().read(self.manager(), dn, &["nsTaskExitCode"]);
            // The server removes a task a while after its end.
            answer.entries.first().is_none_or(|task| task.has("nsTaskExitCode")).then_some(())
        });
    }

    /// To ask as who may do anything.
    #[must_use]
    pub fn manager(&self) -> Who<'_> {
        Who::Dn(MANAGER, &self.password)
    }

    /// The DN of the only user, `alice`.
    #[must_use]
    pub fn alice(&self) -> &'static str {
        "uid=alice,ou=people,dc=example,dc=org"
    }
}

fn dse(dir: &Path, port: u16, password: &str) -> String {
    let templates = Path::new("/usr/share/dirsrv/data");
    let template = |name: &str| read(&templates.join(name)).trim().to_owned();
    // Of two empty lines the second would begin an entry without a name.
    let text = [template("template-dse.ldif"), template("template-suffix-db.ldif")].join("\n\n") + "\n";
    let path = |part: &str| dir.join(part).display().to_string();
    let (run, tmp, config, data) = (path("run"), path("tmp"), path("config"), path("data"));
    let replaced = [
        ("schema_dir", path("config/schema")),
        ("cert_dir", config.clone()),
        ("config_dir", config),
        ("db_dir", data.clone()),
        ("db_home_dir", data),
        ("log_dir", path("log")),
        ("lock_dir", run.clone()),
        ("run_dir", run),
        ("inst_dir", tmp.clone()),
        ("bak_dir", tmp.clone()),
        ("ldif_dir", tmp.clone()),
        ("tmp_dir", tmp),
        ("db_lib", "bdb".to_owned()),
        ("fqdn", "localhost".to_owned()),
        // Without the second line it would listen to the world.
        ("ds_port", format!("{port}\nnsslapd-listenhost: 127.0.0.1")),
        ("ds_user", "dirsrv".to_owned()),
        ("rootdn", MANAGER.to_owned()),
        ("ds_passwd", format!("{{CLEAR}}{password}")),
        ("ds_suffix", "dc=example,dc=org".to_owned()),
        ("ds_bename", BACKEND.to_owned()),
        ("ldapi", path("run/ldapi")),
        ("ldapi_enabled", "off".to_owned()),
        ("ldapi_autobind", "off".to_owned()),
    ];
    let text = replaced.iter().fold(text, |text, (name, value)| text.replace(&format!("%{name}%"), value));
    assert!(!text.contains("%\n"), "a template of 389-ds-base has a place that is not known here");
    text
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `entryAlreadyExists` (RFC 4511, section 4.1.9).
const ENTRY_EXISTS: i32 = 68;
const BACKEND: &str = "userRoot";
/// Who may do anything.
pub const MANAGER: &str = "cn=Directory Manager";
const LIMIT: Duration = Duration::from_secs(60);
const PEOPLE: &str = "dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n\n\
dn: ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\nou: people\n\n\
dn: uid=alice,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: alice\ncn: alice\nsn: alice\n";
