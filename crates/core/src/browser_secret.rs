//! The random secret in a browser's cookie, and the digest by which it is recognised.

use std::fmt;

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::{Random, RandomnessGone};

/// 256 random bits, or as many that follow from such.
#[derive(Clone)]
pub(crate) struct BrowserSecret(Zeroizing<[u8; Self::BYTES]>);

impl BrowserSecret {
    pub(crate) const BYTES: usize = 32;

    pub(crate) fn draw(random: Random) -> Result<Self, RandomnessGone> {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        random(bytes.as_mut())?;
        Ok(Self(bytes))
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut secret = Zeroizing::new([0; Self::BYTES]);
        (bytes.len() == Self::BYTES).then(|| secret.copy_from_slice(bytes))?;
        Some(Self(secret))
    }

    /// Another secret, which nobody can compute without this one and from which nobody can compute this one: HKDF-SHA256 (RFC 5869) with
    /// `label` and `context` as its info.
    pub(crate) fn derive(&self, label: &str, context: &str) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        let length = u64::try_from(label.len()).unwrap_or(u64::MAX).to_be_bytes();
        let info = [&length[..], label.as_bytes(), context.as_bytes()];
        // One block is asked for, and 255 may be.
        let expanded = Hkdf::<Sha256>::new(None, self.bytes()).expand_multi_info(&info, bytes.as_mut());
        debug_assert!(expanded.is_ok(), "one block");
        Self(bytes)
    }

    /// Encrypts another secret for who has this one: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce in front.
    pub(crate) fn seal(&self, other: &Self, random: Random) -> Result<Vec<u8>, RandomnessGone> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        // The cipher takes anything of this size.
        let sealed = self.cipher().encrypt(&nonce.into(), &other.bytes()[..]).map_err(|_| RandomnessGone)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts the result of [`seal`](Self::seal). `None` if this is not the secret that it was encrypted for.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Self> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let opened = Zeroizing::new(self.cipher().decrypt(&(*nonce).into(), sealed).ok()?);
        Self::of_bytes(&opened)
    }

    /// Under a key of its own, so that nothing else that is derived from the secret can weaken it.
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.derive("seal", "").bytes().into())
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    pub(crate) fn digest(&self) -> SecretDigest {
        SecretDigest::of(self.bytes())
    }
}

impl fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSecret")
    }
}

/// SHA-256 of a [`BrowserSecret`], which cannot be guessed from it: it has 256 random bits. As text it is 64 hexadecimal digits.
#[derive(Clone, Eq)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Of a text that has at least as many random bits, or is no secret.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest")
    }
}

impl Serialize for SecretDigest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (high, low) = self.0.split_at(16);
        let half = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
        to.collect_str(&format_args!("{:032x}{:032x}", half(high), half(low)))
    }
}

impl<'de> Deserialize<'de> for SecretDigest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let read = || {
            let (high, low) = text.split_at_checked(32)?;
            let mut bytes = [0; 32];
            let (first, second) = bytes.split_at_mut(16);
            first.copy_from_slice(&crate::hex_id::parse(high)?);
            second.copy_from_slice(&crate::hex_id::parse(low)?);
            Some(Self(bytes))
        };
        read().ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}

const NONCE_BYTES: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn random(bytes: &mut [u8]) -> Result<(), RandomnessGone> {
        getrandom::fill(bytes).map_err(|_| RandomnessGone)
    }

    #[test]
    fn what_is_derived_depends_on_the_secret_the_label_and_the_context() {
        let of = |byte, label: &str, context: &str| {
            *BrowserSecret::of_bytes(&[byte; 32]).unwrap().derive(label, context).bytes()
        };
        let one = of(1, "a", "b");
        assert_eq!(of(1, "a", "b"), one);
        for other in [of(2, "a", "b"), of(1, "c", "b"), of(1, "a", "c"), of(1, "ab", ""), of(1, "", "ab")] {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn a_sealed_secret_opens_for_who_has_the_other_one() {
        let [one, two, three] = [(); 3].map(|()| BrowserSecret::draw(random).unwrap());
        let sealed = one.seal(&two, random).unwrap();
        assert_eq!(one.open(&sealed).unwrap().bytes(), two.bytes());
        assert!(three.open(&sealed).is_none() && one.open(&sealed[1..]).is_none() && one.open(&[]).is_none());
    }
}
