use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The client's host as the host program names it (PAM_RHOST, AUTH_RIP): an address, or a name if the program asked the
/// DNS for one (sshd's UseDNS). This code never asks the DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteHost<'a> {
    /// An address. IPv4 is never mapped into IPv6 (RFC 4291, section 2.5.5.2). IPv6 has no brackets (RFC 3986, section
    /// 3.2.2) and no zone (RFC 4007, section 11), which has a meaning on this host only.
    Address(IpAddr),
    /// Any other text. The client's side may have chosen it.
    Name(&'a str),
}

impl<'a> RemoteHost<'a> {
    /// `None` for an empty text.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let v6 = bracketed.unwrap_or(text);
        let v6 = v6.split_once('%').map_or(v6, |(address, _)| address).parse::<Ipv6Addr>().map(IpAddr::V6);
        Some(match v6.or_else(|_| text.parse()).ok() {
            Some(address) => Self::Address(address.to_canonical()),
            None => Self::Name(text),
        })
    }

    /// The address, if it is one.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address),
            Self::Name(_) => None,
        }
    }

    /// The name, if it is not an address.
    #[must_use]
    pub fn name(self) -> Option<&'a str> {
        match self {
            Self::Address(_) => None,
            Self::Name(name) => Some(name),
        }
    }
}

impl fmt::Display for RemoteHost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_brackets_its_zone_and_its_mapping() {
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:192.0.2.1%eth0", "192.0.2.1"),
            ("fe80::5%lo", "fe80::5"),
            ("fe80::5%", "fe80::5"),
            ("FE80:0::5%25eth0.1", "fe80::5"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[fe80::1%lo]", "fe80::1"),
            ("[::ffff:192.0.2.1]", "192.0.2.1"),
        ] {
            let parsed = RemoteHost::parse(text).unwrap();
            assert_eq!((parsed.address(), parsed.name()), (address.parse().ok(), None), "{text}");
            assert_eq!(parsed.to_string(), address);
        }
    }

    #[test]
    fn anything_else_is_a_name() {
        for text in [
            "host.example.org",
            "UNKNOWN",
            "192.0.2.1%eth0",
            "192.0.2.256",
            "%lo",
            "x rhost=192.0.2.9",
            " ",
            "[192.0.2.1]",
            "[::1",
            "::1]",
            "[[::1]]",
            "[]",
        ] {
            assert_eq!(RemoteHost::parse(text), Some(RemoteHost::Name(text)), "{text}");
        }
        assert_eq!(RemoteHost::parse(""), None);
    }
}
