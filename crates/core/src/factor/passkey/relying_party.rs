use std::net::IpAddr;

use crate::config::HttpUrl;

/// Whom passkeys are made for: the site of the account's pages (W3C Web Authentication, Level 3, section 4, *Relying Party*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host name, which a passkey is bound to.
    pub(super) id: String,
    /// The origin of the pages, as browsers write it.
    pub(super) origin: String,
}

impl RelyingParty {
    /// That of the pages at `account_url`. `None` for an address without a name, for which browsers make no passkeys.
    #[must_use]
    pub fn of(account_url: &HttpUrl) -> Option<Self> {
        let host = account_url.server.host.as_str();
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        (!is_address).then(|| Self { id: host.to_owned(), origin: account_url.origin() })
    }

    /// The host name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_names_and_their_origin_has_the_port_that_is_not_the_default() {
        let of = |url: &str| RelyingParty::of(&url.parse().unwrap()).map(|party| (party.id, party.origin));
        let name = "account.example.org".to_owned();
        assert_eq!(
            of("https://Account.example.org/"),
            Some((name.clone(), "https://account.example.org".to_owned()))
        );
        assert_eq!(
            of("https://account.example.org:8443/"),
            Some((name, "https://account.example.org:8443".to_owned()))
        );
        for address in ["https://192.0.2.1/", "https://[2001:db8::1]/", "http://127.0.0.1:80/"] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
