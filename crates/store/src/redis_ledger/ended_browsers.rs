//! Sessions that ended, and browsers whose secret was replaced, as one process knows them.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use postern_core::account::AccountId;
use postern_core::browser_record::BrowserRecordId;

/// The records that this process has removed or replaced. It returns none of them again, even if Redis does.
pub(super) struct EndedBrowsers(Mutex<LruCache<(AccountId, BrowserRecordId), ()>>);

impl EndedBrowsers {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST_ENDED)))
    }

    pub(super) fn contains(&self, account: &AccountId, id: BrowserRecordId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(account.clone(), id))
    }

    pub(super) fn record(&self, account: &AccountId, id: BrowserRecordId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put((account.clone(), id), ());
    }
}

const MOST_ENDED: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");
