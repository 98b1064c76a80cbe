//! The order of mail logins while more come than the host decides at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::exchange::outage::Outage;
use crate::exchange::stop::Stop;
use crate::keyring::Digest;
use crate::turns::{Bounds, Gate, Lane, Stranger, Waiver};
use crate::verdict::Verdict;

/// Lets mail logins in to be decided: at once where this process accepted that name from that source and rejected few since, the
/// others a few at a time, those that were tried least often lately first.
///
/// Each login needs the processors, the directory and the ledger several times. A flood that is let in as it comes queues up at each of
/// these, and everybody waits behind it each time. Whether there is such an account is not known yet, so a stranger cannot tell by the
/// order. Who shares a source with others, and floods it, can tell that a name was accepted from there.
pub struct MailGate {
    gate: Arc<Gate>,
    /// How often they were rejected since they were accepted.
    regulars: Mutex<LruCache<Digest, u32>>,
}

impl MailGate {
    /// A gate that knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self { gate: Gate::new(BOUNDS), regulars: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Decides a login when it is its turn, which it may give up by the `waiver`. `visitor` is its name and source in one; who that is as
    /// a stranger is asked only if it has to wait.
    ///
    /// # Errors
    /// Those of the login, and [`Outage::Crowd`] if its turn does not come.
    pub(crate) async fn pass(
        &self,
        visitor: Digest,
        stranger: impl FnOnce() -> Stranger,
        waiver: &Waiver,
        login: impl Future<Output = Result<Verdict, Stop>>,
    ) -> Result<Verdict, Stop> {
        let is_regular = self.regulars().get(&visitor).is_some_and(|rejected| *rejected < FORGIVEN);
        let decided = if is_regular { login.await } else { self.in_turn(stranger(), waiver, login).await };
        match &decided {
            Ok(Verdict::Accept(_)) => {
                self.regulars().put(visitor, 0);
            }
            Ok(Verdict::Reject(_)) => self.note_rejection(visitor),
            Err(stop) if stop.is_rejection() => self.note_rejection(visitor),
            Ok(Verdict::Defer(_) | Verdict::Ignore(_)) | Err(_) => {}
        }
        decided
    }

    async fn in_turn(
        &self,
        stranger: Stranger,
        waiver: &Waiver,
        login: impl Future<Output = Result<Verdict, Stop>>,
    ) -> Result<Verdict, Stop> {
        let turn = self.gate.turn(Lane::Slow(stranger), Instant::now() + PATIENCE).await;
        let decided = turn.ok_or(Outage::Crowd)?.spend_until(waiver, login).await;
        if matches!(decided, Ok(Verdict::Accept(_))) {
            self.gate.forgive(stranger);
        }
        decided
    }

    fn note_rejection(&self, visitor: Digest) {
        if let Some(rejected) = self.regulars().get_mut(&visitor) {
            *rejected = rejected.saturating_add(1);
        }
    }

    fn regulars(&self) -> MutexGuard<'_, LruCache<Digest, u32>> {
        self.regulars.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MailGate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MailGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailGate")
    }
}

/// Strangers that are decided at a time: more than keep the processors busy while some wait for the directory or the ledger. There is room
/// for fewer than `[limits] connections` has places, so that those who need not wait still find one.
const BOUNDS: Bounds = Bounds { at_one_time: 32, room: 512, lasts: Duration::from_millis(100) };
/// Half of a front door's deadline (`mail_deadline` of client.toml), so that a client still hears that it should come back.
const PATIENCE: Duration = Duration::from_secs(4);
/// A device with an old password may be behind the same address.
const FORGIVEN: u32 = 10;
/// Pairs of a name and a source, about two MiB of them.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(32_768).expect("not zero");

#[cfg(test)]
mod tests;
