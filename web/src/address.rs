use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::HeaderName;

/// The client's address as the proxy names it: the last element of the last such header, since what stands before it may be
/// the client's own invention. `None` where that is no address.
pub(crate) fn of_client(headers: &HeaderMap, name: Option<&HeaderName>) -> Option<String> {
    let value = headers.get_all(name?).iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    let bare = last.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(last);
    let address =
        bare.parse::<IpAddr>().or_else(|_| last.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(address.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_is_no_address_is_none() {
        for lines in [&[][..], &["unknown"], &["203.0.113.7, "], &["203.0.113.7\"}"], &["203.0.113.7, evil"]]
        {
            assert_eq!(of(lines), None, "{lines:?}");
        }
        assert_eq!(of_client(&HeaderMap::new(), None), None);
    }
}
