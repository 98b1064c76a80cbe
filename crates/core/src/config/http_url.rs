use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::redis::HostPort;

/// An HTTP URL (RFC 9110, section 4.2) without user information and fragment. `http://` is permitted for loopback only, so that
/// nothing crosses a network in the clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// Whether it is `https://`.
    pub is_tls: bool,
    /// The host and port.
    pub server: HostPort,
    /// The path and the query; begins with a slash.
    pub target: String,
}

impl HttpUrl {
    /// Scheme and host, and the port unless it is the scheme's default (RFC 6454, section 6.2).
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_tls { "https" } else { "http" }, self.authority())
    }

    /// Host and port, as in the `Host` header.
    #[must_use]
    pub fn authority(&self) -> String {
        let usual = if self.is_tls { HTTPS_PORT } else { HTTP_PORT };
        let text = self.server.to_string();
        if self.server.port != usual {
            return text;
        }
        text.rsplit_once(':').map_or_else(|| text.clone(), |(host, _)| host.to_owned())
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.target)
    }
}

impl FromStr for HttpUrl {
    type Err = BadHttpUrl;

    fn from_str(text: &str) -> Result<Self, BadHttpUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(BadHttpUrl::Form)?;
        let is_tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(BadHttpUrl::Form),
        };
        let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`|#".contains(&b));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).ok_or(BadHttpUrl::Form)?;
        if authority.contains('@') {
            return Err(BadHttpUrl::Credentials);
        }
        if !is_plain || authority.contains('%') {
            return Err(BadHttpUrl::Form);
        }
        let port = if is_tls { HTTPS_PORT } else { HTTP_PORT };
        let mut server = HostPort::parse(authority, port).map_err(|_| BadHttpUrl::Form)?;
        server.host.make_ascii_lowercase();
        if !is_tls && !is_loopback(&server.host) {
            return Err(BadHttpUrl::Clear);
        }
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { is_tls, server, target })
    }
}

/// Whether a host is this one, so that traffic does not cross a network.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Why a text is not an accepted HTTP URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHttpUrl {
    /// Malformed.
    #[error("is not an address such as https://host/path")]
    Form,
    /// With user information.
    #[error("contains a user or a password; put them into a file")]
    Credentials,
    /// Without TLS, over a network.
    #[error("would send in the clear; use https://, or http:// to localhost")]
    Clear,
}

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_put_together_again() {
        for (text, origin, target) in [
            ("https://Example.org", "https://example.org", "/"),
            ("https://example.org:443/a?b=c", "https://example.org", "/a?b=c"),
            ("https://example.org:8443?x", "https://example.org:8443", "/?x"),
            ("http://[::1]:8080/", "http://[::1]:8080", "/"),
            ("http://127.0.0.1", "http://127.0.0.1", "/"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]", "/"),
        ] {
            let url: HttpUrl = text.parse().unwrap();
            assert_eq!((url.origin().as_str(), url.target.as_str()), (origin, target), "{text}");
        }
    }

    #[test]
    fn leaking_or_ambiguous_urls_are_refused() {
        for (text, why) in [
            ("http://example.org/", BadHttpUrl::Clear),
            ("https://user:secret@example.org/", BadHttpUrl::Credentials),
            ("https://fcm.googleapis.com@evil.example/", BadHttpUrl::Credentials),
            ("ftp://example.org/", BadHttpUrl::Form),
            ("https:///path", BadHttpUrl::Form),
            ("https://example.org/a b", BadHttpUrl::Form),
            ("https://example.org/\r\nX: y", BadHttpUrl::Form),
            ("https://example.org\\@evil.example/", BadHttpUrl::Credentials),
            ("https://example.org\\.evil.example/", BadHttpUrl::Form),
            ("https://ex%61mple.org/", BadHttpUrl::Form),
            ("https://example.org/#fragment", BadHttpUrl::Form),
            ("https://exämple.org/", BadHttpUrl::Form),
            ("example.org", BadHttpUrl::Form),
        ] {
            assert_eq!(text.parse::<HttpUrl>(), Err(why), "{text}");
        }
    }
}
