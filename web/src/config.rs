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
    /// How the account's pages look.
    pub(crate) branding: Branding,
    /// The resources that one client, or all together, may use.
    pub(crate) limits: Limits,
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

    fn parse(text: &str) -> Result<Self, String> {
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
        Ok(Self {
            socket: absolute("socket", socket)?,
            listen: Listen::parse(raw.listen.as_deref().unwrap_or("127.0.0.1:8480"))?,
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

impl Listen {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return absolute("listen", PathBuf::from(path)).map(Self::Unix);
        }
        match text.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(Self::Loopback(address)),
            Ok(_) => Err(format!(
                "listen: \"{text}\" can be reached from elsewhere without TLS; take 127.0.0.1, [::1] or \
                 unix:/run/postern-web/http.sock, and put a proxy in front"
            )),
            Err(_) => Err(format!(
                "listen: \"{text}\" is not an address; write it as 127.0.0.1:8480, [::1]:8480 or \
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
    branding: Option<RawBranding>,
    limits: Option<RawLimits>,
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
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_missing_file_means_the_defaults() {
        let config = Config::load(Path::new("/nonexistent/web.toml")).unwrap();
        assert_eq!(config.listen, Listen::Loopback("127.0.0.1:8480".parse().unwrap()));
        assert_eq!(config.client_address_header, Some("x-forwarded-for".parse().unwrap()));
        assert_eq!(config.limits.body, 8192);
    }

    #[test]
    fn a_file_that_others_may_write_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("web.toml");
        std::fs::write(&path, "").unwrap();
        for (mode, is_taken) in [(0o644, true), (0o664, false), (0o646, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Config::load(&path).is_ok(), is_taken, "{mode:o}");
        }
    }

    #[test]
    fn every_key_is_read() {
        let text = "socket = \"/tmp/p.sock\"\nlisten = \"unix:/tmp/h.sock\"\nclient_address_header = \"\"\n\
                    autoconfig_hosts = [\"autoconfig.example.org\"]\n[limits]\n\
                    connections = 1\nconversations = 2\nbody = 2048\nheader_time = \"3s\"\nrequest_time = \"4s\"\n\
                    per_client = 6\nbody_time = \"5s\"\n[branding]\nname = \"Example\"\n";
        let text = format!(
            "url = \"https://2fa.example.org/\"\naccount_url = \"https://account.example.org/\"\n{text}"
        );
        let url = |text| SiteUrl::parse(text).unwrap();
        let branding = toml::from_str("name = \"Example\"").unwrap();
        let expected = Config {
            sites: Sites::Both {
                phone: url("https://2fa.example.org/"),
                account: url("https://account.example.org/"),
            },
            branding: Branding::read(branding).unwrap(),
            socket: "/tmp/p.sock".into(),
            listen: Listen::Unix("/tmp/h.sock".into()),
            client_address_header: None,
            autoconfig_hosts: HostNames::parse(vec!["autoconfig.example.org".to_owned()]).unwrap(),
            limits: Limits {
                connections: 1,
                per_client: 6,
                conversations: 2,
                body: 2048,
                header_time: Duration::from_secs(3),
                body_time: Duration::from_secs(5),
                request_time: Duration::from_secs(4),
            },
        };
        assert_eq!(Config::parse(&text), Ok(expected));
    }

    #[test]
    fn the_accounts_pages_have_a_host_of_their_own() {
        let parse =
            |phone: &str, account: &str| Config::parse(&format!("{phone}\naccount_url = \"{account}\"\n"));
        let phone = "url = \"https://2fa.example.org/\"";
        assert!(parse(phone, "https://account.example.org/").is_ok());
        for (phone, account, told) in [
            (phone, "https://2FA.example.org:443/", "of its own"),
            (phone, "https://2fa.example.org:444/", "of its own"),
            (
                "url = \"https://2fa.example.org/\"\nautoconfig_hosts = [\"account.example.org\"]",
                "https://account.example.org/",
                "another site",
            ),
            ("", "https://account.example.org/", "needs url"),
            (phone, "http://account.example.org/", "https"),
            (phone, "https://account.example.org/x", "slash"),
        ] {
            let error = parse(phone, account).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn the_example_shows_the_defaults() {
        let example = include_str!("../../packaging/web.toml");
        let in_force: String = example
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(in_force.lines().count(), 12, "{in_force}");
        assert_eq!(Config::parse(&in_force), Config::parse(""));
    }

    #[test]
    fn only_this_machine_can_reach_it() {
        for text in ["0.0.0.0:8480", "[::]:80", "192.0.2.1:80", "8480", "localhost:80", "unix:http.sock"] {
            assert!(Config::parse(&format!("listen = \"{text}\"")).is_err(), "{text}");
        }
        for text in ["127.0.0.2:1", "[::1]:8480"] {
            assert!(Config::parse(&format!("listen = \"{text}\"")).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line_and_those_that_are_known() {
        let error = Config::parse("\nsockets = \"/x\"").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("sockets") && error.contains("`socket`"),
            "{error}"
        );
        for text in [
            "[limits]\nbody = 1",
            "[limits]\nheader_time = \"soon\"",
            "client_address_header = \"a b\"",
            "autoconfig_hosts = [\"https://a\"]",
            "=",
        ] {
            assert!(Config::parse(text).is_err(), "{text}");
        }
    }
}
