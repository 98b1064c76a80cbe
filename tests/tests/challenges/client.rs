//! A client with a challenge.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::{Clock, Timestamp};
use postern_core::config::Redis as RedisConfig;
use postern_core::ledger::{
    Answered, ChallengeAdmission, ChallengeSlot, Ledger, LedgerError, NewChallenge, StoredChallenge, Token,
};
use postern_core::limits::PushLimits;
use postern_store::{LedgerTime, RedisLedger};
use postern_tests::{SetClock, Stopwatch};
use tokio::task::JoinHandle;

use super::LATER;

/// An account at one process's ledger. Everything is at [`LATER`] where nothing else is said.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) account: AccountId,
}

impl Client {
    pub(crate) fn new(ledger: &Arc<dyn Ledger>, account: &str) -> Self {
        Self { ledger: Arc::clone(ledger), account: AccountId::new(account.to_owned()) }
    }

    /// Account `a` on a site's Redis, as a process of its own would have it.
    pub(crate) fn on(config: &RedisConfig) -> Self {
        let clock: Arc<dyn Clock> = SetClock::at(LATER);
        let ledger: Arc<dyn Ledger> =
            Arc::new(RedisLedger::open_at(config, clock, LedgerTime::Caller).unwrap());
        Self::new(&ledger, "a")
    }

    /// Another account at the same ledger.
    pub(crate) fn of(&self, account: &str) -> Self {
        Self::new(&self.ledger, account)
    }

    /// A challenge that lasts for a minute and has neither phones nor an answer.
    pub(crate) async fn put(&self) -> ChallengeId {
        let id = ChallengeId::new(token().bytes());
        let admission = self.try_put(id, ChallengeSlot::Approval { pushes: false }, "sealed", 60).await;
        assert_eq!(admission, Ok(ChallengeAdmission::Put));
        id
    }

    pub(crate) async fn try_put(
        &self,
        id: ChallengeId,
        slot: ChallengeSlot,
        value: &str,
        seconds: u64,
    ) -> Result<ChallengeAdmission, LedgerError> {
        self.try_put_at(LATER, id, slot, (value, seconds)).await
    }

    /// The same at another time.
    pub(crate) async fn try_put_at(
        &self,
        at: u64,
        id: ChallengeId,
        slot: ChallengeSlot,
        (value, seconds): (&str, u64),
    ) -> Result<ChallengeAdmission, LedgerError> {
        let (at, expires) = (Timestamp::from_unix(at), Timestamp::from_unix(at + seconds));
        let new = NewChallenge { id, slot, value, expires, at };
        self.ledger.put_challenge(&self.account, &new, &PushLimits::default()).await
    }

    pub(crate) async fn answer(&self, id: ChallengeId, answer: &str) -> Result<Answered, LedgerError> {
        self.ledger.answer_challenge(&self.account, id, answer, Timestamp::from_unix(LATER)).await
    }

    pub(crate) async fn look(&self, id: ChallengeId) -> Result<Option<StoredChallenge>, LedgerError> {
        let at = Timestamp::from_unix(LATER);
        self.ledger.try_challenge(&self.account, id, MOST, token(), at).await
    }

    pub(crate) async fn take(&self, id: ChallengeId) -> Result<Option<StoredChallenge>, LedgerError> {
        self.ledger.take_challenge(&self.account, id, token(), Timestamp::from_unix(LATER)).await
    }

    pub(crate) async fn open(&self) -> Vec<StoredChallenge> {
        self.ledger.challenges(&self.account, Timestamp::from_unix(LATER)).await.unwrap()
    }

    /// Waits in the background.
    pub(crate) fn wait(&self, id: ChallengeId, longest: Duration) -> JoinHandle<Result<bool, LedgerError>> {
        let this = self.clone();
        tokio::spawn(async move { this.ledger.await_challenge(&this.account, id, longest).await })
    }

    /// Nothing of it is to be had.
    pub(crate) async fn is_gone(&self, id: ChallengeId) {
        assert_eq!(self.answer(id, "yes").await, Ok(Answered::Gone));
        assert_eq!(self.look(id).await, Ok(None));
        assert_eq!(self.take(id).await, Ok(None));
        assert!(self.open().await.iter().all(|kept| kept.id != id));
    }

    /// Waits until the ledger is there again.
    pub(crate) async fn recovers(&self) {
        let waited = Stopwatch::start();
        while !waited.is_over(Duration::from_secs(30)) {
            if self.ledger.challenges(&self.account, Timestamp::from_unix(LATER)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it stays away");
    }
}

/// One that no other question has.
pub(crate) fn token() -> Token {
    let mut token = [0; 16];
    getrandom::fill(&mut token).unwrap();
    Token::new(token)
}

/// How often a code may be looked at.
pub(crate) const MOST: u32 = 5;
