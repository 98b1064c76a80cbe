//! The random secret in a browser's cookie, and the digest by which it is recognised.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::{Random, RandomnessGone};
use sha2::{Digest as _, Sha256};

/// 256 random bits.
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

    pub(crate) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    pub(crate) fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(*self.0).into())
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
