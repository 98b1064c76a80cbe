//! Raises fences soon after a loss of records and not only at the next login, so that later logins need not wait.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use super::fence::{BUCKETS, Fence, Fences};

impl Fences {
    /// Begins the watch, unless it is under way. It ends with the ledger.
    pub(super) fn watch(self: &Arc<Self>) {
        if !self.is_watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Checks every fence; whether all could be checked.
    async fn check_all(&self) -> bool {
        for bucket in 0..BUCKETS {
            if !matches!(self.check(bucket).await, Ok(Fence::Stands { .. })) {
                return false;
            }
        }
        true
    }
}

/// Checks one fence after the other, and all of them once one was raised or could not be checked.
async fn watch(weak: Weak<Fences>) {
    let _over = Over(Weak::clone(&weak));
    let (mut bucket, mut is_sure) = (0, false);
    loop {
        let Some(fences) = weak.upgrade() else { return };
        is_sure = if is_sure {
            bucket = (bucket + 1) % BUCKETS;
            matches!(fences.check(bucket).await, Ok(Fence::Stands { is_new: false, .. }))
        } else {
            false
        };
        is_sure = is_sure || fences.check_all().await;
        drop(fences);
        sleep(PAUSE).await;
    }
}

/// A watch that ends with its runtime may begin again in another.
struct Over(Weak<Fences>);

impl Drop for Over {
    fn drop(&mut self) {
        if let Some(fences) = self.0.upgrade() {
            fences.is_watched.store(false, Ordering::Release);
        }
    }
}

const PAUSE: Duration = Duration::from_secs(5);
