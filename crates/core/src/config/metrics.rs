//! `[metrics]`.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::reader::Section;

/// `[metrics]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Where posternd answers requests for its metrics.
    pub listen: MetricsListen,
    /// The local users, beside root and posternd's own, who may read metrics from a Unix socket.
    pub readers: BTreeSet<String>,
}

/// An address that only this host can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricsListen {
    /// An address of the loopback interface. Every local user can read from it.
    Loopback(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// The text is not an address that metrics can be read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMetricsListen {
    /// Other hosts can reach it.
    #[error(
        "can be reached from other hosts, and metrics have neither TLS nor a password; take 127.0.0.1:9748, [::1]:9748 or \
         unix:/run/postern/metrics.sock, and put a proxy in front"
    )]
    Exposed,
    /// It is not an address.
    #[error("is not an address; write it as 127.0.0.1:9748, [::1]:9748 or unix:/run/postern/metrics.sock")]
    NotAnAddress,
}

impl FromStr for MetricsListen {
    type Err = BadMetricsListen;

    fn from_str(text: &str) -> Result<Self, BadMetricsListen> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Self::Unix(path))
            } else {
                Err(BadMetricsListen::NotAnAddress)
            };
        }
        let address: SocketAddr = text.parse().map_err(|_| BadMetricsListen::NotAnAddress)?;
        if !address.ip().is_loopback() {
            return Err(BadMetricsListen::Exposed);
        }
        // The kernel would choose another port at each start.
        if address.port() == 0 { Err(BadMetricsListen::NotAnAddress) } else { Ok(Self::Loopback(address)) }
    }
}

impl fmt::Display for MetricsListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "http://{address}/metrics"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

pub(super) fn read(mut section: Section<'_, '_>) -> Option<Metrics> {
    if !section.is_present() {
        return None;
    }
    let listen: Option<MetricsListen> = section.needed("listen", "\"127.0.0.1:9748\"");
    let readers: Option<BTreeSet<String>> =
        section.strings("readers").map(|names| names.into_iter().collect());
    if readers.as_ref().is_some_and(|names| names.iter().any(String::is_empty)) {
        section.complain("readers", "has an empty name");
    }
    if readers.is_some() && matches!(listen, Some(MetricsListen::Loopback(_))) {
        section.complain(
            "readers",
            "has no effect on a TCP address, which every local user can read from; take a Unix socket or remove it",
        );
    }
    section.done();
    Some(Metrics { listen: listen?, readers: readers.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_host_are_taken() {
        let parse = |text: &str| text.parse::<MetricsListen>();
        for text in ["127.0.0.1:9748", "127.8.0.1:80", "[::1]:9748", "unix:/run/postern/metrics.sock"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in ["0.0.0.0:9748", "[::]:9748", "192.0.2.1:9748", "10.0.0.1:9748", "[fe80::1]:9748"] {
            assert_eq!(parse(text), Err(BadMetricsListen::Exposed), "{text}");
        }
        for text in ["", "9748", "localhost:9748", "127.0.0.1", "127.0.0.1:0", "unix:metrics.sock", "unix:"] {
            assert_eq!(parse(text), Err(BadMetricsListen::NotAnAddress), "{text}");
        }
    }
}
