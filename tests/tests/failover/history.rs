//! What was typed where and when, and what came of it.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postern_tests::Stopwatch;
use postern_tests::door::Ended;

/// All tries, and what happened to the network. Times are from its beginning.
#[derive(Debug)]
pub(crate) struct History {
    start: Stopwatch,
    tries: Mutex<Vec<Try>>,
    events: Mutex<Vec<(Duration, String)>>,
}

/// One code, typed at one host.
#[derive(Debug, Clone)]
pub(crate) struct Try {
    /// The position of the account.
    pub(crate) account: usize,
    pub(crate) step: u64,
    pub(crate) host: usize,
    pub(crate) begun: Duration,
    pub(crate) ended: Duration,
    pub(crate) verdict: Ended,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { start: Stopwatch::start(), tries: Mutex::default(), events: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed().wall()
    }

    pub(crate) fn record(&self, one: Try) {
        locked(&self.tries).push(one);
    }

    /// Something happened just now.
    pub(crate) fn note(&self, what: impl Into<String>) {
        let (now, what) = (self.now(), what.into());
        println!("{now:.1?}: {what}");
        locked(&self.events).push((now, what));
    }

    /// The accepted tries that lie in this time as a whole.
    pub(crate) fn accepted_in(&self, time: &Range<Duration>) -> Vec<Try> {
        let is_within = |one: &&Try| one.begun >= time.start && one.ended <= time.end;
        locked(&self.tries).iter().filter(|one| one.verdict == Ended::In).filter(is_within).cloned().collect()
    }

    /// No code of an account was accepted twice. Otherwise prints what was going on.
    pub(crate) fn assert_once(&self, seed: u64) {
        let tries = locked(&self.tries);
        let mut accepted = HashMap::<(usize, u64), Vec<&Try>>::new();
        for one in tries.iter().filter(|one| one.verdict == Ended::In) {
            accepted.entry((one.account, one.step)).or_default().push(one);
        }
        let twice: Vec<_> = accepted.into_iter().filter(|(_, tries)| tries.len() > 1).collect();
        for ((account, step), times) in &twice {
            println!("seed {seed}: step {step} of account {account} was accepted {} times:", times.len());
            self.print_around(&tries, times);
        }
        assert!(twice.is_empty(), "seed {seed}: {} codes were accepted twice", twice.len());
    }

    /// The tries of that account within a minute, and what happened meanwhile.
    fn print_around(&self, tries: &[Try], times: &[&Try]) {
        let first = times.iter().map(|one| one.begun).min().unwrap_or_default().saturating_sub(MINUTE);
        let last = times.iter().map(|one| one.ended).max().unwrap_or_default() + MINUTE;
        let is_near = |time: Duration| (first..last).contains(&time);
        let of_account = tries.iter().filter(|one| one.account == times[0].account && is_near(one.begun));
        let mut lines: Vec<_> = of_account.map(|one| (one.begun, one.to_string())).collect();
        let events = locked(&self.events);
        lines.extend(events.iter().filter(|(at, _)| is_near(*at)).cloned());
        lines.sort();
        for (at, line) in lines {
            println!("  {at:.3?}: {line}");
        }
    }

    /// How many tries there were of each verdict at each host.
    pub(crate) fn print(&self, what: &str, seed: u64) {
        let tries = locked(&self.tries);
        for host in 0..2 {
            let mut counts = HashMap::<String, usize>::new();
            for one in tries.iter().filter(|one| one.host == host) {
                let verdict = match &one.verdict {
                    Ended::In => "accepted".to_owned(),
                    Ended::Refused(reason) => format!("{reason:?}"),
                    Ended::PutOff(_) => "put off".to_owned(),
                };
                *counts.entry(verdict).or_default() += 1;
            }
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort();
            println!("{what}, host {host}: {counts:?}");
        }
        let codes = tries.iter().filter(|one| one.verdict == Ended::In).count();
        println!(
            "{what}: {} tries in {:.0?}, {codes} codes accepted, none twice (seed {seed})",
            tries.len(),
            self.now()
        );
    }
}

impl fmt::Display for Try {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, host, begun, ended, verdict, .. } = self;
        write!(f, "step {step} at host {host}, for {:.3?}: {verdict:?}", ended.saturating_sub(*begun))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MINUTE: Duration = Duration::from_secs(60);
