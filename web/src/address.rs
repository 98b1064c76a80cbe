use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderName;

/// The client's address as the proxy reports it: the last element of the last such header. The client may have invented the
/// elements before it. `None` if the element is not an address.
#[must_use]
pub fn of_client(headers: &HeaderMap, name: Option<&HeaderName>) -> Option<String> {
    let value = headers.get_all(name?).iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    let bare = last.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(last);
    let address =
        bare.parse::<IpAddr>().or_else(|_| last.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(address.to_canonical().to_string())
}

/// What limits count as one client: an IPv4 address or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. `None` if the text is not an address.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        Some(Self(match address.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(v4) => v4.into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_an_address_or_a_64() {
        let of = Network::of;
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("unknown"), None);
    }

    fn of(lines: &[&str]) -> Option<String> {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, line.parse().unwrap());
        }
        of_client(&headers, Some(&name))
    }

    #[test]
    fn the_last_element_is_the_proxys_own_word() {
        assert_eq!(of(&["203.0.113.7"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(of(&["198.51.100.1, 203.0.113.7"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(of(&["198.51.100.1", "203.0.113.7"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(of(&["203.0.113.7:4711"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(of(&["[2001:db8::1]:4711"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&["[2001:db8::1]"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(of(&["::ffff:203.0.113.7"]).as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn text_that_is_no_address_is_none() {
        for lines in [&[][..], &["unknown"], &["203.0.113.7, "], &["203.0.113.7\"}"], &["203.0.113.7, evil"]]
        {
            assert_eq!(of(lines), None, "{lines:?}");
        }
        assert_eq!(of_client(&HeaderMap::new(), None), None);
    }
}
