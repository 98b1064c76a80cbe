//! The order of mail logins while more come than the host decides at once.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::exchange::stop::Stop;
use crate::keyring::Digest;
use crate::turns::{Gate, Lane, Stranger, Waiver};
use crate::verdict::Verdict;

/// Lets mail logins in to be decided: at once where the last one by that name from that source was accepted in this process, the others
/// a few at a time, those that were tried least often lately first.
///
/// Each login needs the processors, the directory and the ledger several times. A flood that is let in as it comes queues up at each of
/// these, and everybody waits behind it each time. Whether there is such an account is not known yet, so the order tells nothing of it.
pub struct MailGate {
    gate: Arc<Gate>,
    regulars: Mutex<LruCache<Digest, ()>>,
}

/// Who logs in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visitor {
    /// The name and the source.
    pub(crate) pair: Digest,
    /// Each for itself.
    pub(crate) stranger: Stranger,
}

impl MailGate {
    /// A gate that knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self { gate: Gate::new(AT_ONE_TIME, usize::MAX), regulars: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    /// Decides a login when it is its turn, which it may give up by the `waiver`.
    pub(crate) async fn pass(
        &self,
        visitor: Visitor,
        waiver: &Waiver,
        login: impl Future<Output = Result<Verdict, Stop>>,
    ) -> Result<Verdict, Stop> {
        let is_regular = self.regulars().get(&visitor.pair).is_some();
        let lane = Lane::Slow(visitor.stranger);
        let turn = if is_regular { None } else { self.gate.turn(lane).await };
        let decided = match turn {
            Some(turn) => turn.spend_until(waiver, login).await,
            None => login.await,
        };
        match &decided {
            Ok(Verdict::Accept(_)) => self.remember(visitor),
            Ok(Verdict::Reject(_)) => self.forget(visitor),
            Err(stop) if stop.is_rejection() => self.forget(visitor),
            Ok(Verdict::Defer(_) | Verdict::Ignore(_)) | Err(_) => {}
        }
        decided
    }

    fn remember(&self, visitor: Visitor) {
        let before = self.regulars().put(visitor.pair, ());
        if before.is_none() {
            self.gate.forgive(visitor.stranger);
        }
    }

    fn forget(&self, visitor: Visitor) {
        self.regulars().pop(&visitor.pair);
    }

    fn regulars(&self) -> MutexGuard<'_, LruCache<Digest, ()>> {
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

/// Strangers that are decided at a time: more than keep the processors busy while some wait for the directory or the ledger.
const AT_ONE_TIME: usize = 32;
/// Pairs of a name and a source, about two MiB of them.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(32_768).expect("not zero");

#[cfg(test)]
mod tests;
