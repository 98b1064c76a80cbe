use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::{SystemClock, Timestamp};
use postern_core::config::Redis as RedisConfig;
use postern_core::keyring::Digest;
use postern_core::ledger::{Admission, Attempt, Attempts, LedgerError, Revisions, Settlement};
use postern_core::limits::{AttemptLimits, Source};
use postern_store::{LedgerTime, RedisLedger};

use crate::stopwatch::{Elapsed, Stopwatch};

/// A ledger, and the one account and source that it is asked about.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The ledger.
    pub ledger: Arc<RedisLedger>,
    /// The account.
    pub account: AccountId,
    source: Source,
}

impl Probe {
    /// A ledger on a site's Redis, and account `a`.
    #[must_use]
    pub fn on(config: &RedisConfig) -> Self {
        let ledger =
            Arc::new(RedisLedger::open_at(config, Arc::new(SystemClock), LedgerTime::Caller).unwrap());
        let source = Source::of("203.0.113.1".parse().ok());
        Self { ledger, account: AccountId::new("a".to_owned()), source }
    }

    /// The same ledger, and another account.
    #[must_use]
    pub fn of(&self, account: &str) -> Self {
        Self { account: AccountId::new(account.to_owned()), ..self.clone() }
    }

    fn attempt(&self, secret: u8) -> Attempt<'_> {
        let at = Timestamp::from_unix(NOW);
        Attempt { account: &self.account, source: &self.source, digest: Digest::new([secret; 16]), at }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// Those of the ledger.
    pub async fn try_admit(&self, secret: u8) -> Result<Admission, LedgerError> {
        self.ledger.admit(&self.attempt(secret), &LIMITS).await
    }

    /// Settles an attempt.
    pub async fn settle(&self, secret: u8, settlement: Settlement) {
        self.ledger.settle(&self.attempt(secret), settlement).await.unwrap();
    }

    /// Counts an attempt and finds it wrong.
    pub async fn wrong(&self, secret: u8) -> Admission {
        let admission = self.try_admit(secret).await.unwrap();
        if admission == Admission::Proceed {
            self.settle(secret, Settlement::Wrong).await;
        }
        admission
    }

    /// The next call ends within its deadline, and says that the ledger is down.
    pub async fn is_down_in_time(&self) {
        self.is_down_within(ONE_DEADLINE).await;
    }

    /// The next call says so without waiting for anything.
    pub async fn is_down_at_once(&self) {
        self.is_down_within(NO_ATTEMPT).await;
    }

    async fn is_down_within(&self, limit: Duration) {
        let start = Stopwatch::start();
        let answer = self.try_admit(99).await;
        let waited = start.elapsed();
        assert!(matches!(answer, Err(LedgerError::Down(_))), "{answer:?}");
        waited.assert_within(limit);
    }

    /// No caller waits for work in the background.
    pub async fn is_down_at_once_for(&self, time: Duration) {
        let start = Stopwatch::start();
        while !start.elapsed().at_least(time) {
            self.is_down_at_once().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it works again, and holds each call on the way to its deadline.
    pub async fn recovers(&self) -> Elapsed {
        let start = Stopwatch::start();
        loop {
            let call = Stopwatch::start();
            let answer = self.ledger.known_revision(&self.account, Timestamp::from_unix(NOW)).await;
            call.assert_within(ONE_DEADLINE);
            if answer.is_ok() && self.try_admit(98).await.is_ok() {
                self.settle(98, Settlement::Withdrawn).await;
                return start.elapsed();
            }
            assert!(!start.is_over(Duration::from_secs(20)), "{answer:?} after {}", start.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// More than a call's deadline of 600 ms, and less than two of them.
pub const ONE_DEADLINE: Duration = Duration::from_millis(1_100);
/// Less than the 500 ms of an attempt to connect.
const NO_ATTEMPT: Duration = Duration::from_millis(250);
/// When everything happens.
pub const NOW: u64 = 1_800_000_000;
/// The limits of every attempt.
pub const LIMITS: AttemptLimits =
    AttemptLimits { per_source: 10, per_account: 100, window: Duration::from_secs(900) };
