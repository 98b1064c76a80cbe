use crate::account::AccountId;
use crate::clock::SKEW;
use crate::directory::DirectoryError;
use crate::factor::BadTotp;
use crate::hashing::NotComputed;
use crate::ledger::{Credential, LedgerError};
use crate::unix_users::NameServiceError;
use crate::userdb::BadField;
use crate::verdict::{Reason, Verdict};
use crate::words::Language;

use super::app_password::{ChangeError, RandomnessGone};
use super::dialogue::Stop;

/// How a flow ended, and what the log should know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the front door is told.
    pub verdict: Verdict,
    /// What the log is told.
    pub trail: Trail,
}

/// What was found out on the way. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trail {
    /// The account that the name belongs to.
    pub account: Option<AccountId>,
    /// What the secret was taken for.
    pub credential: Option<Credential>,
    /// More than the reason says.
    pub detail: Option<&'static str>,
    /// Something was changed that outlives the conversation, however it ended.
    pub is_changed: bool,
    /// What policy would have refused, were it not only observed.
    pub observed: Option<Reason>,
    /// The ledger could not be used.
    pub is_ledger_down: bool,
    /// A message could not be sent.
    pub is_courier_down: bool,
    /// What the site's budget for text messages has come to, where there is something to say.
    pub sms_budget: Option<SmsBudget>,
    /// The language that the person was spoken to in.
    pub language: Option<Language>,
}

/// What the site's budget for text messages has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsBudget {
    /// Four fifths of it are used up.
    Near,
    /// Nothing is sent to anybody.
    UsedUp,
    /// Nothing is sent for logins from sources that never succeeded for the account.
    UsedUpForNewSources,
    /// Nothing is sent to numbers that are not bound yet.
    UsedUpForNewNumbers,
}

impl SmsBudget {
    /// As the log has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::UsedUp => "used_up",
            Self::UsedUpForNewSources => "used_up_for_new_sources",
            Self::UsedUpForNewNumbers => "used_up_for_new_numbers",
        }
    }
}

/// A broken world on the way to a verdict.
#[derive(Debug, thiserror::Error)]
pub(super) enum Outage {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Hashing(#[from] NotComputed),
    #[error("the directory is down, and an older copy is enough for an app password alone")]
    Stale,
    #[error("the directory does not find an account by the uidNumber that it carries, or finds another one")]
    UidNotFound,
    #[error("{}", clock_text(*ahead))]
    WrongClock {
        /// As in [`crate::ledger::Spent::WrongClock`].
        ahead: i64,
    },
    #[error("the ledger does not know any more which codes were used; the next but one will do")]
    ForgottenCodes,
    #[error(transparent)]
    Userdb(#[from] BadField),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Users(#[from] NameServiceError),
    #[error(transparent)]
    Factor(#[from] BadTotp),
    #[error(transparent)]
    Randomness(#[from] RandomnessGone),
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// What is wrong with this host's clock, or the ledger's, where they are `ahead` seconds apart.
#[must_use]
pub fn clock_text(ahead: i64) -> String {
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    format!(
        "this host's clock is {} s {side} the ledger's; no code is taken here until they agree to {} s",
        ahead.unsigned_abs(),
        SKEW.as_secs()
    )
}

impl Outcome {
    /// The one place where a broken world becomes a verdict.
    pub(super) fn of(decided: Result<Verdict, Outage>, trail: Trail) -> Self {
        let verdict = decided.unwrap_or_else(|outage| Verdict::Defer(outage.to_string()));
        Self { verdict, trail }
    }

    /// The same for a flow that may be stopped in the middle.
    pub(super) fn of_stop(decided: Result<Verdict, Stop>, trail: Trail) -> Self {
        let decided = decided.or_else(|stop| match stop {
            Stop::Reject(reason) => Ok(Verdict::Reject(reason)),
            Stop::Defer(outage) => Err(outage),
        });
        Self::of(decided, trail)
    }
}
