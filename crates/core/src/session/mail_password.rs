//! The password with which an application logs in to mail services for who is logged in with a browser.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::browser_secret::{BrowserSecret, SecretDigest};

/// A session mail password: a prefix by which it is recognised, and 256 bits in base64url (RFC 4648, section 5). 56 characters, all of
/// which a bearer token may have (RFC 6750, section 2.1).
pub struct SessionMailPassword(BrowserSecret);

impl SessionMailPassword {
    pub(super) fn of(key: &BrowserSecret) -> Self {
        Self(key.derive(LABEL, ""))
    }

    /// Whether a secret claims to be one. Then it is taken for nothing else: not for an app password, nor for a main password.
    #[must_use]
    pub fn is_claimed_by(secret: &str) -> bool {
        secret.starts_with(PREFIX)
    }

    /// Reads one. `None` if it has not the form of one.
    #[must_use]
    pub fn parse(secret: &str) -> Option<Self> {
        let bits = secret.strip_prefix(PREFIX)?;
        let bits = Zeroizing::new(URL_SAFE_NO_PAD.decode(bits).ok()?);
        BrowserSecret::of_bytes(&bits).map(Self)
    }

    /// The text form, for the application alone.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let bits = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.bytes()));
        Zeroizing::new(format!("{PREFIX}{}", *bits))
    }

    pub(super) fn digest(&self) -> SecretDigest {
        self.0.digest()
    }
}

impl fmt::Debug for SessionMailPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionMailPassword")
    }
}

const PREFIX: &str = "postern_mail_";
const LABEL: &str = "session mail password";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_and_is_short_enough_for_dovecot_with_a_long_name() {
        let password = SessionMailPassword::of(&BrowserSecret::of_bytes(&[7; 32]).unwrap());
        let text = password.expose();
        assert_eq!((text.len(), format!("{password:?}").as_str()), (56, "SessionMailPassword"));
        assert_eq!(SessionMailPassword::parse(&text).unwrap().digest(), password.digest());
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{}", *text);
    }

    #[test]
    fn what_claims_to_be_one_may_be_none() {
        for text in ["postern_mail_", "postern_mail_x", &format!("postern_mail_{}", "A".repeat(44))] {
            assert!(SessionMailPassword::is_claimed_by(text) && SessionMailPassword::parse(text).is_none());
        }
        for text in ["", "postern", "Postern_mail_x", " postern_mail_x"] {
            assert!(!SessionMailPassword::is_claimed_by(text), "{text:?}");
        }
    }
}
