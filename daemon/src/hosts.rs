use std::collections::HashMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use postern_core::limits::Source;

use crate::users::NameServices;

/// Resolves clients' host names, for front doors that know only the name.
///
/// One address can have any number of names, so a name is never a source of its own for limits: it counts as one of the addresses
/// that it resolves to, always the same one. Names that do not resolve share one bucket per service.
#[derive(Debug)]
pub(crate) struct Hosts {
    lookups: NameServices,
    recent: Arc<Recent>,
}

impl Hosts {
    pub(crate) fn new() -> Self {
        Self { lookups: NameServices::new(AT_A_TIME, PATIENCE), recent: Arc::default() }
    }

    /// The source of the host `name`, for limits at `service`. Takes at most [`PATIENCE`].
    pub(crate) async fn source(&self, name: &str, service: &str) -> Source {
        let shared = || Source::of_named_hosts(service);
        if name.len() > MAX_NAME {
            return shared();
        }
        if let Some(answer) = self.recent.recall(name) {
            return answer.unwrap_or_else(shared);
        }
        let (name, recent) = (name.to_owned(), Arc::clone(&self.recent));
        let looked_up = self.lookups.ask(move || {
            let addresses = (name.as_str(), 0).to_socket_addrs().into_iter().flatten();
            let source = source_of(addresses.map(|address| address.ip()));
            // An answer that comes too late for this login is there for the next.
            recent.remember(name, source.clone());
            Ok(source)
        });
        looked_up.await.ok().flatten().unwrap_or_else(shared)
    }
}

/// The source of the smallest IPv4 address, or else of the smallest /64; `None` without an address.
fn source_of(addresses: impl Iterator<Item = IpAddr>) -> Option<Source> {
    addresses.map(|address| address.to_canonical()).min().map(|address| Source::of(Some(address)))
}

/// Recent results; `None` if a name has no address.
#[derive(Debug, Default)]
struct Recent(Mutex<HashMap<String, (Instant, Option<Source>)>>);

impl Recent {
    fn recall(&self, name: &str) -> Option<Option<Source>> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(name).filter(|(until, _)| Instant::now() < *until).map(|(_, source)| source.clone())
    }

    fn remember(&self, name: String, source: Option<Source>) {
        let now = Instant::now();
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= MOST_REMEMBERED {
            recent.retain(|_, (until, _)| now < *until);
            if recent.len() >= MOST_REMEMBERED {
                recent.clear();
            }
        }
        recent.insert(name, (now + REMEMBERED_FOR, source));
    }
}

/// A resolver that does not answer must not hold up a login.
const PATIENCE: Duration = Duration::from_secs(1);
/// A name that does not resolve occupies a place for as long as the resolver tries. Such names must not take all places.
const AT_A_TIME: usize = 32;
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
const MOST_REMEMBERED: usize = 10_000;
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
        assert_ne!(hosts.source("localhost", "sshd").await, shared, "::1 and 127.0.0.1, or one of them");
    }

    #[test]
    fn a_name_with_several_addresses_is_always_the_same_one_of_them() {
        let source = |addresses: &[&str]| source_of(addresses.iter().map(|text| text.parse().unwrap()));
        let v4 = Source::of("192.0.2.9".parse().ok());
        assert_eq!(source(&["2001:db8::1", "192.0.2.9"]), Some(v4.clone()));
        assert_eq!(source(&["192.0.2.10", "::ffff:192.0.2.9", "2001:db8::1"]), Some(v4));
        let v6 = Source::of("2001:db8:0:1::".parse().ok());
        assert_eq!(source(&["2001:db8:0:2::1", "2001:db8:0:1::2"]), Some(v6));
        assert_eq!(source(&[]), None);
    }

    #[test]
    fn resolved_names_are_cached_and_the_cache_is_bounded() {
        let recent = Recent::default();
        assert_eq!(recent.recall("a"), None);
        recent.remember("a".to_owned(), Some(Source::of(None)));
        recent.remember("b".to_owned(), None);
        assert_eq!((recent.recall("a"), recent.recall("b")), (Some(Some(Source::of(None))), Some(None)));
        (0..2 * MOST_REMEMBERED).for_each(|number| recent.remember(number.to_string(), None));
        assert!(recent.0.lock().unwrap().len() <= MOST_REMEMBERED);
    }
}
