//! What the ledger keeps of browsers. It is not trusted: each record has a MAC under the keyring.

use crate::clock::Timestamp;
use crate::keyring::Digest;

/// A record of a signed-in or trusted browser, opaque to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserRecord {
    /// The key of the record.
    pub id: BrowserRecordId,
    /// The text with its MAC.
    pub value: String,
    /// When the record may be deleted.
    pub expires: Timestamp,
}

/// The key of a record: what it is of, and a keyed digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BrowserRecordId {
    /// What it is of.
    pub kind: BrowserRecordKind,
    /// Of the account and the secret, or of the account and the browser.
    pub digest: Digest,
}

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BrowserRecordKind {
    /// A session: a browser that is signed in.
    Session,
    /// The trust in a browser, which replaces the second step of a sign-in.
    Trust,
}

impl BrowserRecordKind {
    /// The name in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Trust => "trust",
        }
    }
}
