//! Clocks that go as the test says.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postern_core::clock::{Clock, Timestamp};

use crate::{host, otp};

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

/// Runs the test `name` of this program as if it began at `second`: in a process of its own, whose wall clock and that of all
/// programs that it starts is shifted. There, `test` is run.
pub fn at_second(name: &str, second: u64, test: impl FnOnce()) {
    if std::env::var_os(SHIFT).is_some() {
        return test();
    }
    let shift = i128::from(second) - i128::from(otp::now());
    let done = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--include-ignored", "--nocapture"])
        .env("LD_PRELOAD", host::clock_shift())
        .env(SHIFT, shift.to_string())
        .output()
        .expect("this program starts");
    let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

/// The variable of `tests/clock/shift.c`: seconds that are added to the wall clock.
pub(crate) const SHIFT: &str = "POSTERN_TEST_CLOCK_SHIFT";
