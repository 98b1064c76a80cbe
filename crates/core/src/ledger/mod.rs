//! The ledger: where everything that may expire is kept, in Redis or in its embedded stand-in.
//!
//! [`Ledger`] is the sum of one small trait for each kind of record. Each trait has a file here and a file of the same name in each
//! store: begin at `redis_ledger/challenges.rs` for what Redis does for [`Challenges`]. Replayed secrets are refused by
//! [`ReplayProtection`] (a code of an authenticator), [`Claims`] (a recovery code or a ticket that a restored directory brings back)
//! and [`Challenges`] (a sent code or an approval).

mod attempts;
mod browser_records;
mod challenges;
mod claims;
mod code_attempts;
mod error;
mod last_uses;
mod login_history;
mod replay;
mod revisions;
mod sendings;
mod token;
mod trusted_devices;

use std::fmt;

use async_trait::async_trait;

use crate::clock::Timestamp;

pub use attempts::{Admission, Attempt, Attempts, History, Settlement};
pub use browser_records::{BrowserRecords, MOST_BROWSER_RECORDS};
pub use challenges::{
    Answered, ChallengeAdmission, ChallengeSlot, Challenges, NewChallenge, StoredChallenge,
};
pub use claims::Claims;
pub use code_attempts::{CodeAdmission, CodeAttempt, CodeAttempts, CodeSettlement};
pub use error::LedgerError;
pub use last_uses::{Credential, LastUses, NOTE_EVERY, SourceNote, Use};
pub use login_history::{EventPut, LoginHistory};
pub use replay::{ReplayProtection, Spend, Spent};
pub use revisions::{CURRENT_FOR, REVISION_RETENTION, RevisionNote, Revisions};
pub use sendings::{SendAdmission, Sending, Sendings};
pub use token::Token;
pub use trusted_devices::TrustedDevices;

/// Keeps everything that may expire. Every call ends within the implementation's own deadline, and may be repeated.
///
/// A record whose time lies in the future counts as written now, so a clock that was once wrong makes no login wait longer
/// than the window in question. If the ledger has a clock of its own, that clock decides.
#[async_trait]
pub trait Ledger:
    Attempts
    + CodeAttempts
    + ReplayProtection
    + Claims
    + LastUses
    + LoginHistory
    + Revisions
    + TrustedDevices
    + BrowserRecords
    + Sendings
    + Challenges
    + Send
    + Sync
    + fmt::Debug
{
    /// The time by the ledger's own clock; `None` if it has none but this host's.
    async fn time(&self) -> Result<Option<Timestamp>, LedgerError>;

    /// Whether the ledger works now, and what its administrator should know. Asking changes nothing.
    async fn health(&self) -> Result<Health, LedgerError>;
}

/// The state of a ledger that answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Which product it is, and where.
    pub what: String,
    /// What its administrator should change, although it works.
    pub warnings: Vec<String>,
    /// What does not work, and how to repair it.
    pub failures: Vec<String>,
}
