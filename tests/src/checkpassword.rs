//! postern-checkpassword by itself, with the file descriptors that Dovecot or qmail would give it.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::stopwatch::{Elapsed, Stopwatch};
use crate::{guard, host};

/// A run of a checkpassword program in preparation.
#[derive(Debug, Clone)]
pub struct Checkpassword {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    input: Vec<u8>,
    reply_on_fd4: bool,
    user: String,
}

/// What a program did.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// What it printed. Of a checkpassword run: what the program that it ran printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// What came on file descriptor 4.
    pub fd4: String,
    /// From the start to the end.
    pub took: Elapsed,
}

impl Checkpassword {
    /// `program` with Dovecot's contract: run as user `dovecot`, a reply wanted on file descriptor 4.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            input: Vec::new(),
            reply_on_fd4: true,
            user: "dovecot".to_owned(),
        }
    }

    /// Adds arguments: options of our own, then the program to run on success and its arguments.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    /// Adds a variable to the environment, which is empty but for PATH and ORIG_UID.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What Dovecot's auth sets for a login to `service` from `address`, without a proxy between.
    #[must_use]
    pub fn login(self, service: &str, address: &str) -> Self {
        self.env("PROTO", "TCP")
            .env("SERVICE", service)
            .env("AUTH_SERVICE", service)
            .env("TCPLOCALIP", "127.0.0.1")
            .env("TCPREMOTEIP", address)
            .env("AUTH_RIP", address)
            .env("AUTH_REAL_RIP", address)
            .env("AUTH_MECH", "PLAIN")
            .env("AUTH_SECURED", "secured")
    }

    /// What it sets for a lookup such as doveadm's: no password is checked.
    #[must_use]
    pub fn lookup(self) -> Self {
        self.env("SERVICE", "doveadm").env("AUTH_SERVICE", "doveadm").env("AUTHORIZED", "1")
    }

    /// Puts `user`, NUL, `password`, NUL, NUL on file descriptor 3.
    #[must_use]
    pub fn credentials(self, user: &str, password: &str) -> Self {
        self.input(format!("{user}\0{password}\0\0").as_bytes())
    }

    /// Puts these bytes on file descriptor 3.
    #[must_use]
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.input = bytes.to_vec();
        self
    }

    /// The plain qmail contract: file descriptor 4 is closed.
    #[must_use]
    pub fn without_fd4(mut self) -> Self {
        self.reply_on_fd4 = false;
        self
    }

    /// Runs it as another user.
    #[must_use]
    pub fn as_user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// Runs it. The time includes the millisecond of the shell that arranges the file descriptors.
    #[must_use]
    pub fn run(&self) -> Ran {
        let errors = tempfile::NamedTempFile::new().expect("a temporary file").into_temp_path();
        let (uid, gid) = host::ids(&self.user);
        host::own(&errors, (uid, gid), 0o600);
        let mut command = Command::new("/bin/sh");
        // The pipes of the shell's stdin and stderr become file descriptors 3 and 4.
        command
            .args(["-c", if self.reply_on_fd4 { WITH_FD4 } else { WITHOUT_FD4 }])
            .arg(&*errors)
            .arg(&self.program)
            .args(&self.args)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            // Dovecot's reply tool requires it, as a proof that the uid was not changed on the way.
            .env("ORIG_UID", uid.to_string())
            .envs(self.env.iter().cloned())
            .uid(uid.as_raw())
            .gid(gid.as_raw())
            .current_dir("/");
        let mut ran = Ran::of(&mut command, &self.input, LIMIT);
        ran.fd4 = std::mem::take(&mut ran.stderr);
        ran.stderr = String::from_utf8_lossy(&fs::read(&errors).expect("stderr")).into_owned();
        ran
    }
}

impl Ran {
    /// Runs `command` to its end.
    #[must_use]
    pub fn of(command: &mut Command, input: &[u8], limit: Duration) -> Self {
        let started = Stopwatch::start();
        let Output { status, stdout, stderr } = guard::run(command, input, limit);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: text(stdout),
            stderr: text(stderr),
            fd4: String::new(),
            took: started.elapsed(),
        }
    }

    /// The same, or a panic where it did not exit with 0.
    #[must_use]
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "failed: {}{}", self.stdout, self.stderr);
        self
    }

    /// Its stdout as JSON, where it succeeded.
    #[must_use]
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let ran = self.succeeded();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("not JSON ({error}): {}", ran.stdout))
    }

    /// The fields of Dovecot's reply line on file descriptor 4, unescaped, in order.
    #[must_use]
    pub fn reply_fields(&self) -> Vec<(String, String)> {
        let line = self.fd4.trim_end_matches('\n');
        line.split('\t')
            .filter(|field| !field.is_empty())
            .map(|field| field.split_once('=').unwrap_or((field, "")))
            .map(|(name, value)| (name.to_owned(), tab_unescape(value)))
            .collect()
    }
}

/// Undoes Dovecot's escaping of tabs, newlines and the escape character.
#[must_use]
pub fn tab_unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\u{1}' => match chars.next() {
                Some('0') => '\0',
                Some('1') | None => '\u{1}',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('n') => '\n',
                Some(other) => other,
            },
            other => other,
        });
    }
    plain
}

const WITH_FD4: &str = r#"exec 3<&0 </dev/null 4>&2 2>"$0"; exec "$@""#;
const WITHOUT_FD4: &str = r#"exec 3<&0 </dev/null 4>&- 2>"$0"; exec "$@""#;
const LIMIT: Duration = Duration::from_secs(30);
