//! Wrong passwords by the thousand: what they cost posternd, and whether the others still get in quickly.

mod browser_flood;
mod cost;
mod flood;
mod newcomers;
mod soak;
mod stock;

use std::sync::{Mutex, MutexGuard, PoisonError};

use postern_tests::{Posternd, Site, host};

/// A site, and the machine for this test alone: what is timed must not wait for another test's flood.
struct Alone {
    posternd: Posternd,
    site: Site,
    _turn: MutexGuard<'static, ()>,
}

impl Alone {
    /// `prepare` makes the accounts before posternd starts.
    fn new<T>(site: impl FnOnce() -> Site, prepare: impl FnOnce(&Site) -> T) -> (Self, T) {
        host::require_test_host();
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let site = site();
        let prepared = prepare(&site);
        (Self { posternd: site.posternd(), site, _turn: turn }, prepared)
    }

    fn runs(&self) -> Runs {
        let runs = self.posternd.status().argon2id_runs;
        Runs { app_password: runs["app_password"], main_password: runs["main_password"] }
    }

    /// It stayed within its limits under all of that load.
    #[track_caller]
    fn assert_within_means(&self) {
        let hashing = self.posternd.status().hashing_peak_kib;
        assert!(hashing <= 128 * 1024, "hashing held {hashing} KiB");
        let peak = self.posternd.peak_resident_kib();
        assert!(peak < 256 * 1024, "{peak} KiB resident");
        say(&format!("hashing held {hashing} KiB at most, posternd {peak} KiB"));
    }
}

/// How often argon2id was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Runs {
    app_password: u64,
    main_password: u64,
}

/// Prints a measurement, which `cargo test` shows on demand and scripts/run-tests always.
#[allow(clippy::print_stdout, reason = "numbers are what these tests are for")]
fn say(text: &str) {
    println!("{text}");
}

static TURN: Mutex<()> = Mutex::new(());
