//! Protection against cross-site request forgery: a request must repeat a token that only the page itself can read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::same_origin::is_same_origin;

/// A random token. It is in a cookie and in the page, and every request to the API must repeat it in a header.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// The token of the visitor's cookie, or a new one.
    pub(crate) fn of_visitor(headers: &HeaderMap) -> Result<Self, getrandom::Error> {
        if let Some(known) = from_cookie(headers, is_encrypted(headers)) {
            return Ok(Self(known.to_owned()));
        }
        Ok(Self(random_token()?.to_string()))
    }

    /// The token for the page.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `Set-Cookie`. Over https no other host of the site can set this cookie (RFC 6265bis, section
    /// 4.1.3.2).
    pub(crate) fn cookie(&self, headers: &HeaderMap) -> String {
        let encrypted = is_encrypted(headers);
        let secure = if encrypted { "; Secure" } else { "" };
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(encrypted), self.0)
    }
}

/// Whether a request to the API comes from our own page.
#[must_use]
pub fn is_from_page(headers: &HeaderMap) -> bool {
    let cookie = from_cookie(headers, is_encrypted(headers));
    let given = headers.get(HEADER).map(hyper::header::HeaderValue::as_bytes);
    let same = match (cookie, given) {
        (Some(cookie), Some(given)) => bool::from(cookie.as_bytes().ct_eq(given)),
        (Some(_) | None, None) | (None, Some(_)) => false,
    };
    same && is_same_origin(headers, |origin| is_of_host(headers, origin))
}

/// Whether an origin is that of the host which was asked for: this page may be at any.
fn is_of_host(headers: &HeaderMap, origin: &str) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    matches!((origin.split_once("://"), host), (Some(("http" | "https", from)), Some(host)) if from.eq_ignore_ascii_case(host))
}

fn from_cookie(headers: &HeaderMap, encrypted: bool) -> Option<&str> {
    cookie_values(headers, cookie_name(encrypted)).find(|value| is_token(value))
}

/// The values of a cookie, in the order in which the browser sends them (RFC 6265, section 5.4).
pub(crate) fn cookie_values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The value of a cookie, if the browser sent it once. Sent twice, none counts.
#[must_use]
pub fn only_cookie<'h>(headers: &'h HeaderMap, name: &'h str) -> Option<&'h str> {
    let mut found = cookie_values(headers, name);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Characters that cannot be guessed: 256 random bits.
///
/// # Errors
/// The operating system gives no random bytes.
pub(crate) fn random_token() -> Result<Zeroizing<String>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0_u8; BYTES]);
    getrandom::fill(bytes.as_mut())?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether the visitor's connection, which ends at the proxy, is https.
fn is_encrypted(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

fn cookie_name(encrypted: bool) -> &'static str {
    if encrypted { "__Host-postern" } else { "postern" }
}

const HEADER: &str = "x-postern-token";
const BYTES: usize = 32;
const LENGTH: usize = 43;

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        lines.iter().map(line).collect()
    }

    fn accepts(lines: &[(&str, &str)]) -> bool {
        is_from_page(&headers(lines))
    }

    #[test]
    fn the_header_has_to_repeat_the_cookie() {
        let cookie = format!("a=b; postern={TOKEN}; c=d");
        assert!(accepts(&[("cookie", &cookie), (HEADER, TOKEN)]));
        assert!(!accepts(&[("cookie", &cookie)]));
        assert!(!accepts(&[(HEADER, TOKEN)]));
        assert!(!accepts(&[("cookie", &cookie), (HEADER, &TOKEN.replace('A', "B"))]));
        assert!(!accepts(&[("cookie", "postern="), (HEADER, "")]));
        assert!(!accepts(&[("cookie", "postern=short"), (HEADER, "short")]));
    }

    #[test]
    fn another_origin_is_refused_with_every_body() {
        let cookie = format!("postern={TOKEN}");
        let with = |name, value| {
            accepts(&[("host", "p.example:8443"), ("cookie", &cookie), (HEADER, TOKEN), (name, value)])
        };
        assert!(with("origin", "https://p.example:8443"));
        for origin in ["https://evil.example", "null", "https://p.example", "ftp://p.example:8443"] {
            assert!(!with("origin", origin), "{origin}");
        }
        assert!(with("sec-fetch-site", "same-origin"));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!with("sec-fetch-site", site), "{site}");
        }
    }

    #[test]
    fn over_https_only_the_cookie_that_no_other_host_can_set_counts() {
        let https = ("x-forwarded-proto", "https");
        let weak = format!("postern={TOKEN}");
        let strong = format!("__Host-postern={TOKEN}");
        assert!(!accepts(&[https, ("cookie", &weak), (HEADER, TOKEN)]));
        assert!(accepts(&[https, ("cookie", &strong), (HEADER, TOKEN)]));
        let visitor = headers(&[https, ("cookie", &strong)]);
        let token = Token::of_visitor(&visitor).unwrap();
        assert_eq!(token.as_str(), TOKEN);
        let cookie = token.cookie(&visitor);
        assert_eq!(cookie, format!("{strong}; Path=/; HttpOnly; SameSite=Strict; Secure"));
    }

    #[test]
    fn a_new_visitor_gets_a_token_of_their_own() {
        let new = || Token::of_visitor(&HeaderMap::new()).unwrap().0;
        let (one, other) = (new(), new());
        assert!(is_token(&one) && is_token(&other) && one != other);
    }
}
