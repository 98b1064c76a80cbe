//! The format of the codes of a seed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// The format of the codes of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TotpShape {
    /// The hash function of the HMAC.
    pub algorithm: Algorithm,
    /// Whether codes have 8 digits instead of 6.
    pub has_eight_digits: bool,
    /// The time step.
    pub period: Period,
}

/// The hash function of RFC 6238, section 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// HMAC-SHA-1, which every app supports.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name in apps and otpauth URIs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

/// The time step of RFC 6238, section 4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// 30 seconds.
    #[default]
    Half,
    /// 60 seconds.
    Minute,
}

impl Period {
    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Half => 30,
            Self::Minute => 60,
        }
    }
}

impl TotpShape {
    /// Checks requested parameters.
    ///
    /// # Errors
    /// [`BadShape`] says what is permitted.
    pub fn new(algorithm: Algorithm, digits: u8, period_seconds: u64) -> Result<Self, BadShape> {
        let has_eight_digits = match digits {
            6 => false,
            8 => true,
            _ => return Err(BadShape::Digits),
        };
        let period = match period_seconds {
            30 => Period::Half,
            60 => Period::Minute,
            _ => return Err(BadShape::Period),
        };
        Ok(Self { algorithm, has_eight_digits, period })
    }

    /// The number of digits in a code.
    #[must_use]
    pub fn digits(self) -> u8 {
        if self.has_eight_digits { 8 } else { 6 }
    }

    /// The number of the time step that `at` is in.
    #[must_use]
    pub fn step(self, at: Timestamp) -> u64 {
        at.as_unix() / self.period.seconds()
    }
}

impl fmt::Display for TotpShape {
    /// The parameters, as they are entered into an app by hand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} digits, {} seconds", self.algorithm.name(), self.digits(), self.period.seconds())
    }
}

/// Why a format of codes is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadShape {
    /// Not 6 or 8.
    #[error("a code has 6 or 8 digits")]
    Digits,
    /// Not 30 or 60.
    #[error("a code is shown for 30 or 60 seconds")]
    Period,
}
