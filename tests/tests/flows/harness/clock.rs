use std::sync::atomic::{AtomicU64, Ordering};

use postern_core::clock::{Clock, Timestamp};

/// A clock that stands still until it is set.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(START))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sets it, as when a wrong clock is corrected.
    pub(crate) fn go_back(&self, seconds: u64) {
        self.0.fetch_sub(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// A time step of 30 and of 60 seconds begins at this time.
pub(crate) const START: u64 = 1_800_000_000;
