//! Where what may expire is kept: Redis, or its stand-in.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::account::{AccountId, Revision};
use crate::app_password::Selector;
use crate::clock::Timestamp;
use crate::keyring::Digest;
use crate::limits::{AttemptLimits, Source};

/// Keeps attempts, last uses and revisions. Every call ends within the implementation's own deadline, and may be repeated.
#[async_trait]
pub trait Ledger: Send + Sync + fmt::Debug {
    /// Counts an attempt before its secret is verified; atomic over all hosts that share the ledger.
    ///
    /// The same secret counts once while it is remembered. Past the limits nothing more is counted.
    ///
    /// # Errors
    /// As the type says.
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError>;

    /// Says how an admitted attempt ended.
    ///
    /// # Errors
    /// As the type says.
    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError>;

    /// What is known at `now` of logins to `account` from `source`.
    ///
    /// # Errors
    /// As the type says.
    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError>;

    /// Notes a login that was let in: its source, and for one credential of one account the newest use, unless that is
    /// less than [`NOTE_EVERY`] younger than the one that is kept.
    ///
    /// # Errors
    /// As the type says.
    async fn note_use(&self, account: &AccountId, used: &Use) -> Result<(), LedgerError>;

    /// The last use of each credential of an account.
    ///
    /// # Errors
    /// As the type says.
    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError>;

    /// Notes that `account` has reached `revision`; the highest is kept for [`REVISION_MEMORY`].
    ///
    /// # Errors
    /// As the type says.
    async fn note_revision(
        &self,
        account: &AccountId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The highest revision that `account` is known to have reached, where that is not forgotten at `now`.
    ///
    /// # Errors
    /// As the type says.
    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Revision>, LedgerError>;

    /// Whether it is in order now, and what its keeper should know.
    ///
    /// # Errors
    /// As the type says.
    async fn health(&self) -> Result<Health, LedgerError>;
}

/// One secret offered for one account from one source.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// For whom.
    pub account: &'a AccountId,
    /// From where.
    pub source: &'a Source,
    /// The secret under a key of the keyring.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
}

/// Whether a secret may be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Verify it, then [`Ledger::settle`].
    Proceed,
    /// This very secret was wrong a short while ago: refuse it without another look.
    KnownWrong,
    /// Too many wrong ones: refuse it without a look.
    Limited,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// The secret was wrong; it stays counted.
    Wrong,
    /// The secret was right, or could not be verified; it no longer counts.
    Withdrawn,
}

/// What is known of logins to an account from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Something wrong was offered within [`AttemptLimits::window`].
    pub has_failed: bool,
    /// A login from there was let in within [`crate::limits::SOURCE_MEMORY`].
    pub has_succeeded: bool,
}

/// A login that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// With what.
    pub credential: Credential,
    /// When.
    pub at: Timestamp,
    /// To which service.
    pub service: String,
    /// The client's address, where it is known.
    pub address: Option<std::net::IpAddr>,
}

/// What a login was let in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// The main password.
    MainPassword,
    /// An app password.
    AppPassword(Selector),
}

/// A ledger that is in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What it is, and where.
    pub what: String,
    /// What its keeper should mend, though it works without.
    pub warnings: Vec<String>,
}

/// How long a revision is remembered; by then every replica of the directory has it.
pub const REVISION_MEMORY: Duration = Duration::from_secs(3600);

/// How much younger a use has to be to replace the one that is kept.
pub const NOTE_EVERY: Duration = Duration::from_secs(60);

/// The ledger is out of order. App passwords work without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be asked now; later it may be.
    #[error("the ledger does not answer: {0}")]
    Down(String),
    /// What it holds or how it is set up has to be mended by an admin.
    #[error("the ledger is not in order: {0}")]
    Broken(String),
}
