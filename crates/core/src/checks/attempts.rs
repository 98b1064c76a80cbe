//! Counting attempts, in the ledger or, while that is down, in this process.

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::engine::Engine;
use crate::exchange::context::Exchange;
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, LedgerError, Settlement, SourceNote};
use crate::limits::{AttemptLimits, Counter, LocalAttempt, Source};
use crate::turns::{Lane, Stranger, Tried};

/// What is known of logins to an account from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Past {
    has_failed: bool,
    /// Under the keyring.
    has_succeeded: bool,
}

/// Counts the attempt before its secret is verified. A source that succeeded before goes on past the limit of the account.
pub(crate) async fn admit(
    exchange: &mut Exchange<'_>,
    attempt: &Attempt<'_>,
    limits: &AttemptLimits,
    past: Past,
) -> Admission {
    let engine = exchange.engine;
    let per_account = if past.has_succeeded { u32::MAX } else { limits.per_account };
    match engine.ledger.admit(attempt, &AttemptLimits { per_account, ..*limits }).await {
        Ok(admission) => admission,
        Err(_) => {
            exchange.trail.is_ledger_down = true;
            engine.caches.attempts.admit(&local(attempt), limits)
        }
    }
}

/// Says how it ended. Where the ledger fails the attempt stays counted, which is the safe side.
pub(crate) async fn settle(exchange: &mut Exchange<'_>, attempt: &Attempt<'_>, settlement: Settlement) {
    let engine = exchange.engine;
    engine.caches.attempts.settle(&local(attempt), settlement);
    if engine.ledger.settle(attempt, settlement).await.is_err() {
        exchange.trail.is_ledger_down = true;
    }
}

fn local<'a>(attempt: &Attempt<'a>) -> LocalAttempt<'a> {
    let Attempt { account, source, digest, at } = *attempt;
    LocalAttempt { counter: Counter::Secrets(account.clone()), source, digest, at }
}

/// What is known of the account from there; nothing while the ledger is down.
pub(crate) async fn history(exchange: &mut Exchange<'_>, account: &AccountId, now: Timestamp) -> Past {
    past(exchange.engine, account, exchange.source, now).await.unwrap_or_else(|_| {
        exchange.trail.is_ledger_down = true;
        Past::default()
    })
}

/// What the ledger knows of the account from there.
pub(crate) async fn past(
    engine: &Engine,
    account: &AccountId,
    source: &Source,
    now: Timestamp,
) -> Result<Past, LedgerError> {
    let history = engine.ledger.history(account, source, &engine.limits.attempts, now).await?;
    let is_signed = |note: SourceNote| note.is_signed(account, source, &engine.keyring, now);
    Ok(Past { has_failed: history.has_failed, has_succeeded: history.succeeded.is_some_and(is_signed) })
}

impl Past {
    /// Whether a login from there was let in before.
    pub(crate) fn has_succeeded(self) -> bool {
        self.has_succeeded
    }

    /// An app password is cheap to check: only those who failed before wait.
    pub(crate) fn lane_for_app_password(self, stranger: Stranger) -> Lane {
        if self.has_failed && !self.has_succeeded { Lane::Slow(stranger) } else { Lane::Fast }
    }

    /// A main password is dear to check: only those who succeeded before go first.
    pub(crate) fn lane_for_main_password(self, stranger: Stranger) -> Lane {
        if self.has_succeeded { Lane::Fast } else { Lane::Slow(stranger) }
    }
}

/// Who tries the account from there, if no login from there was let in before.
pub(crate) fn stranger(engine: &Engine, account: &AccountId, source: &Source) -> Stranger {
    let account = engine.keyring.digest("account of a stranger", &[account.as_str().as_bytes()]);
    Stranger { tried: Tried::Account(account), source: stranger_source(engine, source) }
}

/// Who tries a name without an account from there.
pub(crate) fn stranger_to_all(engine: &Engine, name: Digest, source: &Source) -> Stranger {
    Stranger { tried: Tried::UnknownName(name), source: stranger_source(engine, source) }
}

fn stranger_source(engine: &Engine, source: &Source) -> Option<Digest> {
    let digest = || engine.keyring.digest("source of a stranger", &[source.as_str().as_bytes()]);
    (!source.is_shared()).then(digest)
}
