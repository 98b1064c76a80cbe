//! What the ledger keeps of an event.

use crate::clock::Timestamp;
use crate::keyring::Digest;

/// The record of an event. It says nothing before its MAC is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginEventRecord {
    /// Which one.
    pub id: LoginEventId,
    /// JSON text with a MAC.
    pub value: String,
    /// When the last of its logins was.
    pub last: Timestamp,
}

/// Tells events of an account apart: logins that are alike have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginEventId {
    /// What it competes with for room.
    pub group: EventGroup,
    /// Over everything else in which logins have to be alike.
    pub digest: Digest,
}

/// Events that compete for room. A stranger can fill the last group, who knows the main password the second one, and only who is let in
/// the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventGroup {
    /// Logins that were accepted.
    Accepted,
    /// Logins that were refused although the first factor was proved.
    Proved,
    /// All other refusals.
    Refused,
}

impl EventGroup {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Proved, Self::Refused];

    /// The name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Proved => "proved",
            Self::Refused => "refused",
        }
    }

    /// Reads the same.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }
}
