use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::sleep;

use super::steps::{BUCKETS, Fence, Steps};

impl Steps {
    /// Has fences raised soon after a loss, and not at the next login: who comes later need not wait then. It ends with the
    /// ledger.
    pub(super) fn watch(self: &Arc<Self>) {
        if !self.is_watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Looks at every fence; whether all could be looked at.
    async fn raise_all(&self) -> bool {
        for bucket in 0..BUCKETS {
            if !matches!(self.fence(bucket).await, Ok(Fence::Stands { .. })) {
                return false;
            }
        }
        true
    }
}

/// Looks at one fence after the other, and at all of them where one was raised or could not be looked at.
async fn watch(weak: Weak<Steps>) {
    let _over = Over(Weak::clone(&weak));
    let (mut bucket, mut is_sure) = (0, false);
    loop {
        let Some(steps) = weak.upgrade() else { return };
        is_sure = if is_sure {
            bucket = (bucket + 1) % BUCKETS;
            matches!(steps.fence(bucket).await, Ok(Fence::Stands { is_new: false, .. }))
        } else {
            false
        };
        is_sure = is_sure || steps.raise_all().await;
        drop(steps);
        sleep(PAUSE).await;
    }
}

/// A watch that ends with its runtime may be begun again in another.
struct Over(Weak<Steps>);

impl Drop for Over {
    fn drop(&mut self) {
        if let Some(steps) = self.0.upgrade() {
            steps.is_watched.store(false, Ordering::Release);
        }
    }
}

const PAUSE: Duration = Duration::from_secs(5);
