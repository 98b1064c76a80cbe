//! The address of an LDAP server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::config::redis::HostPort;

use super::BadLdap;

/// The URI of an LDAP server (RFC 4516, without the parts behind the server).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LdapUri {
    /// `ldaps://host:636`: TLS from the first byte.
    Tls(HostPort),
    /// `ldap://host:389`: in the clear, or upgraded by StartTLS.
    Plain(HostPort),
    /// `ldapi://%2Frun%2Fslapd%2Fldapi`: a Unix socket.
    Unix(PathBuf),
}

impl LdapUri {
    /// The same with another host, if it has a host.
    #[must_use]
    pub fn with_host(&self, host: &str) -> Self {
        let server = |server: &HostPort| HostPort { host: host.to_owned(), port: server.port };
        match self {
            Self::Tls(at) => Self::Tls(server(at)),
            Self::Plain(at) => Self::Plain(server(at)),
            Self::Unix(path) => Self::Unix(path.clone()),
        }
    }

    /// Whether traffic does not cross a network, so that TLS is not needed.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tls(_) => false,
            Self::Unix(_) => true,
            Self::Plain(server) => {
                server.host == "localhost"
                    || server.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for LdapUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(server) => write!(f, "ldaps://{server}"),
            Self::Plain(server) => write!(f, "ldap://{server}"),
            Self::Unix(path) => write!(f, "ldapi://{}", path.display().to_string().replace('/', "%2F")),
        }
    }
}

impl FromStr for LdapUri {
    type Err = BadLdap;

    fn from_str(text: &str) -> Result<Self, BadLdap> {
        let (scheme, rest) = text.split_once("://").ok_or(BadLdap::Uri)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        match scheme {
            "ldaps" => HostPort::parse(rest, LDAPS_PORT).map(Self::Tls).map_err(|_| BadLdap::Uri),
            "ldap" => HostPort::parse(rest, LDAP_PORT).map(Self::Plain).map_err(|_| BadLdap::Uri),
            "ldapi" => {
                let path = PathBuf::from(rest.replace("%2F", "/").replace("%2f", "/"));
                if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(BadLdap::Uri) }
            }
            _ => Err(BadLdap::Uri),
        }
    }
}

const LDAPS_PORT: u16 = 636;
const LDAP_PORT: u16 = 389;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_and_local_ones_known() {
        let uri = |text: &str| text.parse::<LdapUri>();
        for text in ["ldaps://ldap.example.org:636", "ldap://[::1]:3389", "ldapi://%2Frun%2Fslapd%2Fldapi"] {
            assert_eq!(uri(text).unwrap().to_string(), text);
        }
        assert!(uri("ldap://127.0.0.1").unwrap().is_local() && uri("ldap://localhost/").unwrap().is_local());
        assert!(!uri("ldap://ldap.example.org").unwrap().is_local());
        for text in ["ldap", "http://x", "ldap://", "ldapi://run", "ldaps://a,b", "ldaps://x/dc=example"] {
            assert_eq!(uri(text), Err(BadLdap::Uri), "{text}");
        }
    }
}
