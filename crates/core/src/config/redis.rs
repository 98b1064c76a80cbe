use std::fmt;
use std::path::PathBuf;

/// The addresses of a Redis server, of its sentinels, or of a Cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisServers {
    /// `unix:///path`
    Unix(PathBuf),
    /// `redis://host:port/db` or `rediss://…`
    Single {
        /// The server.
        server: HostPort,
        /// The database number.
        database: u32,
    },
    /// `redis+sentinel://host:port,host:port/service` or `rediss+sentinel://…`
    Sentinel {
        /// The sentinels.
        sentinels: Vec<HostPort>,
        /// The name of the master that they monitor.
        service: String,
    },
    /// `redis+cluster://host:port,host:port` or `rediss+cluster://…`
    Cluster(Vec<HostPort>),
}

/// A server's name or address, and its TCP port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl HostPort {
    /// Reads `host`, `host:port`, `[address]` or `[address]:port`.
    pub(super) fn parse(text: &str, default_port: u16) -> Result<Self, BadRedisUrl> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, behind) = rest.split_once(']').ok_or(BadRedisUrl::Server)?;
                let port = behind.strip_prefix(':');
                if port.is_none() && !behind.is_empty() {
                    return Err(BadRedisUrl::Server);
                }
                (host, port)
            }
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(default_port), |port| port.parse().map_err(|_| BadRedisUrl::Server))?;
        let is_host =
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:%".contains(&b));
        if is_host { Ok(Self { host: host.to_owned(), port }) } else { Err(BadRedisUrl::Server) }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Why a text is not an accepted Redis URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRedisUrl {
    /// An unknown scheme.
    #[error(
        "is not unix:///path, redis://host:port/db, redis+sentinel://host:port,host:port/service or redis+cluster://host:port,host:port (rediss for TLS)"
    )]
    Scheme,
    /// A user name or password, which have their own keys.
    #[error("contains a user or a password; put them into username and password_file")]
    Credentials,
    /// An invalid host or port.
    #[error("contains a server that is not host or host:port")]
    Server,
    /// A missing or invalid part behind the servers.
    #[error(
        "does not end as its scheme wants it: /db for a single server, /service for Sentinel, nothing for a Cluster"
    )]
    Tail,
}

/// Reads a URL. Returns the servers, and whether it requires TLS.
pub(super) fn servers(url: &str) -> Result<(RedisServers, bool), BadRedisUrl> {
    let (scheme, rest) = url.split_once("://").ok_or(BadRedisUrl::Scheme)?;
    if scheme == "unix" {
        let path = PathBuf::from(rest);
        return if path.is_absolute() {
            Ok((RedisServers::Unix(path), false))
        } else {
            Err(BadRedisUrl::Tail)
        };
    }
    let (kind, tls) = match scheme.strip_prefix("rediss") {
        Some(kind) => (kind, true),
        None => (scheme.strip_prefix("redis").ok_or(BadRedisUrl::Scheme)?, false),
    };
    if rest.contains('@') {
        return Err(BadRedisUrl::Credentials);
    }
    let (servers, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let port = if kind == "+sentinel" { SENTINEL_PORT } else { REDIS_PORT };
    let servers = servers.split(',').map(|one| HostPort::parse(one, port)).collect::<Result<Vec<_>, _>>()?;
    let servers = match (kind, servers.as_slice()) {
        ("", [server]) => {
            let database = if tail.is_empty() { 0 } else { tail.parse().map_err(|_| BadRedisUrl::Tail)? };
            RedisServers::Single { server: server.clone(), database }
        }
        ("", _) => return Err(BadRedisUrl::Server),
        ("+sentinel", _) if !tail.is_empty() => {
            RedisServers::Sentinel { sentinels: servers, service: tail.to_owned() }
        }
        ("+cluster", _) if tail.is_empty() => RedisServers::Cluster(servers),
        ("+sentinel" | "+cluster", _) => return Err(BadRedisUrl::Tail),
        _ => return Err(BadRedisUrl::Scheme),
    };
    Ok((servers, tls))
}

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str, port: u16) -> HostPort {
        HostPort { host: host.to_owned(), port }
    }

    #[test]
    fn every_scheme_is_read() {
        assert_eq!(
            servers("unix:///run/redis.sock"),
            Ok((RedisServers::Unix("/run/redis.sock".into()), false))
        );
        let single = RedisServers::Single { server: at("r", 6379), database: 0 };
        assert_eq!(servers("redis://r"), Ok((single, false)));
        let single = RedisServers::Single { server: at("::1", 7000), database: 3 };
        assert_eq!(servers("rediss://[::1]:7000/3"), Ok((single, true)));
        let sentinel = RedisServers::Sentinel {
            sentinels: vec![at("a", 26379), at("b", 5000)],
            service: "mail".to_owned(),
        };
        assert_eq!(servers("redis+sentinel://a,b:5000/mail"), Ok((sentinel, false)));
        let cluster = RedisServers::Cluster(vec![at("127.0.0.1", 7000), at("127.0.0.1", 7001)]);
        assert_eq!(servers("rediss+cluster://127.0.0.1:7000,127.0.0.1:7001"), Ok((cluster, true)));
    }

    #[test]
    fn anything_else_is_refused() {
        for (url, expected) in [
            ("redis", BadRedisUrl::Scheme),
            ("http://r", BadRedisUrl::Scheme),
            ("redisx://r", BadRedisUrl::Scheme),
            ("redis://user:secret@r", BadRedisUrl::Credentials),
            ("redis://", BadRedisUrl::Server),
            ("redis://a,b", BadRedisUrl::Server),
            ("redis://r:port", BadRedisUrl::Server),
            ("redis://[::1", BadRedisUrl::Server),
            ("redis://r/mail", BadRedisUrl::Tail),
            ("redis+sentinel://r", BadRedisUrl::Tail),
            ("redis+cluster://r/0", BadRedisUrl::Tail),
            ("unix://run/redis.sock", BadRedisUrl::Tail),
        ] {
            assert_eq!(servers(url), Err(expected), "{url}");
        }
    }
}
