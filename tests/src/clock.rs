//! A clock that goes as the test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postern_core::clock::{Clock, Timestamp};

/// It stands still until it is set.
#[derive(Debug)]
pub struct SetClock(AtomicU64);

impl SetClock {
    /// One that shows this second.
    #[must_use]
    pub fn at(second: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(second)))
    }

    /// Sets it, forwards or back.
    pub fn set(&self, second: u64) {
        self.0.store(second, Ordering::SeqCst);
    }

    /// The second that it shows.
    #[must_use]
    pub fn second(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.second())
    }
}
