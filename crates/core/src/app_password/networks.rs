use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The networks from which an app password may be used. An empty list means any address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads networks in CIDR form (RFC 4632, RFC 4291); a lone address is a network of one.
    ///
    /// # Errors
    /// [`BadNetwork`] names the text that is not a network, or that has bits set beyond its prefix.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, BadNetwork> {
        texts.iter().map(|text| parse_one(text.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether `address` may use the app password. An unknown address may do so only if the list is empty.
    #[must_use]
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        self.0.is_empty()
            || address.is_some_and(|address| self.0.iter().any(|net| net.contains(&address.to_canonical())))
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(","))
    }
}

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNetwork {
    /// Neither an address nor CIDR.
    #[error("\"{0}\" is not a network such as 192.0.2.0/24 or 2001:db8::/32")]
    Malformed(String),
    /// An address with bits set beyond its prefix length.
    #[error("\"{0}\" has bits set beyond its prefix; did you mean {1}?")]
    HostBits(String, IpNet),
}

fn parse_one(text: &str) -> Result<IpNet, BadNetwork> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let net: IpNet = text.parse().map_err(|_| BadNetwork::Malformed(text.to_owned()))?;
    if net == net.trunc() { Ok(net) } else { Err(BadNetwork::HostBits(text.to_owned(), net.trunc())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(networks: &[&str], address: &str) -> bool {
        Networks::parse(networks).unwrap().admit(address.parse().ok())
    }

    #[test]
    fn addresses_inside_are_admitted_and_others_are_not() {
        assert!(admits(&["192.0.2.0/24"], "192.0.2.255"));
        assert!(!admits(&["192.0.2.0/24"], "192.0.3.0"));
        assert!(admits(&["2001:db8::/32", "192.0.2.1"], "2001:db8:ffff::1"));
        assert!(!admits(&["2001:db8::/32"], "2001:db9::1"));
        assert!(admits(&["192.0.2.1"], "192.0.2.1") && !admits(&["192.0.2.1"], "192.0.2.2"));
    }

    #[test]
    fn a_mapped_address_counts_as_the_ipv4_address_that_it_is() {
        assert!(admits(&["192.0.2.0/24"], "::ffff:192.0.2.7"));
        assert!(admits(&["::ffff:192.0.2.7"], "192.0.2.7"));
    }

    #[test]
    fn an_unknown_address_is_admitted_only_where_none_is_listed() {
        assert!(!admits(&["0.0.0.0/0", "::/0"], "unknown"));
        assert!(admits(&[], "unknown"));
    }

    #[test]
    fn mistakes_are_named_with_a_correction() {
        assert_eq!(
            Networks::parse(&["192.0.2.7/24"]).unwrap_err().to_string(),
            "\"192.0.2.7/24\" has bits set beyond its prefix; did you mean 192.0.2.0/24?"
        );
        for text in ["", "home", "192.0.2.0/33", "192.0.2/24"] {
            assert!(Networks::parse(&[text]).is_err(), "{text}");
        }
    }
}
