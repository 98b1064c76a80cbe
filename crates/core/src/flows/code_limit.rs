//! What keeps codes from being looked at.

use crate::account::Account;
use crate::checks::typed_codes::CodeCheckContext;
use crate::exchange::context::Exchange;
use crate::factor::{Factor, registry};
use crate::ledger::LedgerError;
use crate::verdict::Reason;
use crate::words::Phrase;

/// Why no code is looked at.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// Too many were wrong, for so many minutes.
    Paused { minutes: u64 },
    /// The factors are locked.
    Locked,
}

impl Limit {
    /// What keeps codes from being looked at, as far as it is known before one is typed. Someone who has proved nothing hears of it
    /// only after they typed one.
    pub(super) async fn of(exchange: &Exchange<'_>, check: CodeCheckContext<'_>) -> Option<Self> {
        let engine = exchange.engine;
        if !check.is_known || exchange.trail.is_ledger_down {
            return None;
        }
        // Before the pause, which ends by itself.
        if registry::are_codes_locked(&check.account.data.factors) {
            return Some(Self::Locked);
        }
        let attempt = check.attempt(engine, exchange.source).ok()?;
        match engine.ledger.code_pause(&attempt, &engine.limits.codes).await {
            Ok(Some(until)) => Some(Self::Paused { minutes: engine.seconds_until(until).div_ceil(60) }),
            // The check of the code says what is down.
            Ok(None) | Err(LedgerError::Down(_) | LedgerError::Broken(_)) => None,
        }
    }

    pub(super) fn phrase(self) -> Phrase<'static> {
        match self {
            Self::Paused { minutes } => Phrase::CodesLimited { minutes },
            Self::Locked => Phrase::FactorLocked {},
        }
    }

    pub(super) fn reason(self) -> Reason {
        match self {
            Self::Paused { .. } => Reason::Limited,
            Self::Locked => Reason::Locked,
        }
    }

    /// Whether the factor can be proved all the same: one that takes no code for it.
    pub(super) fn leaves(self, factor: &Factor) -> bool {
        match self {
            Self::Paused { .. } => factor.locked.is_none() && registry::signs(factor),
            Self::Locked => factor.locked.is_none() && !registry::takes_codes(factor),
        }
    }

    pub(super) fn leaves_recovery_codes(self, account: &Account) -> bool {
        match self {
            Self::Paused { .. } => false,
            Self::Locked => !account.data.recovery_codes.is_empty(),
        }
    }
}
