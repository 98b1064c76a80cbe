//! The newest revision of each account, by which an outdated copy of its entry is noticed.

use std::time::Duration;

use async_trait::async_trait;

use super::LedgerError;
use crate::account::{AccountId, Revision};
use crate::clock::Timestamp;
use crate::keyring::{Digest, Keyring, OlderKeys};

/// Remembers which revision each account has reached.
#[async_trait]
pub trait Revisions {
    /// Notes that `account` has reached a revision; the highest is kept for [`REVISION_RETENTION`].
    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError>;

    /// The note of the highest revision that `account` has reached, unless it is forgotten at `now`. It proves something only
    /// if it [`RevisionNote::is_signed`].
    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<RevisionNote>, LedgerError>;
}

/// That an account has reached a revision, signed with the keyring.
///
/// An unsigned note can only make a decision stricter: an older entry is read again from the master. A signed note also says
/// that the entry need not be read again for [`CURRENT_FOR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionNote {
    /// The revision.
    pub revision: Revision,
    /// When it was the newest.
    pub at: Timestamp,
    /// Over the account, the revision and the time.
    pub mac: Digest,
}

impl RevisionNote {
    /// Signs it with the current key.
    #[must_use]
    pub fn sign(account: &AccountId, revision: Revision, at: Timestamp, keyring: &Keyring) -> Self {
        let (number, time) = (revision.0.to_be_bytes(), at.as_unix().to_be_bytes());
        let mac = keyring.digest(REVISION, &[account.as_str().as_bytes(), &number, &time]);
        Self { revision, at, mac }
    }

    /// Whether this site signed it.
    #[must_use]
    pub fn is_signed(&self, account: &AccountId, keyring: &Keyring, now: Timestamp) -> bool {
        let older = OlderKeys::within_of(CURRENT_FOR, self.at, now);
        let (number, time) = (self.revision.0.to_be_bytes(), self.at.as_unix().to_be_bytes());
        keyring.vouches(&self.mac, REVISION, &[account.as_str().as_bytes(), &number, &time], older)
    }

    /// Whether it is recent enough to say which revision is the newest at `now`.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        !self.at.is_from_future(now) && self.at.plus(CURRENT_FOR) > now
    }
}

/// How long a signed note makes a read from the master unnecessary. An attacker who may write to the ledger can put an older note
/// of the site back for as long.
pub const CURRENT_FOR: Duration = Duration::from_secs(60);

/// How long a revision is remembered; by then every replica of the directory has it.
pub const REVISION_RETENTION: Duration = Duration::from_secs(3600);

const REVISION: &str = "revision";
