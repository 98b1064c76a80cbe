//! Open challenges: stored, answered, tried and taken. A challenge that was taken once is refused from then on, as a replay.

use std::time::Duration;

use async_trait::async_trait;

use super::{LedgerError, Token};
use crate::account::AccountId;
use crate::challenge::ChallengeId;
use crate::clock::Timestamp;
use crate::factor::FactorId;
use crate::limits::PushLimits;

/// Keeps challenges until they expire. A stored challenge proves nothing before its seal is checked.
///
/// Pushes are counted by account, in a row and not in a window: see [`PushLimits`]. Only a login whose first factor was proved can
/// send one.
#[async_trait]
pub trait Challenges {
    /// Stores a challenge, if its [`ChallengeSlot`] allows for one more. A call that is repeated with the same id stores it once.
    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError>;

    /// The challenges of an account that are neither expired at `now` nor taken, sorted by id.
    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, LedgerError>;

    /// Stores the answer to a challenge that is not expired at `at`, and wakes those who wait for it. The first answer counts, and
    /// the pushes of the account no longer count as unanswered.
    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError>;

    /// Counts an attempt at a challenge's code before it is verified, and returns the challenge. `None` if it is expired, taken, or
    /// was tried `most` times before. A call that is repeated with the same token counts once.
    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError>;

    /// Takes a challenge, and wakes those who wait for it. Exactly one caller gets it, among all hosts that share the ledger, and for
    /// ever; a call that is repeated with the same token gets it again. `None` if it is expired at `at` or taken, or if the ledger
    /// may have forgotten that it was taken.
    ///
    /// # Errors
    /// After [`LedgerError::Down`] it may be taken.
    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError>;

    /// Waits until a challenge is answered, taken or expired, at most `longest`. True if one of these happened; false if time is
    /// up. An answer on another host is noticed within 200 ms.
    ///
    /// # Errors
    /// As soon as the ledger fails.
    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError>;

    /// Lets no push go to the account's phones until then ([`ChallengeAdmission::Muted`]).
    async fn mute_pushes(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError>;
}

/// A challenge to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewChallenge<'a> {
    /// Its id.
    pub id: ChallengeId,
    /// How many there may be beside it.
    pub slot: ChallengeSlot,
    /// Its contents, as written by [`crate::challenge::Challenge::seal`]; opaque to the ledger.
    pub value: &'a str,
    /// When it expires.
    pub expires: Timestamp,
    /// When it is stored.
    pub at: Timestamp,
}

/// How many open challenges of a kind there may be at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeSlot {
    /// One for each account: while this one is open and has no answer, another one is refused. If it sends a push, it counts as
    /// unanswered until it or a later one is answered.
    Approval {
        /// Whether it sends a push to a phone.
        pushes: bool,
    },
    /// One for each destination of a code: a newer one replaces this one.
    Code(FactorId),
    /// One for each account: a newer one replaces this one.
    Pairing,
}

/// Whether a challenge was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeAdmission {
    /// It was.
    Put,
    /// Another one waits for its answer, and there may be only one.
    Busy {
        /// When that one expires.
        until: Timestamp,
    },
    /// Too many pushes had no answer, or the owner reported one as fraud.
    Muted {
        /// When a push may be sent again.
        until: Timestamp,
    },
}

/// A challenge as stored in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// Its contents.
    pub value: String,
    /// When it expires.
    pub expires: Timestamp,
    /// How often its code was tried.
    pub tries: u32,
    /// The answer, if there is one.
    pub answer: Option<String>,
}

/// The fate of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It is the first one, and counts.
    Now,
    /// There was another one before.
    Before,
    /// The challenge is expired or taken.
    Gone,
}
