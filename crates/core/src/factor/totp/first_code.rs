//! The proof that an app has a new key: one right code, which is spent.

use crate::account::AccountId;
use crate::changes::authority::Authority;
use crate::clock::Timestamp;
use crate::exchange::outage::{Outage, clock_text};
use crate::factor::{CodeText, FactorId};
use crate::ledger::{LedgerError, Spend, Spent};
use crate::limits::MOST_TRIES;
use crate::random::{RandomnessGone, draw_token};

use super::{NewTotp, TotpError};

/// Checks the codes that a person types while their new app is set up.
#[derive(Debug)]
pub struct FirstCode<'a> {
    authority: &'a Authority,
    account: &'a AccountId,
    factor: FactorId,
    totp: &'a NewTotp,
    /// Whether the seed was generated just now, so that no code of it can have been spent before.
    is_new_seed: bool,
    tries: u32,
    is_too_early: bool,
}

impl<'a> FirstCode<'a> {
    /// For the factor that is to have this seed.
    #[must_use]
    pub fn new(
        authority: &'a Authority,
        account: &'a AccountId,
        factor: FactorId,
        totp: &'a NewTotp,
        is_new_seed: bool,
    ) -> Self {
        Self { authority, account, factor, totp, is_new_seed, tries: 0, is_too_early: false }
    }

    /// Whether one more code may be tried.
    #[must_use]
    pub fn may_try(&self) -> bool {
        self.tries < MOST_TRIES
    }

    /// Whether a code was right and could not be taken yet.
    #[must_use]
    pub fn was_too_early(&self) -> bool {
        self.is_too_early
    }

    /// Checks what was typed, and spends the code if it is right, so that it cannot be used again. `None` if it is right.
    ///
    /// # Errors
    /// [`FirstCodeError`].
    pub async fn check(&mut self, typed: &str) -> Result<Option<FirstCodeProblem>, FirstCodeError> {
        self.tries += 1;
        let at = self.authority.clock.now();
        let Some(code) = CodeText::parse(typed) else { return Ok(Some(FirstCodeProblem::Unreadable)) };
        let Some(step) = self.totp.matching_step(&code, at)? else {
            return Ok(Some(FirstCodeProblem::Wrong));
        };
        let (period, token) = (self.totp.shape.period.seconds(), draw_token(self.authority.random)?);
        let (account, factor, is_first) = (self.account, self.factor, self.is_new_seed);
        let spend = Spend { account, factor, step, period, is_first, at, token };
        match self.authority.ledger.spend(&spend).await? {
            Spent::Now => Ok(None),
            Spent::WrongClock { ahead } => Err(FirstCodeError::WrongClock { ahead }),
            Spent::Replayed => Ok(Some(FirstCodeProblem::Replayed)),
            Spent::Unknown { from } => {
                self.is_too_early = true;
                let until = Timestamp::from_unix(from.saturating_mul(period)).as_unix();
                Ok(Some(FirstCodeProblem::TooEarly { seconds: until.saturating_sub(at.as_unix()).max(1) }))
            }
        }
    }
}

/// Why a code does not prove the app, so that another one may be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstCodeProblem {
    /// Not 6 or 8 digits.
    Unreadable,
    /// No code of this seed.
    Wrong,
    /// It was used before.
    Replayed,
    /// It may have been used before; codes are taken again after so many seconds.
    TooEarly {
        /// At least one.
        seconds: u64,
    },
}

/// Why no code can be checked now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FirstCodeError {
    /// The seed makes no codes.
    #[error(transparent)]
    Totp(#[from] TotpError),
    /// The ledger is out of order.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Randomness is out of order.
    #[error(transparent)]
    Randomness(#[from] RandomnessGone),
    /// This host and the ledger disagree about the time.
    #[error("{}", clock_text(*ahead))]
    WrongClock {
        /// As in [`Spent::WrongClock`].
        ahead: i64,
    },
}

impl From<FirstCodeError> for Outage {
    fn from(error: FirstCodeError) -> Self {
        match error {
            FirstCodeError::Totp(error) => error.into(),
            FirstCodeError::Ledger(error) => error.into(),
            FirstCodeError::Randomness(error) => error.into(),
            FirstCodeError::WrongClock { ahead } => Self::WrongClock { ahead },
        }
    }
}
