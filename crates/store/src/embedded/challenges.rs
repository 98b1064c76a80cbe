//! Open challenges: stored, answered, tried and taken, each in one transaction of the volatile database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{
    Answered, ChallengeAdmission, Challenges, LedgerError, NewChallenge, StoredChallenge, Token,
};
use postern_core::limits::PushLimits;
use rusqlite::Transaction;
use tokio::time::{Instant, sleep, timeout};

use super::challenge_transaction::{ChallengeTransaction, New};
use super::error::DatabaseError;
use super::ledger::{BUDGET, EmbeddedLedger};
use super::volatile_db::Stamp;
use crate::challenges::bounded;

#[async_trait]
impl Challenges for EmbeddedLedger {
    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError> {
        let (new, limits) = (New::of(challenge), *limits);
        let put = move |challenges: &ChallengeTransaction<'_>| challenges.put(&new, &limits);
        let admission = self.with_challenges(account, challenge.at, put).await?;
        // It may have replaced one that is waited for.
        self.volatile.changed.notify_waiters();
        Ok(admission)
    }

    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, LedgerError> {
        Ok(self.with_challenges(account, now, |challenges| challenges.open()).await?)
    }

    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError> {
        let answer = bounded(answer)?.to_owned();
        let store = move |challenges: &ChallengeTransaction<'_>| challenges.answer(id, &answer);
        let answered = self.with_challenges(account, at, store).await?;
        self.volatile.changed.notify_waiters();
        Ok(answered)
    }

    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        Ok(self.with_challenges(account, at, move |challenges| challenges.try_code(id, most, token)).await?)
    }

    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<StoredChallenge>, LedgerError> {
        let taken = self.with_challenges(account, at, move |challenges| challenges.take(id, token)).await?;
        self.volatile.changed.notify_waiters();
        Ok(taken)
    }

    /// Is woken by this process, or by a change that another one made to the file.
    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        let end = Instant::now() + longest;
        loop {
            // Before the question, so that no later change is missed.
            let (changed, seen) = (self.volatile.changed.notified(), self.volatile.stamp());
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            let now = self.volatile.clock.now();
            if !self.with_challenges(account, now, move |challenges| challenges.is_waiting(id)).await? {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let woken = async {
                tokio::select! {
                    () = changed => {}
                    () = self.await_another_process(seen) => {}
                }
            };
            // It may also expire meanwhile.
            drop(timeout(left.min(LONGEST_SILENCE), woken).await);
        }
    }

    async fn mute_pushes(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        Ok(self.with_challenges(account, at, move |challenges| challenges.mute_pushes(until)).await?)
    }
}

impl EmbeddedLedger {
    /// Runs `work` in a transaction for one account.
    async fn with_challenges<T: Send + 'static>(
        &self,
        account: &AccountId,
        at: Timestamp,
        work: impl Fn(&ChallengeTransaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (volatile, account) = (Arc::clone(&self.volatile), account.as_str().to_owned());
        let work = move |transaction: &Transaction<'_>| {
            work(&ChallengeTransaction::new(&volatile, transaction, &account, at)?)
        };
        self.volatile.run(BUDGET, work).await
    }

    async fn await_another_process(&self, seen: Option<Stamp>) {
        while self.volatile.stamp() == seen {
            sleep(GLANCE).await;
        }
    }
}

/// How long a waiter waits before it asks again.
const LONGEST_SILENCE: Duration = Duration::from_secs(1);
/// How often the file's modification time is read; nothing else is read for that.
const GLANCE: Duration = Duration::from_millis(100);
