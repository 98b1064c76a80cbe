//! Starts, watches and stops the real programs that the tests, the demo and the benchmarks run against, on loopback only.
//!
//! It runs inside `scripts/in-test-host`. Each part is a guard that ends its process when dropped, every wait has a
//! deadline, and the first surprise is a panic that says what, where and what to do.

#![forbid(unsafe_code)]

pub mod auth_client;
pub mod bench;
pub mod binder;
pub mod browser;
pub mod canary;
pub mod certs;
pub mod checkpassword;
pub mod clock;
pub mod conformance;
pub mod courier_host;
pub mod demo;
pub mod dovecot;
pub mod ds389;
pub mod fake;
pub mod flood;
pub mod gateway;
pub mod guard;
pub mod handset;
pub mod host;
pub mod http;
pub mod http_double;
pub mod ldap_client;
pub mod local_login;
pub mod login_host;
pub mod mail;
pub mod mailbox;
pub mod ntfy;
pub mod otp;
pub mod own;
pub mod pam;
pub mod pam_host;
pub mod pamtester;
pub mod peers;
pub mod person;
pub mod planted;
pub mod posternd;
pub mod postfix;
pub mod push_service;
pub mod qr;
pub mod redis;
pub mod site;
pub mod slapd;
pub mod ssh;
pub mod ssh_keys;
pub mod sshd;
pub mod sudo;
pub mod syslog;
pub mod terminal;
pub mod unix_users;
pub mod web;
pub mod wire;

pub use auth_client::{Attempt, AuthClient, Outcome, Reply};
pub use binder::Binder;
pub use browser::Browser;
pub use checkpassword::{Checkpassword, Ran};
pub use clock::SetClock;
pub use dovecot::{Dovecot, DovecotConfig};
pub use ds389::Ds389;
pub use fake::FakePosternd;
pub use gateway::Gateway;
pub use handset::Handset;
pub use http_double::HttpDouble;
pub use ldap_client::{Answer, Entry, LdapClient, Who};
pub use mail::{Login, MailAnswer, Protocol};
pub use mailbox::Mailbox;
pub use ntfy::Ntfy;
pub use otp::Authenticator;
pub use pam::PamService;
pub use pam_host::{PamHost, PamReport, PamSite};
pub use pamtester::Pamtester;
pub use posternd::Posternd;
pub use push_service::PushService;
pub use redis::{Listen, Redis, RedisCluster, RedisSentinel};
pub use site::{Account, AppPassword, CHECK_FAILED, Site, SiteBuilder};
pub use slapd::{Person, Slapd, SlapdBuilder};
pub use ssh::Ssh;
pub use ssh_keys::Key;
pub use sshd::Sshd;
pub use sudo::Sudo;
pub use unix_users::UnixUser;
pub use web::Web;
