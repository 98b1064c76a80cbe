//! Replay protection for time-based codes: a code that was accepted once is refused (RFC 6238, section 5.2).
//!
//! The *fence* is the first time step whose fate the ledger certainly knows. A ledger that may have lost records, because Redis failed
//! over or a file was replaced, moves its fence forward and refuses earlier steps, as any of them may be a replay.

use async_trait::async_trait;

use super::{LedgerError, Token};
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::factor::FactorId;

/// Remembers which time steps are spent.
#[async_trait]
pub trait ReplayProtection {
    /// Spends a time step. Exactly one caller can spend it, among all hosts that share the ledger, and for ever; every other caller
    /// gets [`Spent::Replayed`]. Spending a step also spends all earlier ones.
    ///
    /// If the ledger may have forgotten what was spent, only steps behind the fence are available: those from the second one after
    /// the present. With a window of one step the next one may be spent already.
    ///
    /// # Errors
    /// After [`LedgerError::Down`] the step may be spent; a call with the same token spends it again.
    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError>;
}

/// A time step of one factor (RFC 6238, section 5.2).
#[derive(Debug, Clone, Copy)]
pub struct Spend<'a> {
    /// The factor's account.
    pub account: &'a AccountId,
    /// The factor.
    pub factor: FactorId,
    /// The number of the step.
    pub step: u64,
    /// Its length in seconds.
    pub period: u64,
    /// Whether the seed was made a moment ago. Then no step of it was spent before, even if the ledger lost its records.
    pub is_first: bool,
    /// When the code was offered.
    pub at: Timestamp,
    /// Identifies this request.
    pub token: Token,
}

/// Whether a time step was available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It is spent, by this request.
    Now,
    /// It, or a later one, was spent before: the code is a replay.
    Replayed,
    /// It may have been spent before; the ledger no longer knows.
    Unknown {
        /// The fence: the first step that is available.
        from: u64,
    },
    /// The clocks of the host and of the ledger differ by more than [`crate::clock::SKEW`]: no step is available to this host.
    WrongClock {
        /// By how many seconds the host's clock is ahead; negative if it is behind.
        ahead: i64,
    },
}
