//! What the configuration says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::expiry::ExpiryAttribute;
use crate::factor::RelyingParty;
use crate::keyring::Keyring;
use crate::limits::Limits;
use crate::policy::{Policy, Service};
use crate::session::Application;
use crate::userdb::Userdb;
use crate::words::Language;

use super::couriers::{Couriers, MailTls, SmsWay};
use super::ldap::{Condition, FilterTemplate, LdapUri};
use super::mail_settings::MailSettings;
use super::metrics::Metrics;
use super::problems::Problems;
use super::redis::RedisServers;
use super::web::Web;
use postern_guarded_file::read_made_by_init;

/// A complete, valid configuration.
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
    /// `[courier.*]`
    pub couriers: Couriers,
    /// `[web]`
    pub web: Option<Web>,
    /// `[metrics]`; `None` if nothing reads them.
    pub metrics: Option<Metrics>,
    /// `[log]`
    pub log: Log,
    /// The language of messages to users, if neither their account nor their client sets one.
    pub language: Language,
    /// The name that an authenticator app shows beside the account's name.
    pub issuer: String,
    /// What messages call this host. `None` means its own name.
    pub host_title: Option<String>,
}

impl Config {
    /// Whom passkeys are made for.
    #[must_use]
    pub fn relying_party(&self) -> Option<RelyingParty> {
        self.web.as_ref()?.account_url.as_ref().and_then(RelyingParty::of)
    }

    /// The applications of `[web.applications]`; `None` without `[web]`.
    #[must_use]
    pub fn applications(&self) -> Option<BTreeMap<String, Application>> {
        self.web.as_ref().map(|web| web.applications.clone())
    }

    /// Whether the file of `[embedded]` is in use.
    #[must_use]
    pub fn uses_embedded_file(&self) -> bool {
        self.directory == DirectoryKind::Embedded || self.ledger == LedgerKind::Embedded
    }

    /// The files of trusted certificates that are in use.
    #[must_use]
    pub fn ca_files(&self) -> BTreeSet<&Path> {
        let ldap = match &self.directory {
            DirectoryKind::Ldap(ldap) if ldap.needs_tls() => Some(&ldap.ca_file),
            DirectoryKind::Ldap(_) | DirectoryKind::Embedded => None,
        };
        let redis = match &self.ledger {
            LedgerKind::Redis(redis) if redis.tls => Some(&redis.ca_file),
            LedgerKind::Redis(_) | LedgerKind::Embedded => None,
        };
        let couriers = &self.couriers;
        let email = couriers.email.as_ref().filter(|email| email.tls != MailTls::None);
        let gateway = couriers.sms.as_ref().and_then(|sms| match &sms.way {
            SmsWay::Gateway(gateway) => Some(&gateway.ca_file),
            SmsWay::Command { .. } => None,
        });
        let push = couriers.web_push.as_ref().map(|push| &push.ca_file);
        let ntfy = couriers.ntfy.as_ref().map(|ntfy| &ntfy.ca_file);
        let all = [ldap, redis, email.map(|email| &email.ca_file), gateway, push, ntfy];
        all.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// Reads and checks the keyring.
    ///
    /// # Errors
    /// What is wrong with its file.
    pub fn load_keyring(&self) -> Result<Keyring, Problems> {
        let text =
            read_made_by_init(&self.keyring).map_err(|error| Problems::of_file(&self.keyring, &error))?;
        Keyring::parse(&text).map_err(|error| Problems::of_file(&self.keyring, &error))
    }
}

/// The Unix socket to which front doors connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// The path.
    pub path: PathBuf,
    /// The local users that may log in any user, each with the services at which it may do so.
    pub trusted: BTreeMap<String, BTreeSet<String>>,
}

/// The store of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryKind {
    /// In the SQLite file of `[embedded]`.
    Embedded,
    /// In the site's LDAP.
    Ldap(Box<Ldap>),
}

/// The store of short-lived state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerKind {
    /// In the SQLite file of `[embedded]`.
    Embedded,
    /// In the site's Redis.
    Redis(Redis),
}

/// `[directory]` with `kind = "ldap"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ldap {
    /// The servers for reads, in the order in which they are tried.
    pub uris: Vec<LdapUri>,
    /// The server for writes, and for the reads before them.
    pub write_uri: LdapUri,
    /// Whether `ldap://` is upgraded by StartTLS (RFC 4511, section 4.14).
    pub starttls: bool,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
    /// How posternd binds.
    pub login: LdapLogin,
    /// The base DN of users' entries.
    pub base: String,
    /// Finds a name at a mail service. `{user}` is the typed name.
    pub filter: FilterTemplate,
    /// Finds a name at a login service.
    pub login_filter: FilterTemplate,
    /// The attribute with the permanent id, such as `entryUUID`.
    pub id_attribute: String,
    /// The attribute with the canonical name.
    pub username_attribute: String,
    /// The attribute with further names at mail services.
    pub mail_attribute: String,
    /// Conditions, any of which disables an account.
    pub disabled: Vec<Condition>,
    /// The attribute with the time from which an account is refused.
    pub expires: ExpiryAttribute,
    /// An attribute that changes with the main password.
    pub password_changed_attribute: String,
    /// What a main password opens if its owner has to change it.
    pub password_must_change: PasswordMustChange,
    /// The maximum age of an entry that opens mail while LDAP is down; zero switches this off.
    pub stale_if_down: Duration,
}

impl Ldap {
    /// Whether mail services find an account by one of its mail addresses.
    #[must_use]
    pub fn finds_by_address(&self) -> bool {
        self.filter.attributes().any(|attribute| attribute.eq_ignore_ascii_case(&self.mail_attribute))
    }

    /// Whether any connection uses TLS.
    #[must_use]
    pub fn needs_tls(&self) -> bool {
        self.uris.iter().chain([&self.write_uri]).any(|uri| match uri {
            LdapUri::Tls(_) => true,
            LdapUri::Plain(_) => self.starttls,
            LdapUri::Unix(_) => false,
        })
    }
}

/// What a main password opens if its owner has to change it, because an admin has set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordMustChange {
    /// The same as any other, with a note in the log.
    Accept,
    /// Nothing.
    Reject,
}

/// How posternd binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdapLogin {
    /// By a password (RFC 4513, section 5.1.3).
    Simple {
        /// The DN.
        dn: String,
        /// The file with the password.
        password_file: PathBuf,
    },
    /// By the Unix user that connects to `ldapi://` (RFC 4513, section 5.2.3).
    SaslExternal,
}

/// `[ledger]` with `kind = "redis"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// The servers.
    pub servers: RedisServers,
    /// Whether connections use TLS.
    pub tls: bool,
    /// The file of trusted certificates (PEM).
    pub ca_file: PathBuf,
    /// The ACL user; `None` for the user `default`.
    pub username: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The prefix of every key.
    pub prefix: String,
}

/// The SQLite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where it is.
    pub path: PathBuf,
}

/// `[log]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// The lowest level of messages that are written. Audit lines are always written.
    pub level: LogLevel,
}

/// The level of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// A failure.
    Error,
    /// A likely failure.
    Warn,
    /// Information.
    #[default]
    Info,
    /// For debugging.
    Debug,
}
