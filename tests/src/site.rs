//! A site of its own in a temporary directory: configuration, keyring, database, accounts.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use serde_json::Value;
use tempfile::TempDir;

use crate::terminal_user::TerminalUser;
use crate::{Checkpassword, Dovecot, DovecotConfig, Posternd, Ran, Release, canary, guard, host};

mod ldap;
mod pam;
mod people;

use ldap::LdapFiles;

/// A temporary site. Dropping it removes the files; stop what runs on it first (declare the guards after it).
#[derive(Debug)]
pub struct Site {
    dir: TempDir,
    output: PathBuf,
    next_uid: AtomicU32,
}

/// An account that a test made.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its main password.
    pub password: String,
    /// Its uid and gid.
    pub uid: u32,
    /// Its home, which exists and belongs to it.
    pub home: PathBuf,
}

/// An app password that a test made.
#[derive(Debug, Clone)]
pub struct AppPassword {
    /// Its selector.
    pub id: String,
    /// The password in four groups, as it was shown.
    pub password: String,
    /// All that `app-password create --json` printed.
    pub json: Value,
}

/// Makes a [`Site`] with a configuration of its own.
pub struct SiteBuilder {
    name: String,
    ldap: Option<LdapFiles>,
    edits: Vec<(&'static str, Edit)>,
}

type Edit = Box<dyn Fn(String) -> String>;

/// How `postern check` ends where something does not work; 1 is a warning, 0 is good.
pub const CHECK_FAILED: i32 = 2;

impl Site {
    /// A site with the usual configuration; `name` names its directory under `target/test-output`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::builder(name).build()
    }

    /// A site with a configuration of its own.
    #[must_use]
    pub fn builder(name: &str) -> SiteBuilder {
        SiteBuilder { name: name.to_owned(), ldap: None, edits: Vec::new() }
    }

    /// The site's directory, which every user may enter.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where the logs of this site go.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// `postern.toml`.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir().join("etc/postern.toml")
    }

    /// `client.toml`.
    #[must_use]
    pub fn client_config(&self) -> PathBuf {
        self.dir().join("etc/client.toml")
    }

    /// The keyring.
    #[must_use]
    pub fn keyring(&self) -> PathBuf {
        self.dir().join("etc/keyring")
    }

    /// Makes this a host of the same site as `other`, which shares its keyring with it.
    pub fn take_keyring(&self, other: &Self) {
        fs::write(self.keyring(), fs::read(other.keyring()).expect("a keyring")).expect("a keyring");
    }

    /// The SQLite file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.dir().join("var/postern.db")
    }

    /// posternd's socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.dir().join("run/posternd.sock")
    }

    /// Changes `postern.toml`, keeping its owner and mode; posternd reads it at its next reload.
    pub fn edit_config(&self, edit: impl Fn(String) -> String) {
        edit_file(&self.config(), &edit);
    }

    /// Starts posternd.
    #[must_use]
    pub fn posternd(&self) -> Posternd {
        Posternd::start(self)
    }

    /// Has the embedded ledger be complete for an hour: every code is taken at once. posternd has to be there.
    pub fn age_ledger(&self) {
        let file = self.dir().join("run/postern.db.spent");
        let (uid, gid) = host::ids("postern");
        // As posternd itself, and nothing is made: the file is posternd's to make.
        let age = "import sqlite3, sys\n\
                   with sqlite3.connect(f'file:{sys.argv[1]}?mode=rw', timeout=10, uri=True) as file:\n\
                   \x20   print(file.execute('UPDATE memory SET since = since - 3600').rowcount)\n";
        guard::wait_for("posternd to have begun a memory of spent codes", LIMIT, || {
            let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
            python.args(["-I", "-c", age]).arg(&file).current_dir("/").uid(uid.as_raw()).gid(gid.as_raw());
            let ran = Ran::of(&mut python, b"", LIMIT);
            (ran.code == 0 && ran.stdout.trim() == "1").then_some(())
        });
    }

    /// Starts a Dovecot that asks this site.
    #[must_use]
    pub fn dovecot(&self) -> Dovecot {
        Dovecot::start(&self.dovecot_config())
    }

    /// What [`dovecot`](Self::dovecot) starts with, for changes.
    #[must_use]
    pub fn dovecot_config(&self) -> DovecotConfig {
        let program = host::program("postern-checkpassword");
        let passdb = format!("{} --config {}", program.display(), self.client_config().display());
        DovecotConfig::new(&passdb, &self.output.join("dovecot.log"))
    }

    /// Starts a Dovecot that asks this site by Lua, with the shipped databases.
    #[must_use]
    pub fn dovecot_by_lua(&self) -> Dovecot {
        Dovecot::start(&self.dovecot_by_lua_config())
    }

    /// What [`dovecot_by_lua`](Self::dovecot_by_lua) starts with, for changes.
    #[must_use]
    pub fn dovecot_by_lua_config(&self) -> DovecotConfig {
        self.dovecot_release_by_lua_config(Release::V2_3)
    }

    /// The same for a release of Dovecot.
    #[must_use]
    pub fn dovecot_release_by_lua_config(&self, release: Release) -> DovecotConfig {
        let (module, config) = (host::lua_module(), self.client_config());
        let settings = format!(
            "postern_settings = {{ config = \"{}\", module = \"{}\" }}\n",
            config.display(),
            module.display()
        );
        let script = self.dir().join("postern.lua");
        fs::write(&script, settings + include_str!("../../lua/postern.lua")).expect("a file");
        host::own(&script, (0.into(), 0.into()), 0o644);
        let shipped = match release {
            Release::V2_3 => include_str!("../../packaging/dovecot-2.3/auth-postern-lua.conf.ext"),
            Release::V2_4 => include_str!("../../packaging/dovecot-2.4/auth-postern-lua.conf.ext"),
        };
        let path = script.display().to_string();
        let databases = shipped.replace("/usr/share/postern/dovecot/postern.lua", &path);
        assert_eq!(databases.matches(&path).count(), 2, "{databases}");
        drop(host::system_program("/usr/lib/dovecot/modules/auth/libauthdb_lua.so", "dovecot-auth-lua"));
        DovecotConfig {
            release,
            databases: Some(databases),
            log: self.output.join("dovecot-lua.log"),
            ..self.dovecot_config()
        }
    }

    /// Starts a Dovecot with the shipped databases, the one that says why a login is refused among them.
    #[must_use]
    pub fn dovecot_with_words(&self) -> Dovecot {
        let words = self.dir().join("postern-words.conf.ext");
        fs::write(&words, include_str!("../../packaging/dovecot-2.3/postern-words.conf.ext"))
            .expect("a file");
        host::own(&words, (0.into(), 0.into()), 0o644);
        let program = host::program("postern-checkpassword");
        let passdb = format!("{} --config {}", program.display(), self.client_config().display());
        let databases = include_str!("../../packaging/dovecot-2.3/auth-postern.conf.ext")
            .replace("#passdb {\n#  driver = dict\n#  args =", "passdb {\n  driver = dict\n  args =")
            .replace("postern-words.conf.ext\n#}", "postern-words.conf.ext\n}")
            .replace("/etc/dovecot/postern-words.conf.ext", &words.display().to_string())
            .replace("/usr/lib/postern/postern-checkpassword", &passdb);
        assert_eq!(databases.matches("\n  driver = dict").count(), 1, "{databases}");
        Dovecot::start(&DovecotConfig { databases: Some(databases), ..self.dovecot_config() })
    }

    /// postern-checkpassword without Dovecot, run as Dovecot's user.
    #[must_use]
    pub fn checkpassword(&self) -> Checkpassword {
        Checkpassword::new(&host::program("postern-checkpassword"))
            .args(&["--config", &self.client_config().display().to_string()])
    }

    /// Runs `postern ARGS` as root and waits for it.
    #[must_use]
    pub fn cli(&self, args: &[&str]) -> Ran {
        self.cli_stdin(args, "")
    }

    /// Runs `postern ARGS` with `input` on its stdin. With `--password-stdin` the input counts as a secret.
    #[must_use]
    pub fn cli_stdin(&self, args: &[&str], input: &str) -> Ran {
        if args.contains(&"--password-stdin") && input.trim().len() >= 8 {
            canary::register(input.trim());
        }
        let mut command = Command::new(host::program("postern"));
        command.arg("--config").arg(self.config()).args(args).current_dir("/");
        let ran = Ran::of(&mut command, input.as_bytes(), LIMIT);
        let mut shown = ran.stdout.clone();
        for secret in canary::shown_to_people(&ran.stdout) {
            canary::register(&secret);
            // Here, too, to show it is the task of some.
            if args.iter().any(|arg| ["totp", "recovery", "invite"].contains(arg)) {
                shown = shown.replace(&secret, "(a secret)");
            }
        }
        for password in canary::register_shown(&ran.stdout) {
            // To show it is this command's task; from anywhere else it is a leak.
            if args.contains(&"app-password") {
                shown = shown.replace(&password, "(the app password)");
            }
        }
        let log = format!("$ postern {}\n{shown}{}[exit {}]\n\n", args.join(" "), ran.stderr, ran.code);
        std::io::Write::write_all(&mut guard::append(&self.output.join("cli.log")), log.as_bytes())
            .expect("cli.log");
        ran
    }

    /// Runs `postern ARGS`, which must succeed, and returns what it printed.
    #[must_use]
    pub fn cli_ok(&self, args: &[&str]) -> String {
        self.cli(args).succeeded().stdout
    }

    /// Runs `postern check`, whose exit status has to fit the worst that it says.
    #[must_use]
    #[track_caller]
    pub fn check(&self) -> Ran {
        let ran = self.cli(&["check"]);
        let says = |mark: &str| ran.stdout.lines().any(|line| line.starts_with(mark));
        let expected = if says("FAIL  ") { CHECK_FAILED } else { i32::from(says("warn  ")) };
        assert_eq!(ran.code, expected, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs `postern --json ARGS`, which must succeed, and returns the JSON.
    #[must_use]
    pub fn cli_json(&self, args: &[&str]) -> Value {
        self.cli(&[&["--json"], args].concat()).json()
    }

    /// Makes an account with a random main password, a uid of its own and a home.
    #[must_use]
    pub fn account(&self, name: &str) -> Account {
        self.account_with(name, &random_password(), &[])
    }

    /// Makes an account with this main password and further arguments for `account create`.
    #[must_use]
    pub fn account_with(&self, name: &str, password: &str, more: &[&str]) -> Account {
        let uid = self.next_uid.fetch_add(1, Ordering::Relaxed);
        let home = self.dir().join("home").join(name);
        host::make_dir(&home, (Uid::from_raw(uid), Gid::from_raw(uid)), 0o700);
        let (id, path) = (uid.to_string(), home.display().to_string());
        let args = [
            &["account", "create", name, "--uid", &id, "--gid", &id, "--home", &path, "--password-stdin"],
            more,
        ]
        .concat();
        drop(self.cli_stdin(&args, &format!("{password}\n")).succeeded());
        Account { name: name.to_owned(), password: password.to_owned(), uid, home }
    }

    /// Makes an app password; `more` are further arguments, such as `--scope imap`.
    #[must_use]
    pub fn app_password(&self, account: &str, label: &str, more: &[&str]) -> AppPassword {
        let args = [&["app-password", "create", account, "--label", label], more].concat();
        let json = self.cli_json(&args);
        let field =
            |key: &str| json["app_password"][key].as_str().expect("a string in app_password").to_owned();
        let made = AppPassword { id: field("id"), password: field("password"), json: json.clone() };
        canary::register(&made.password);
        made
    }
}

impl SiteBuilder {
    /// Alters the text of `postern.toml`.
    #[must_use]
    pub fn postern_toml(mut self, edit: impl Fn(String) -> String + 'static) -> Self {
        self.edits.push(("etc/postern.toml", Box::new(edit)));
        self
    }

    /// Alters the text of `client.toml`.
    #[must_use]
    pub fn client_toml(mut self, edit: impl Fn(String) -> String + 'static) -> Self {
        self.edits.push(("etc/client.toml", Box::new(edit)));
        self
    }

    /// Adds lines to the end of a table of `postern.toml`, for example `("[policy]", "observe = true")`.
    #[must_use]
    pub fn setting(self, table: &'static str, lines: &'static str) -> Self {
        self.postern_toml(move |text| match text.split_once(&format!("{table}\n")) {
            Some((before, after)) => format!("{before}{table}\n{lines}\n{after}"),
            None => format!("{text}{table}\n{lines}\n"),
        })
    }

    /// Writes the files and runs `postern init`.
    #[must_use]
    pub fn build(self) -> Site {
        let site = self.build_without_init();
        drop(site.cli(&["init"]).succeeded());
        let keyring = fs::read_to_string(site.keyring()).unwrap_or_default();
        for token in keyring.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=_-".contains(c)) {
            if token.len() >= KEY_LENGTH {
                canary::register(token);
            }
        }
        site
    }

    /// Writes the files only: neither keyring nor database exist.
    #[must_use]
    pub fn build_without_init(self) -> Site {
        let root = (Uid::from_raw(0), Gid::from_raw(0));
        let (postern, group) = host::ids("postern");
        let dir = tempfile::Builder::new().prefix("site.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), root, 0o755);
        for (name, owner, mode) in [
            ("etc", root, 0o755),
            ("home", root, 0o755),
            ("run", (postern, group), 0o755),
            ("var", (postern, group), 0o700),
        ] {
            host::make_dir(&dir.path().join(name), owner, mode);
        }
        let site =
            Site { dir, output: host::output_dir(&self.name), next_uid: AtomicU32::new(FIRST_ACCOUNT_UID) };
        let mut text = postern_toml(&site);
        if let Some(ldap) = &self.ldap {
            text = ldap.install(&site, &text);
        }
        for (path, text, owner, mode) in [
            (site.config(), text, (root.0, group), 0o640),
            (site.client_config(), format!("socket = \"{}\"\n", site.socket().display()), root, 0o644),
        ] {
            fs::write(&path, text).expect("a configuration file");
            host::own(&path, owner, mode);
        }
        for (file, edit) in &self.edits {
            edit_file(&site.dir().join(file), edit);
        }
        site
    }
}

impl std::fmt::Debug for SiteBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SiteBuilder({})", self.name)
    }
}

/// A random password of 20 characters.
#[must_use]
pub fn random_password() -> String {
    let mut bytes = [0_u8; 10];
    getrandom::fill(&mut bytes).expect("random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A random wrong password, which must not appear in any log.
#[must_use]
pub fn wrong_password() -> String {
    let password = random_password();
    canary::register(&password);
    password
}

fn edit_file(path: &Path, edit: &dyn Fn(String) -> String) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    fs::write(path, edit(text)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

fn postern_toml(site: &Site) -> String {
    POSTERN_TOML
        .replace("@SOCKET@", &site.socket().display().to_string())
        .replace("@DATABASE@", &site.database().display().to_string())
        .replace("@KEYRING@", &site.keyring().display().to_string())
}

const POSTERN_TOML: &str = r#"[socket]
path = "@SOCKET@"
trusted = { dovecot = ["imap", "pop3", "smtp", "sieve"] }

[directory]
kind = "embedded"
userdb = { uid = "{uidNumber}", gid = "{gidNumber}", home = "{homeDirectory}", quota_rule = "*:storage={mailQuota}" }

[ledger]
kind = "embedded"

[embedded]
path = "@DATABASE@"

[keyring]
path = "@KEYRING@"

[policy]
main_password_on_mail = "until-enrolled"

[mail_settings]
imap = { host = "imap.example.org", port = 993, tls = "implicit" }
pop3 = { host = "pop.example.org", port = 995, tls = "implicit" }
smtp = { host = "smtp.example.org", port = 587, tls = "starttls" }
"#;

const LIMIT: Duration = Duration::from_secs(60);
const FIRST_ACCOUNT_UID: u32 = 20_000;
// 32 bytes in base64 without padding have 43 characters; a key's name is shorter.
const KEY_LENGTH: usize = 43;
