//! Whoever waits for a challenge is woken by this process, or by the file that another one has changed.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use rusqlite::Transaction;
use tokio::time::{Instant, sleep, timeout};

use super::challenges::{BUDGET, Desk};
use super::database::DatabaseError;
use super::memory::{Memory, Stamp};

impl Memory {
    /// Runs `work` for one account, and wakes whoever waits.
    pub(super) async fn at_desk<T: Send + 'static>(
        self: &Arc<Self>,
        account: &AccountId,
        at: Timestamp,
        work: impl Fn(&Desk<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (this, account) = (Arc::clone(self), account.as_str().to_owned());
        self.run(BUDGET, move |transaction: &Transaction<'_>| {
            work(&Desk::of(&this, transaction, &account, at)?)
        })
        .await
    }

    /// Waits until there is something to look at, or until time is up.
    pub(super) async fn await_challenge(
        self: &Arc<Self>,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, DatabaseError> {
        let end = Instant::now() + longest;
        loop {
            // Before the look, so that what changes after it is heard of.
            let (changed, seen) = (self.changed.notified(), self.stamp());
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            if !self.at_desk(account, self.clock.now(), move |desk| desk.waits(id)).await? {
                return Ok(true);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            // Time passes, too: it may be over.
            let woken = async {
                tokio::select! {
                    () = changed => {}
                    () = self.is_changed_by_another(seen) => {}
                }
            };
            drop(timeout(left.min(BEAT), woken).await);
        }
    }

    async fn is_changed_by_another(&self, seen: Option<Stamp>) {
        while self.stamp() == seen {
            sleep(GLANCE).await;
        }
    }
}

/// How long a look lasts.
const BEAT: Duration = Duration::from_secs(1);
/// How often the file's date is looked at; nothing is read for that.
const GLANCE: Duration = Duration::from_millis(100);
