use std::fmt;

use hyper::Uri;
use hyper::header::{HOST, HeaderMap};

/// The address of one of the two sites: `https`, a host of its own, and the path `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteUrl {
    host: String,
    port: u16,
}

impl SiteUrl {
    /// Reads an address such as `https://account.example.org/`. `None` if it is of another kind.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri = text.parse::<Uri>().ok()?;
        let authority = uri.authority()?;
        let is_plain = uri.scheme_str() == Some("https")
            && uri.path() == "/"
            && uri.query().is_none()
            && !authority.as_str().contains('@')
            && !text.contains('#')
            && !authority.host().is_empty();
        // A port that is no number is no port.
        let port = match (authority.port_u16(), authority.as_str().rsplit_once(':')) {
            (Some(port), _) => port,
            (None, Some((_, rest))) if !rest.ends_with(']') => return None,
            (None, _) => 443,
        };
        is_plain.then(|| Self { host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether both are at one host: cookies know no ports (RFC 6265, section 8.5).
    pub(crate) fn shares_host_with(&self, other: &Self) -> bool {
        self.host == other.host
    }

    /// Its host.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether a request asks for this site (RFC 9110, section 7.2).
    fn is_asked_for(&self, host: &str) -> bool {
        Self::parse(&format!("https://{host}/")).is_some_and(|asked| asked == *self)
    }

    /// Whether an origin is this site's (RFC 6454, section 6.2).
    pub(crate) fn is_origin(&self, origin: &str) -> bool {
        Self::parse(&format!("{origin}/")).is_some_and(|site| site == *self)
    }
}

impl fmt::Display for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            443 => write!(f, "https://{}/", self.host),
            port => write!(f, "https://{}:{port}/", self.host),
        }
    }
}

/// The sites of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sites {
    /// The page for phones alone, at whatever host the proxy has it.
    Phone,
    /// Both, each at its own host.
    Both {
        /// The page for phones.
        phone: SiteUrl,
        /// The account's pages.
        account: SiteUrl,
    },
}

/// A site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// The page for phones.
    Phone,
    /// The account's pages.
    Account,
    /// The settings of mail programs, at hosts for them alone.
    MailPrograms,
    /// What web mails ask, at a listener for them alone.
    Applications,
}

impl Sites {
    /// The hosts that are known.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let urls = match self {
            Self::Phone => None,
            Self::Both { phone, account } => Some([phone, account]),
        };
        urls.into_iter().flatten().map(SiteUrl::host)
    }

    /// The site that a request asks for. `None` if it is neither, or the request does not say it once.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Option<Site> {
        let Self::Both { phone, account } = self else { return Some(Site::Phone) };
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().filter(|_| hosts.next().is_none())?.to_str().ok()?;
        if account.is_asked_for(host) {
            Some(Site::Account)
        } else {
            phone.is_asked_for(host).then_some(Site::Phone)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_site_is_an_origin() {
        let site = SiteUrl::parse("https://Account.Example.org/").unwrap();
        assert_eq!(site.to_string(), "https://account.example.org/");
        assert_eq!(SiteUrl::parse("https://account.example.org:443/"), Some(site.clone()));
        assert_eq!(SiteUrl::parse("https://account.example.org"), Some(site));
        assert_eq!(SiteUrl::parse("https://[::1]:8443/").unwrap().to_string(), "https://[::1]:8443/");
        for text in [
            "",
            "account.example.org",
            "http://account.example.org/",
            "https://account.example.org/x",
            "https://a@account.example.org/",
            "https://account.example.org/?a",
            "https://account.example.org/#a",
            "https://account.example.org:x/",
            "https://",
        ] {
            assert_eq!(SiteUrl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_request_is_for_one_of_both_sites_or_for_none() {
        let url = |text| SiteUrl::parse(text).unwrap();
        let sites = Sites::Both {
            phone: url("https://2fa.example.org/"),
            account: url("https://account.example.org:8443/"),
        };
        let of = |hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            sites.of(&headers)
        };
        assert_eq!(of(&["2fa.example.org"]), Some(Site::Phone));
        assert_eq!(of(&["2FA.example.org:443"]), Some(Site::Phone));
        assert_eq!(of(&["account.example.org:8443"]), Some(Site::Account));
        let both = &["2fa.example.org", "account.example.org:8443"][..];
        for hosts in
            [&[][..], &["account.example.org"], &["evil.example"], &["a@2fa.example.org"], both, &[""]]
        {
            assert_eq!(of(hosts), None, "{hosts:?}");
        }
        assert_eq!(Sites::Phone.of(&HeaderMap::new()), Some(Site::Phone));
    }
}
