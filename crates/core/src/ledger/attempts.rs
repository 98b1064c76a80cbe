//! Passwords that were tried: the wrong ones are counted and remembered.

use async_trait::async_trait;

use super::{LedgerError, SourceNote};
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::keyring::Digest;
use crate::limits::{AttemptLimits, Source};

/// Counts main and app passwords that were offered.
///
/// Keyed by account and by account and source, over [`AttemptLimits::window`]. A stranger who knows an account's name can fill the
/// bucket of their own source, and that of the account; sources that logged in before are let through all the same.
#[async_trait]
pub trait Attempts {
    /// Counts an attempt before its secret is verified; atomic over all hosts that share the ledger.
    ///
    /// While a secret is remembered, it counts once. Beyond the limits nothing more is counted.
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError>;

    /// Records how an admitted attempt ended.
    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError>;

    /// What is known at `now` of logins to `account` from `source`.
    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError>;

    /// Forgets the wrong main and app passwords of an account, from every source.
    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError>;
}

/// One secret offered for one account from one source.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The account it was offered for.
    pub account: &'a AccountId,
    /// Where it came from.
    pub source: &'a Source,
    /// The secret under a key of the keyring.
    pub digest: Digest,
    /// When it was offered.
    pub at: Timestamp,
}

/// Whether a secret may be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Verify it, then call [`Attempts::settle`].
    Proceed,
    /// This very secret was wrong a short while ago: refuse it without verifying it again.
    KnownWrong,
    /// Too many secrets were wrong: refuse this one without verifying it.
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
    /// Whether a wrong secret was offered within [`AttemptLimits::window`].
    pub has_failed: bool,
    /// The note of an accepted login from there. It proves something only if it [`SourceNote::is_signed`].
    pub succeeded: Option<SourceNote>,
}
