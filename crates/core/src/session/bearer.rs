//! A secret together with the account that it is for, in one text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::account::AccountId;
use crate::browser_secret::{BrowserSecret, SecretDigest};
use crate::keyring::{Keyring, Sealed};
use crate::random::{Random, RandomnessGone};

/// 256 secret bits, with the account that they are for.
///
/// The text is the bits and, after a dot, the account's id sealed with the keyring and bound to them and to a label, which says what
/// kind of secret it is: one kind is never taken for another.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) secret: BrowserSecret,
    pub(super) account: AccountId,
    text: Zeroizing<String>,
}

impl Bearer {
    pub(super) fn of(
        label: &[u8],
        secret: BrowserSecret,
        account: &AccountId,
        keyring: &Keyring,
        random: Random,
    ) -> Result<Self, RandomnessGone> {
        let mut nonce = [0; 24];
        random(&mut nonce)?;
        let sealed = keyring.seal(&bound_to(label, &secret), account.as_str().as_bytes(), nonce);
        // The cipher takes anything of this size.
        let sealed = sealed.map_err(|_| RandomnessGone)?.to_string();
        let (secret_text, sealed) =
            (Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.bytes())), URL_SAFE_NO_PAD.encode(sealed));
        let text = Zeroizing::new(format!("{}.{sealed}", *secret_text));
        Ok(Self { secret, account: account.clone(), text })
    }

    /// Reads the text form. `None` if this site did not make it, or with another label.
    pub(super) fn parse(label: &[u8], text: &str, keyring: &Keyring) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (secret, sealed) = text.split_once('.')?;
        let secret = BrowserSecret::of_bytes(&Zeroizing::new(URL_SAFE_NO_PAD.decode(secret).ok()?))?;
        let sealed = String::from_utf8(URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
        let account = keyring.open(&bound_to(label, &secret), &Sealed::parse(&sealed).ok()?).ok()?;
        let account = AccountId::new(String::from_utf8(account.to_vec()).ok()?);
        Some(Self { secret, account, text: Zeroizing::new(text.to_owned()) })
    }

    /// The text form, for its bearer alone.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn digest(&self) -> SecretDigest {
        self.secret.digest()
    }
}

/// An account's id cannot be moved to another secret.
fn bound_to(label: &[u8], secret: &BrowserSecret) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([label, &secret.bytes()[..]].concat())
}

/// Longer than any text for an account id of a directory.
const LONGEST: usize = 2048;
