//! Trusted browsers: what a browser keeps in a cookie, so that a sign-in needs no second step.
//!
//! Beside a fixed id a browser has a secret, which is replaced at each use. The ledger stores the digest of the one in force in the
//! signed record of the trust. An earlier one that comes back shows that somebody has a copy.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::browser_secret::{BrowserSecret, SecretDigest};
use crate::device::Device;
use crate::random::{Random, RandomnessGone, draw_bits};

/// The id of a browser, and the secret that it has to show next.
pub struct TrustedBrowser {
    id: [u8; 16],
    secret: BrowserSecret,
}

impl TrustedBrowser {
    /// Of random bits.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn draw(random: Random) -> Result<Self, RandomnessGone> {
        Ok(Self { id: draw_bits(random)?, secret: BrowserSecret::draw(random)? })
    }

    /// The same browser with a new secret.
    ///
    /// # Errors
    /// The operating system gives no random bits.
    pub fn renewed(&self, random: Random) -> Result<Self, RandomnessGone> {
        Ok(Self { id: self.id, secret: BrowserSecret::draw(random)? })
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 2 * (16 + BrowserSecret::BYTES) {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        let (id, secret) = bytes.split_first_chunk::<16>()?;
        Some(Self { id: *id, secret: BrowserSecret::of_bytes(secret)? })
    }

    /// The text form, for the browser alone.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&self.id[..], &self.secret.bytes()[..]].concat());
        Zeroizing::new(URL_SAFE_NO_PAD.encode(&*bytes))
    }

    /// The browser as a device, with this name.
    #[must_use]
    pub fn device(&self, name: &str) -> Device {
        Device::of_browser(self.id, name)
    }

    /// The digest of the secret.
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        self.secret.digest()
    }
}

impl fmt::Debug for TrustedBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrustedBrowser")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(bytes: &mut [u8]) -> Result<(), RandomnessGone> {
        getrandom::fill(bytes).map_err(|_| RandomnessGone)
    }

    #[test]
    fn a_renewed_browser_is_the_same_with_another_secret() {
        let browser = TrustedBrowser::draw(random).unwrap();
        let read = TrustedBrowser::parse(&browser.expose()).unwrap();
        assert_eq!((read.digest(), read.device("x")), (browser.digest(), browser.device("x")));
        let renewed = browser.renewed(random).unwrap();
        assert_eq!(renewed.device("x"), browser.device("x"));
        assert_ne!(renewed.digest(), browser.digest());
        assert_ne!(TrustedBrowser::draw(random).unwrap().device("x"), browser.device("x"));
        assert_eq!(format!("{browser:?}"), "TrustedBrowser");
        let text = browser.expose();
        for text in
            ["", "AAAA", text.split_at(1).1, &format!("{}A", *text), &format!("{}=", *text), &"A".repeat(999)]
        {
            assert!(TrustedBrowser::parse(text).is_none(), "{text}");
        }
    }
}
