use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::HeaderName;
use postern_guarded_file::{FileError, read_trusted};
use serde::Deserialize;

use crate::account::{Branding, RawBranding};
use crate::host_names::HostNames;
use crate::site::{SiteUrl, Sites};

/// The default path of the configuration.
pub(crate) const CONFIG_PATH: &str = "/etc/postern/web.toml";

/// The configuration of this process. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// posternd's socket.
    pub(crate) socket: PathBuf,
    /// The address that the proxy connects to.
    pub(crate) listen: Listen,
    /// The header in which the proxy reports the client's address. It is trusted as a whole, since only the proxy can
    /// connect.
    pub(crate) client_address_header: Option<HeaderName>,
    /// The hosts at which mail programs find their settings, and nothing else is served.
    pub(crate) autoconfig_hosts: HostNames,
    /// The sites, and the hosts that they are at.
    pub(crate) sites: Sites,
    /// Where web mails ask about their sessions.
    pub(crate) applications: Option<Applications>,
    /// How the account's pages look.
    pub(crate) branding: Branding,
    /// The resources that one client, or all together, may use.
    pub(crate) limits: Limits,
}

/// The listener of web mails and of the web servers before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applications {
    /// The address that they connect to.
    pub(crate) listen: Listen,
    /// Texts in the addresses of requests that an open page makes by itself, by application: such a request is no use of the session.
    pub(crate) refresh: BTreeMap<String, Vec<String>>,
}

/// An address that only this host can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listen {
    /// An address of the loopback interface.
    Loopback(SocketAddr),
    /// A Unix socket, open to its user and its group.
    Unix(PathBuf),
}

/// Limits against clients that send much, slowly, or from many addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Concurrent connections.
    pub(crate) connections: usize,
    /// Concurrent requests of one client (an IPv4 address or an IPv6 /64).
    pub(crate) per_client: usize,
    /// Concurrent conversations with posternd.
    pub(crate) conversations: usize,
    /// The longest body, in bytes.
    pub(crate) body: usize,
    /// How long the headers of a request may take, and how long a connection may be idle.
    pub(crate) header_time: Duration,
    /// How long the body of a request may take.
    pub(crate) body_time: Duration,
    /// How long a request may take from its headers to its answer, including posternd's part.
    pub(crate) request_time: Duration,
}

impl Config {
    /// Reads `path`. A missing file means the defaults.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        match read_trusted(path) {
            Ok(text) => Self::parse(&text),
            Err(FileError::Missing) => Self::parse(""),
            Err(error) => Err(error.to_string()),
        }
        .map_err(|what| ConfigError(format!("{}: {}", path.display(), what.trim_end())))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string())?;
        let limits = raw.limits.unwrap_or_default();
        let socket = raw.socket.unwrap_or_else(|| PathBuf::from("/run/postern/posternd.sock"));
        let autoconfig_hosts =
            HostNames::parse(raw.autoconfig_hosts.unwrap_or_default()).map_err(|name| {
                format!(
                    "autoconfig_hosts: \"{name}\" is no host's name; write it as \"autoconfig.example.org\""
                )
            })?;
        let sites = sites(raw.url.as_deref(), raw.account_url.as_deref())?;
        if let Some(taken) = sites.hosts().find(|host| autoconfig_hosts.has(host)) {
            return Err(format!(
                "autoconfig_hosts: \"{taken}\" is the host of another site, whose pages would be gone; its settings are served there anyway"
            ));
        }
        let listen = Listen::parse("listen", raw.listen.as_deref().unwrap_or("127.0.0.1:8480"))?;
        let applications = raw.applications.map(|raw| applications(raw, &sites, &listen)).transpose()?;
        Ok(Self {
            socket: absolute("socket", socket)?,
            listen,
            applications,
            client_address_header: header(raw.client_address_header.as_deref().unwrap_or("X-Forwarded-For"))?,
            autoconfig_hosts,
            sites,
            branding: Branding::read(raw.branding.unwrap_or_default())?,
            limits: Limits {
                connections: number("limits.connections", limits.connections, 256, 1..=60_000)?,
                per_client: number("limits.per_client", limits.per_client, 32, 1..=60_000)?,
                conversations: number("limits.conversations", limits.conversations, 32, 1..=96)?,
                body: number("limits.body", limits.body, 8 * 1024, 1024..=12 * 1024)?,
                header_time: duration("limits.header_time", limits.header_time, 5)?,
                body_time: duration("limits.body_time", limits.body_time, 5)?,
                request_time: duration("limits.request_time", limits.request_time, 15)?,
            },
        })
    }
}

fn sites(phone: Option<&str>, account: Option<&str>) -> Result<Sites, String> {
    let read = |key: &str, text: &str| {
        SiteUrl::parse(text).ok_or_else(|| {
            format!(
                "{key}: \"{text}\" is not the address of a site: https, a host, perhaps a port, and nothing behind the slash"
            )
        })
    };
    let phone = phone.map(|text| read("url", text)).transpose()?;
    let account = account.map(|text| read("account_url", text)).transpose()?;
    match (phone, account) {
        (_, None) => Ok(Sites::Phone),
        (None, Some(_)) => {
            Err("account_url: needs url beside it, the address of the phones' page ([web] url in \
             postern.toml), so that requests for any other host can be refused"
                .to_owned())
        }
        (Some(phone), Some(account)) if phone.shares_host_with(&account) => {
            Err("account_url: the same host as url; it needs one \
             of its own, because every page at the address of the phones' page can use the phones' keys"
                .to_owned())
        }
        (Some(phone), Some(account)) => Ok(Sites::Both { phone, account }),
    }
}

fn applications(raw: RawApplications, sites: &Sites, listen: &Listen) -> Result<Applications, String> {
    let parsed = Listen::parse("applications.listen", &raw.listen)?;
    if parsed == *listen {
        return Err("applications.listen: the same as listen; it needs an address of its own, for whoever reaches it may use \
             what a web mail holds"
            .to_owned());
    }
    if *sites == Sites::Phone {
        return Err("applications: needs account_url, where people log in to web mails".to_owned());
    }
    if let Some((name, _)) = raw.refresh.iter().find(|(_, texts)| texts.iter().any(String::is_empty)) {
        return Err(format!("applications.refresh: {name} has an empty text, which is in every address"));
    }
    Ok(Applications { listen: parsed, refresh: raw.refresh })
}

impl Listen {
    fn parse(key: &str, text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return absolute(key, PathBuf::from(path)).map(Self::Unix);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::Loopback(address)),
            Ok(_) => Err(format!(
                "{key}: \"{text}\" can be reached from elsewhere without TLS; take 127.0.0.1, [::1] or \
                 unix:/run/postern-web/http.sock, and put a proxy in front"
            )),
            Err(_) => Err(format!(
                "{key}: \"{text}\" is not an address; write it as 127.0.0.1:8480, [::1]:8480 or \
                 unix:/run/postern-web/http.sock"
            )),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "http://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What is wrong in the configuration, and where.
#[derive(Debug)]
pub(crate) struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    socket: Option<PathBuf>,
    listen: Option<String>,
    client_address_header: Option<String>,
    autoconfig_hosts: Option<Vec<String>>,
    url: Option<String>,
    account_url: Option<String>,
    applications: Option<RawApplications>,
    branding: Option<RawBranding>,
    limits: Option<RawLimits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApplications {
    listen: String,
    #[serde(default)]
    refresh: BTreeMap<String, Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    connections: Option<usize>,
    per_client: Option<usize>,
    conversations: Option<usize>,
    body: Option<usize>,
    header_time: Option<String>,
    body_time: Option<String>,
    request_time: Option<String>,
}

fn absolute(key: &str, path: PathBuf) -> Result<PathBuf, String> {
    if path.is_absolute() {
        return Ok(path);
    }
    Err(format!("{key}: {} is not an absolute path; begin it with /", path.display()))
}

fn header(name: &str) -> Result<Option<HeaderName>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    name.parse().map(Some).map_err(|_| {
        format!(
            "client_address_header: \"{name}\" is no header's name; write \"\" where the proxy sends none"
        )
    })
}

fn number(
    key: &str,
    given: Option<usize>,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, String> {
    let number = given.unwrap_or(default);
    if bounds.contains(&number) {
        return Ok(number);
    }
    Err(format!("{key}: {number} is not between {} and {}", bounds.start(), bounds.end()))
}

fn duration(key: &str, text: Option<String>, default: u64) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(Duration::from_secs(default)) };
    let parsed = humantime::parse_duration(&text).map_err(|error| format!("{key}: \"{text}\": {error}"))?;
    if parsed < Duration::from_secs(1) || parsed > Duration::from_secs(60) {
        return Err(format!("{key}: \"{text}\" is not between 1s and 1m"));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests;
