//! Copies of entries for the time that LDAP is down.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use postern_core::account::{Account, AccountId, Freshness};
use postern_core::clock::Timestamp;

/// The entries that were read last. There is one copy of each account, for all of its names, so that a revocation
/// that was seen once is not undone by another name's older copy.
pub(super) struct Copies {
    age: Duration,
    kept: Mutex<Kept>,
}

struct Kept {
    ids: LruCache<String, AccountId>,
    accounts: LruCache<AccountId, (Timestamp, Account)>,
}

impl Copies {
    /// Keeps copies for `age`; zero keeps none.
    pub(super) fn new(age: Duration) -> Self {
        Self { age, kept: Mutex::new(Kept { ids: LruCache::new(COPIES), accounts: LruCache::new(COPIES) }) }
    }

    /// Notes what was read just now; an account that is gone under this name takes its copy along.
    pub(super) fn note(&self, name: &str, read: Option<&Account>, now: Timestamp) {
        if self.age.is_zero() {
            return;
        }
        let mut kept = self.lock();
        match read {
            Some(account) => {
                // A name that has passed on to another account leaves nothing of the one before.
                if let Some(before) = kept.ids.put(name.to_owned(), account.id.clone())
                    && before != account.id
                {
                    kept.accounts.pop(&before);
                }
                kept.accounts.put(account.id.clone(), (now, account.clone()));
            }
            None => {
                if let Some(id) = kept.ids.pop(name) {
                    kept.accounts.pop(&id);
                }
            }
        }
    }

    /// Replaces the copy of an account that was read some other way.
    pub(super) fn renew(&self, account: &Account, now: Timestamp) {
        let mut kept = self.lock();
        if kept.accounts.contains(&account.id) {
            kept.accounts.put(account.id.clone(), (now, account.clone()));
        }
    }

    /// Drops the copy of an account that is gone.
    pub(super) fn forget(&self, id: &AccountId) {
        self.lock().accounts.pop(id);
    }

    /// The copy under this name, unless it is too old.
    pub(super) fn recall(&self, name: &str, now: Timestamp) -> Option<Account> {
        let mut kept = self.lock();
        let id = kept.ids.get(name)?.clone();
        let (read, account) = kept.accounts.get(&id)?;
        let is_in_time = *read <= now && read.plus(self.age) > now;
        is_in_time.then(|| Account { freshness: Freshness::Stale, ..account.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copies")
    }
}

const COPIES: NonZeroUsize = NonZeroUsize::new(20_000).expect("not zero");
