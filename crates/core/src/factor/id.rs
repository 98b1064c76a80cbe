//! The identity of a factor.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hex_id;
use crate::random::{Random, RandomnessGone, draw_bits};

/// A factor's identity: 128 random bits. Its secrets are sealed with the id as associated data, so that they cannot be moved to
/// another factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactorId(u128);

impl FactorId {
    /// From random bits.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(random))
    }

    /// Of random bits.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn draw(random: Random) -> Result<Self, RandomnessGone> {
        draw_bits(random).map(Self::new)
    }

    /// As bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// A short form that identifies a factor within an account, for display.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }

    /// Whether `text` designates this one: the whole id, or at least 4 characters of its beginning.
    #[must_use]
    pub fn is_meant_by(self, text: &str) -> bool {
        hex_id::is_meant_by(&self, text)
    }
}

impl fmt::Display for FactorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_id::write(self.bytes(), f)
    }
}

impl FromStr for FactorId {
    type Err = BadFactorId;

    fn from_str(text: &str) -> Result<Self, BadFactorId> {
        hex_id::parse(text).map(Self::new).ok_or(BadFactorId)
    }
}

impl Serialize for FactorId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactorId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The text is not the id of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a factor's id: 32 hexadecimal digits")]
pub struct BadFactorId;

const SHORT: usize = 8;
