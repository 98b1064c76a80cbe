//! Counting attempts, in the ledger or, while that is down, in this process.

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::hashing::Lane;
use crate::ledger::{Admission, Attempt, History, Settlement};
use crate::limits::{AttemptLimits, Source};

use super::Trail;

/// Counts the attempt before its secret is verified.
pub(super) async fn admit(
    engine: &Engine,
    attempt: &Attempt<'_>,
    limits: &AttemptLimits,
    trail: &mut Trail,
) -> Admission {
    match engine.ledger.admit(attempt, limits).await {
        Ok(admission) => admission,
        Err(_) => {
            trail.is_ledger_down = true;
            engine.memory.attempts.admit(attempt, limits)
        }
    }
}

/// Says how it ended. Where the ledger fails the attempt stays counted, which is the safe side.
pub(super) async fn settle(
    engine: &Engine,
    attempt: &Attempt<'_>,
    settlement: Settlement,
    trail: &mut Trail,
) {
    engine.memory.attempts.settle(attempt, settlement);
    if engine.ledger.settle(attempt, settlement).await.is_err() {
        trail.is_ledger_down = true;
    }
}

/// What is known of the account from there; nothing while the ledger is down.
pub(super) async fn history(
    engine: &Engine,
    account: &AccountId,
    source: &Source,
    now: Timestamp,
    trail: &mut Trail,
) -> History {
    match engine.ledger.history(account, source, &engine.limits.attempts, now).await {
        Ok(history) => history,
        Err(_) => {
            trail.is_ledger_down = true;
            History::default()
        }
    }
}

impl History {
    /// An app password is cheap to check: only those who failed before wait.
    pub(super) fn lane_for_app_password(self) -> Lane {
        if self.has_failed && !self.has_succeeded { Lane::Slow } else { Lane::Fast }
    }

    /// A main password is dear to check: only those who succeeded before go first.
    pub(super) fn lane_for_main_password(self) -> Lane {
        if self.has_succeeded { Lane::Fast } else { Lane::Slow }
    }
}
