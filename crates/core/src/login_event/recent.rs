//! What this process wrote a short while ago: a mail program that logs in all the time costs one write a minute.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::ledger::NOTE_EVERY;

use super::record::LoginEventId;

/// Events that were written, with the logins that have been counted since.
pub struct RecentLogins(Mutex<LruCache<Key, Written>>);

type Key = (AccountId, LoginEventId);

#[derive(Default)]
struct Written {
    at: Option<Timestamp>,
    value: Option<String>,
    uncounted: u64,
    is_under_way: bool,
}

impl RecentLogins {
    /// Nothing written yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    /// Counts a login. `None` if it need not be written now: the next one of its kind is written with it.
    pub(crate) fn begin(
        &self,
        account: &AccountId,
        id: LoginEventId,
        now: Timestamp,
    ) -> Option<EventWrite<'_>> {
        let key = (account.clone(), id);
        let mut all = self.lock();
        let written = all.get_or_insert_mut(key.clone(), Written::default);
        written.uncounted = written.uncounted.saturating_add(1);
        let is_recent = written.at.is_some_and(|at| at <= now && at.plus(NOTE_EVERY) > now);
        if is_recent || written.is_under_way {
            return None;
        }
        written.is_under_way = true;
        let count = std::mem::take(&mut written.uncounted);
        let known = written.value.take();
        drop(all);
        Some(EventWrite { all: self, key, count, known })
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Key, Written>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write that is under way. Where it fails or is cut off, its logins are counted with the next one.
pub(crate) struct EventWrite<'a> {
    all: &'a RecentLogins,
    key: Key,
    /// The logins to be counted.
    pub(crate) count: u64,
    /// The value that was written last, which another process may have replaced.
    pub(crate) known: Option<String>,
}

impl EventWrite<'_> {
    /// It was made.
    pub(crate) fn finish(mut self, value: String, at: Timestamp) {
        self.count = 0;
        if let Some(written) = self.all.lock().get_mut(&self.key) {
            written.at = Some(at);
            written.value = Some(value);
        }
    }
}

impl Drop for EventWrite<'_> {
    fn drop(&mut self) {
        if let Some(written) = self.all.lock().get_mut(&self.key) {
            written.is_under_way = false;
            written.uncounted = written.uncounted.saturating_add(self.count);
        }
    }
}

impl Default for RecentLogins {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RecentLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecentLogins")
    }
}

const MOST: NonZeroUsize = NonZeroUsize::new(8192).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Digest;
    use crate::login_event::EventGroup;

    #[test]
    fn logins_within_a_minute_are_counted_with_the_next_write() {
        let recent = RecentLogins::new();
        let begin = |at| recent.begin(&account(), ID, Timestamp::from_unix(at));
        let write = begin(NOW).unwrap();
        assert_eq!((write.count, write.known.as_deref()), (1, None));
        assert!(begin(NOW).is_none(), "one is under way");
        write.finish("one".to_owned(), Timestamp::from_unix(NOW));
        assert!(begin(NOW + 59).is_none());
        let next = begin(NOW + 60).unwrap();
        assert_eq!((next.count, next.known.as_deref()), (3, Some("one")));
        drop(next);
        let again = begin(NOW + 60).unwrap();
        assert_eq!((again.count, again.known.as_deref()), (4, None), "it failed, and is made again");
        again.finish("two".to_owned(), Timestamp::from_unix(NOW + 60));
        assert!(begin(NOW - 600).is_some(), "the clock was set back");
    }

    fn account() -> AccountId {
        AccountId::new("a".to_owned())
    }

    const ID: LoginEventId = LoginEventId { group: EventGroup::Accepted, digest: Digest::new([1; 16]) };
    const NOW: u64 = 1_800_000_000;
}
