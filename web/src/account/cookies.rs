//! The cookies of the account's pages. All have the prefix `__Host-`: no other host of the site can set them (RFC 6265bis,
//! section 4.1.3.2).

use hyper::HeaderMap;
use hyper::header::{HeaderValue, InvalidHeaderValue};
use zeroize::Zeroizing;

use crate::token::only_cookie;

/// A cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The token of the session.
    Session,
    /// What makes this browser a trusted one.
    TrustedBrowser,
    /// Tells browsers apart before they are logged in: whose form and whose conversation it is.
    Visitor,
    /// The language that was chosen on the page.
    Language,
    /// The application that sent the browser here, and what it wants to hear again.
    Application,
}

impl Cookie {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-postern-session",
            Self::TrustedBrowser => "__Host-postern-browser",
            Self::Visitor => "__Host-postern-visitor",
            Self::Language => "__Host-postern-language",
            Self::Application => "__Host-postern-goal",
        }
    }

    /// How long the browser keeps it, in seconds; none: until it is closed.
    fn max_age(self) -> Option<u64> {
        match self {
            Self::Session | Self::Visitor | Self::Application => None,
            // posternd decides how long it is good for; browsers allow no more than this.
            Self::TrustedBrowser | Self::Language => Some(400 * 24 * 60 * 60),
        }
    }

    /// Its value, if the browser sent one that has the shape of ours. Sent twice, none counts.
    pub(super) fn of(self, headers: &HeaderMap) -> Option<Zeroizing<String>> {
        only_cookie(headers, self.name())
            .filter(|value| is_value(value))
            .map(|value| Zeroizing::new(value.to_owned()))
    }

    /// The header `Set-Cookie` that sets it.
    pub(super) fn set(self, value: &str) -> Result<HeaderValue, InvalidHeaderValue> {
        let age = self.max_age().map_or_else(String::new, |age| format!("; Max-Age={age}"));
        let line = Zeroizing::new(format!("{}={value}{ATTRIBUTES}{age}", self.name()));
        let mut header = HeaderValue::from_str(&line)?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// The header `Set-Cookie` that removes it.
    pub(super) fn clear(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Session => "__Host-postern-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::TrustedBrowser => {
                "__Host-postern-browser=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
            }
            Self::Application => "__Host-postern-goal=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::Visitor => "__Host-postern-visitor=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            Self::Language => "__Host-postern-language=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        })
    }
}

fn is_value(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'))
}

/// A link from a mail or from a web mail has to find the session; forms are protected by more than this.
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use hyper::header::COOKIE;

    use super::*;

    fn sent(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        Cookie::Session.of(&headers).map(|value| value.to_string())
    }

    #[test]
    fn a_cookie_is_found_among_others_and_twice_is_none() {
        assert_eq!(sent(&["a=b; __Host-postern-session=AbC-_1; c=d"]).as_deref(), Some("AbC-_1"));
        assert_eq!(sent(&["a=b", "__Host-postern-session=x"]).as_deref(), Some("x"));
        assert_eq!(sent(&["__Host-postern-session=x; __Host-postern-session=y"]), None);
        assert_eq!(sent(&["postern-session=x"]), None);
        assert_eq!(sent(&["__Host-postern-session="]), None);
        assert_eq!(sent(&["__Host-postern-session=a b\""]), None);
    }

    #[test]
    fn what_clears_a_cookie_has_the_name_and_attributes_of_what_sets_it() {
        let all =
            [Cookie::Session, Cookie::TrustedBrowser, Cookie::Visitor, Cookie::Language, Cookie::Application];
        for cookie in all {
            let cleared = cookie.clear();
            assert_eq!(cleared.to_str().unwrap(), format!("{}={ATTRIBUTES}; Max-Age=0", cookie.name()));
            assert!(
                cookie.set("v").unwrap().to_str().unwrap().starts_with(&format!("{}=v; ", cookie.name()))
            );
        }
    }
}
