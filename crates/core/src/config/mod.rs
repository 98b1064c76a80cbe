//! `/etc/postern/postern.toml`: raw text in, a configuration that cannot be wrong out.

mod file;
mod reader;
mod sections;
#[cfg(test)]
mod shipped;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::keyring::Keyring;
use crate::limits::Limits;
use crate::policy::{Policy, Service};
use crate::userdb::Userdb;

pub use file::{FileError, read_private};

/// Where posternd and the CLI look for their configuration.
pub const CONFIG_PATH: &str = "/etc/postern/postern.toml";

/// A whole configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[socket]`
    pub socket: Socket,
    /// `[directory]`
    pub directory: DirectoryKind,
    /// `[directory] userdb`
    pub userdb: Userdb,
    /// `[ledger]`
    pub ledger: LedgerKind,
    /// `[embedded]`
    pub embedded: Embedded,
    /// `[keyring] path`
    pub keyring: PathBuf,
    /// `[policy]`
    pub policy: Policy,
    /// `[services.*]` and the predefined ones, by name.
    pub services: BTreeMap<String, Service>,
    /// `[limits]`
    pub limits: Limits,
    /// `[mail_settings]`
    pub mail_settings: MailSettings,
    /// `[log]`
    pub log: Log,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// Every problem with the file or in it, each with its place and its mend.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let text = read_private(path).map_err(|error| Problems::of_file(path, &error))?;
        Self::parse(path, &text)
    }

    /// Checks the text of a configuration; `path` is for the problems.
    ///
    /// # Errors
    /// Every problem in it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problems> {
        sections::read(path, text)
    }

    /// Reads and checks the keyring.
    ///
    /// # Errors
    /// What is wrong with its file.
    pub fn load_keyring(&self) -> Result<Keyring, Problems> {
        let text = read_private(&self.keyring).map_err(|error| Problems::of_file(&self.keyring, &error))?;
        Keyring::parse(&text).map_err(|error| Problems::of_file(&self.keyring, &error))
    }
}

/// The Unix socket that front doors speak to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Where it is.
    pub path: PathBuf,
    /// Local users that may log others in, each with the services that it may do so for.
    pub trusted: BTreeMap<String, BTreeSet<String>>,
}

/// Where accounts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryKind {
    /// In the SQLite file of `[embedded]`.
    Embedded,
}

/// Where what may expire is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerKind {
    /// In the SQLite file of `[embedded]`.
    Embedded,
}

/// The SQLite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where it is.
    pub path: PathBuf,
}

/// What a person types into a mail program, shown beside a new app password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailSettings {
    /// For reading.
    pub imap: Option<MailServer>,
    /// For fetching.
    pub pop3: Option<MailServer>,
    /// For sending.
    pub smtp: Option<MailServer>,
}

/// One server in [`MailSettings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
}

/// How a mail program encrypts its connection (RFC 8314).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    Starttls,
}

impl Tls {
    /// As the configuration writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
        }
    }
}

/// What posternd writes to its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// The least important messages that are written. Audit lines always are.
    pub level: LogLevel,
}

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Out of order.
    Error,
    /// Soon out of order.
    Warn,
    /// For the record.
    #[default]
    Info,
    /// For finding a fault.
    Debug,
}

/// Everything that is wrong with a file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    file: PathBuf,
    list: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; `None` where it is about the whole file.
    pub line: Option<usize>,
    /// The key with its sections, `policy.observe`; empty where it is about the whole file.
    pub key: String,
    /// What is wrong, and how to mend it.
    pub what: String,
}

impl Problems {
    fn of_file(file: &Path, error: &dyn fmt::Display) -> Self {
        let problem = Problem { line: None, key: String::new(), what: error.to_string() };
        Self { file: file.to_owned(), list: vec![problem] }
    }

    /// One text a problem: `file:line: key: what`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|problem| {
            let mut line = self.file.display().to_string();
            if let Some(number) = problem.line {
                line.push_str(&format!(":{number}"));
            }
            if !problem.key.is_empty() {
                line.push_str(&format!(": {}", problem.key));
            }
            format!("{line}: {}", problem.what)
        })
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Problems {}
