use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

use postern_core::limits::Source;

use crate::users::NameServices;

/// The hosts of clients, where a front door knows no more of one than its name.
///
/// Whoever has an address has as many names for it as they like, so a name is never a source of its own for limits: it is
/// the one source that it resolves to, and without exactly one it shares a bucket with all such names at the service.
#[derive(Debug)]
pub(crate) struct Hosts(NameServices);

impl Hosts {
    pub(crate) fn new() -> Self {
        Self(NameServices::new(AT_A_TIME, PATIENCE))
    }

    /// The source that the host called `name` is, for limits at `service`. It takes [`PATIENCE`] at most.
    pub(crate) async fn source(&self, name: &str, service: &str) -> Source {
        let shared = Source::of_named_hosts(service);
        if name.len() > MAX_NAME {
            return shared;
        }
        let name = name.to_owned();
        let looked_up = self.0.ask(move || {
            let addresses = (name.as_str(), 0).to_socket_addrs().into_iter().flatten();
            Ok(addresses.map(|address| address.ip()).collect::<Vec<IpAddr>>())
        });
        let sources: BTreeSet<Source> = looked_up
            .await
            .unwrap_or_default()
            .into_iter()
            .map(|address| Source::of(Some(address)))
            .collect();
        match sources.into_iter().collect::<Vec<_>>().as_slice() {
            [one] => one.clone(),
            _ => shared,
        }
    }
}

/// A resolver that does not answer must not hold up a login.
const PATIENCE: Duration = Duration::from_secs(1);
const AT_A_TIME: usize = 8;
/// The longest name of a host (RFC 1035, section 2.3.4).
const MAX_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_the_address_that_it_has_or_one_of_many_without() {
        let hosts = Hosts::new();
        let shared = Source::of_named_hosts("sshd");
        for name in ["a.invalid", "b.invalid", "", "x y", &"x".repeat(300), "a\u{0}b"] {
            assert_eq!(hosts.source(name, "sshd").await, shared, "{name}");
        }
        assert_ne!(hosts.source("a.invalid", "login").await, shared);
        // What the resolver takes for an address: /etc/hosts may have localhost twice.
        assert_eq!(hosts.source("127.0.0.1", "sshd").await, Source::of("127.0.0.1".parse().ok()));
    }
}
