//! A real Dovecot, 2.3 but where 2.4 is asked for: IMAP and POP3 on free ports of 127.0.0.1, passwords checked by a checkpassword program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::guard::{Process, free_port, read_log, wait_for_line};
use crate::{AuthClient, Ran, host};

mod release;

pub use release::Release;

/// How a [`Dovecot`] is set up.
#[derive(Debug, Clone)]
pub struct DovecotConfig {
    /// Which Dovecot it is for.
    pub release: Release,
    /// The checkpassword program and its arguments, for passdb and userdb.
    pub checkpassword: String,
    /// Where it logs.
    pub log: PathBuf,
    /// How long a refused login waits for its answer. Dovecot's own default is 2 s.
    pub failure_delay: Duration,
    /// Whether failures slow down later logins from the same address, as they do by default.
    pub penalty: bool,
    /// The sections `passdb` and `userdb`, in place of those that run `checkpassword`.
    pub databases: Option<String>,
    /// Lines of dovecot.conf that come last.
    pub more: String,
}

/// A running Dovecot, stopped when dropped.
#[derive(Debug)]
pub struct Dovecot {
    process: Process,
    log: PathBuf,
    dir: TempDir,
    imap: u16,
    pop3: u16,
}

impl DovecotConfig {
    /// Quick failures, everything else as the documentation for our users has it.
    #[must_use]
    pub fn new(checkpassword: &str, log: &Path) -> Self {
        Self {
            release: Release::V2_3,
            checkpassword: checkpassword.to_owned(),
            log: log.to_owned(),
            failure_delay: Duration::ZERO,
            penalty: false,
            databases: None,
            more: String::new(),
        }
    }
}

impl Dovecot {
    /// Starts it and waits until IMAP, POP3 and the auth socket answer.
    #[must_use]
    pub fn start(config: &DovecotConfig) -> Self {
        host::require_test_host();
        let dir = tempfile::Builder::new().prefix("dc.").tempdir_in(host::test_dir()).expect("a directory");
        host::own(dir.path(), (0.into(), 0.into()), 0o755);
        let (imap, pop3) = (free_port(), free_port());
        let file = dir.path().join("dovecot.conf");
        fs::write(&file, text(config, dir.path(), imap, pop3)).expect("dovecot.conf");
        let mut command = config.release.program();
        command.arg("-F").arg("-c").arg(&file).current_dir("/");
        let process = Process::spawn("dovecot", &mut command, &config.log.with_extension("console.log"));
        let mut dovecot = Self { process, log: config.log.clone(), dir, imap, pop3 };
        let socket = dovecot.auth_socket();
        // The master opens every port before it starts auth.
        dovecot.process.wait_ready(LIMIT, || AuthClient::try_connect(&socket).ok());
        assert!(dovecot.log.is_file(), "dovecot does not log to {}", dovecot.log.display());
        dovecot
    }

    /// The port of IMAP on 127.0.0.1.
    #[must_use]
    pub fn imap_port(&self) -> u16 {
        self.imap
    }

    /// The port of POP3 on 127.0.0.1.
    #[must_use]
    pub fn pop3_port(&self) -> u16 {
        self.pop3
    }

    /// The socket where SASL clients such as Postfix ask.
    #[must_use]
    pub fn auth_socket(&self) -> PathBuf {
        self.dir.path().join("run/auth-client")
    }

    /// A connection to the auth socket.
    #[must_use]
    pub fn auth_client(&self) -> AuthClient {
        AuthClient::try_connect(&self.auth_socket()).unwrap_or_else(|error| panic!("dovecot auth: {error}"))
    }

    /// Runs `doveadm ARGS` against this Dovecot.
    #[must_use]
    pub fn doveadm(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(host::system_program("/usr/bin/doveadm", "dovecot-core"));
        command.arg("-c").arg(self.dir.path().join("dovecot.conf")).args(args).current_dir("/");
        Ran::of(&mut command, b"", LIMIT)
    }

    /// `doveadm user NAME`: the userdb fields, or doveadm's exit code (67 unknown, 75 temporary failure) and words.
    ///
    /// # Errors
    /// The exit code, and what doveadm printed.
    pub fn user(&self, name: &str) -> Result<BTreeMap<String, String>, (i32, String)> {
        let ran = self.doveadm(&["user", name]);
        if ran.code != 0 {
            return Err((ran.code, format!("{}{}", ran.stdout, ran.stderr)));
        }
        let rows = ran.stdout.lines().skip(1).filter_map(|line| line.split_once('\t'));
        Ok(rows.map(|(field, value)| (field.to_owned(), value.to_owned())).collect())
    }

    /// The master's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Waits for a line of the log that contains all of `parts`, and returns it.
    #[must_use]
    pub fn logged(&self, parts: &[&str]) -> String {
        wait_for_line(&self.log, parts, LIMIT)
    }

    /// All that it logged.
    #[must_use]
    pub fn log(&self) -> String {
        read_log(&self.log)
    }
}

fn text(config: &DovecotConfig, dir: &Path, imap: u16, pop3: u16) -> String {
    let penalty = if config.penalty { "" } else { NO_PENALTY };
    let text = config
        .release
        .settings()
        .replace("@DATABASES@\n", config.databases.as_deref().unwrap_or(CHECKPASSWORD))
        .replace("@DIR@", &dir.display().to_string())
        .replace("@LOG@", &config.log.display().to_string())
        .replace("@IMAP@", &imap.to_string())
        .replace("@POP3@", &pop3.to_string())
        .replace("@DELAY@", &format!("{} ms", config.failure_delay.as_millis()))
        .replace("@CHECKPASSWORD@", &config.checkpassword);
    format!("{text}{penalty}{}\n", config.more)
}

const CHECKPASSWORD: &str = r"passdb {
  driver = checkpassword
  args = @CHECKPASSWORD@
}
userdb {
  driver = prefetch
}
userdb {
  driver = checkpassword
  args = @CHECKPASSWORD@
}
";
const NO_PENALTY: &str = r"service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
";
const LIMIT: Duration = Duration::from_secs(20);
