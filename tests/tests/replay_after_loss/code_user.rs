//! A user with an authenticator app.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{Ledger, LedgerError, Spend, Spent, Token};
use postern_tests::Stopwatch;

use super::PERIOD;

/// An account with one factor.
#[derive(Debug, Clone)]
pub(crate) struct CodeUser {
    account: AccountId,
    factor: FactorId,
    /// Whether none of its steps was ever spent.
    pub(crate) is_new: bool,
}

impl CodeUser {
    pub(crate) fn new(account: &str) -> Self {
        Self { account: AccountId::new(account.to_owned()), factor: FactorId::new([7; 16]), is_new: false }
    }

    /// Asks for a step of [`PERIOD`].
    pub(crate) async fn spend(
        &self,
        ledger: &Arc<dyn Ledger>,
        step: u64,
        at: u64,
        token: Token,
    ) -> Result<Spent, LedgerError> {
        self.spend_of(ledger, PERIOD, step, at, token).await
    }

    /// Asks for a step of any period.
    pub(crate) async fn spend_of(
        &self,
        ledger: &Arc<dyn Ledger>,
        period: u64,
        step: u64,
        at: u64,
        token: Token,
    ) -> Result<Spent, LedgerError> {
        let (account, factor, is_first) = (&self.account, self.factor, self.is_new);
        let at = Timestamp::from_unix(at);
        ledger.spend(&Spend { account, factor, step, period, is_first, at, token }).await
    }

    /// The same, again and again for as long as the ledger is down.
    pub(crate) async fn ask(&self, ledger: &Arc<dyn Ledger>, step: u64, at: u64) -> Spent {
        let (start, token) = (Stopwatch::start(), token());
        loop {
            match self.spend(ledger, step, at, token).await {
                Ok(spent) => return spent,
                Err(LedgerError::Down(why)) => assert!(!start.is_over(PATIENCE), "{why}"),
                Err(LedgerError::Broken(why)) => panic!("{why}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// One that no other question has.
pub(crate) fn token() -> Token {
    let mut token = [0; 16];
    getrandom::fill(&mut token).unwrap();
    Token::new(token)
}

const PATIENCE: Duration = Duration::from_secs(30);
