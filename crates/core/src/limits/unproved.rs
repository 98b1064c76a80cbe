use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Source;
use crate::account::AccountId;
use crate::clock::Timestamp;

/// Requests of the phone page without a valid signature.
///
/// A signature can only be verified after a search for the account, so a limit before the search would also lock out valid
/// requests. Instead, wrong requests are counted by the account that they claim and by their source, within a minute. Only their
/// sender fills this count. Beyond the limit, requests wait for fewer places. The number of concurrent searches is bounded.
pub struct UnprovedCalls {
    wrong: Mutex<LruCache<(AccountId, Source), Wrong>>,
    places: Semaphore,
    places_over_limit: Semaphore,
}

#[derive(Clone, Copy)]
struct Wrong {
    count: u32,
    since: Timestamp,
}

impl UnprovedCalls {
    /// Without any request.
    #[must_use]
    pub fn new() -> Self {
        Self {
            wrong: Mutex::new(LruCache::new(MOST_REMEMBERED)),
            places: Semaphore::new(PLACES),
            places_over_limit: Semaphore::new(PLACES_OVER_LIMIT),
        }
    }

    /// Whether there were too many wrong requests for `account` from `source`.
    #[must_use]
    pub fn is_over(&self, account: &AccountId, source: &Source, now: Timestamp) -> bool {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = wrong.get(&(account.clone(), source.clone()));
        counted.is_some_and(|wrong| wrong.count >= MOST_WRONG && wrong.is_of(now))
    }

    /// Counts a wrong request.
    pub fn count(&self, account: &AccountId, source: &Source, now: Timestamp) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Wrong { count: 0, since: now };
        let counted = wrong.get_or_insert_mut((account.clone(), source.clone()), || fresh);
        if !counted.is_of(now) {
            *counted = fresh;
        }
        counted.count = counted.count.saturating_add(1);
    }

    /// Waits for a place among the searches for requests that are not verified yet. `None` does not happen.
    pub async fn place(&self, is_over: bool) -> Option<SemaphorePermit<'_>> {
        let places = if is_over { &self.places_over_limit } else { &self.places };
        places.acquire().await.ok()
    }
}

impl Wrong {
    /// Whether its minute is that of `now`. Setting the clock back starts a new one.
    fn is_of(self, now: Timestamp) -> bool {
        self.since <= now && now < self.since.plus(WINDOW)
    }
}

impl Default for UnprovedCalls {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for UnprovedCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnprovedCalls")
    }
}

/// An open page of a removed phone sends about twenty requests a minute.
const MOST_WRONG: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);
const MOST_REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");
/// The number of concurrent searches for requests that are not verified yet.
const PLACES: usize = 16;
/// The same for accounts and sources that are over the limit.
const PLACES_OVER_LIMIT: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_calls_count_by_account_and_source_for_a_minute() {
        let calls = UnprovedCalls::new();
        let [alice, bob] = ["alice", "bob"].map(|id| AccountId::new(id.to_owned()));
        let [here, there] = [1, 2].map(Source::of_user);
        let at = |second: u64| Timestamp::from_unix(1_800_000_000 + second);
        for _ in 0..MOST_WRONG {
            assert!(!calls.is_over(&alice, &here, at(0)));
            calls.count(&alice, &here, at(0));
        }
        assert!(calls.is_over(&alice, &here, at(59)));
        assert!(!calls.is_over(&bob, &here, at(0)) && !calls.is_over(&alice, &there, at(0)));
        assert!(!calls.is_over(&alice, &here, at(60)));
        assert!(!calls.is_over(&alice, &here, Timestamp::from_unix(1_700_000_000)), "the clock was set back");
    }
}
