use std::fmt;

use serde::{Deserialize, Serialize};

/// A version of the protocol. A front door names one in its `begin`, and every message of that conversation is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub enum Version {
    /// Questions and lines are text.
    One,
    /// Questions and lines carry their id, arguments and choices beside the text.
    Two,
}

impl Version {
    /// The oldest that a server still speaks.
    pub const OLDEST: Self = Self::One;
    /// The newest that this build knows.
    pub const NEWEST: Self = Self::Two;
}

impl From<Version> for u32 {
    fn from(version: Version) -> Self {
        match version {
            Version::One => 1,
            Version::Two => 2,
        }
    }
}

impl TryFrom<u32> for Version {
    type Error = UnknownVersion;

    fn try_from(number: u32) -> Result<Self, UnknownVersion> {
        match number {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            _ => Err(UnknownVersion),
        }
    }
}

/// A version that this build does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownVersion;

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an unknown version of the protocol")
    }
}

impl std::error::Error for UnknownVersion {}
