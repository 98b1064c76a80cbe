//! `/etc/postern/postern.toml`: parsed from text into a validated configuration.

mod couriers;
mod digest;
mod http_url;
mod ldap;
mod limits;
mod load;
mod mail_settings;
mod metrics;
mod problems;
mod reader;
mod redis;
mod sections;
mod services;
mod settings;
#[cfg(test)]
mod shipped;
mod template;
mod web;

pub use couriers::{
    Couriers, EmailCourier, Encoding, HostPattern, HttpMethod, MailTls, Mailbox, NtfyCourier, SmsCourier,
    SmsGateway, SmsWay, WebPushCourier, percent_encoded,
};
pub use digest::ConfigDigest;
pub use http_url::{BadHttpUrl, HttpUrl};
pub use ldap::{BadLdap, Condition, Filter, FilterTemplate, LdapUri};
pub use mail_settings::{MailServer, MailSettings, MailUserName, Tls};
pub use metrics::{BadMetricsListen, Metrics, MetricsListen};
pub use postern_guarded_file::{FileError, read_made_by_init, read_private, read_trusted};
pub use problems::{Problem, Problems};
pub use redis::{BadRedisUrl, HostPort, RedisServers};
pub use settings::{
    Config, DirectoryKind, Embedded, Ldap, LdapLogin, LedgerKind, Log, LogLevel, PasswordMustChange, Redis,
    Socket,
};
pub use template::{Template, UnknownPlace};
pub use web::Web;

/// The default path of the configuration of posternd and the CLI.
pub const CONFIG_PATH: &str = "/etc/postern/postern.toml";
