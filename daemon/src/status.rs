use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_ipc::Status;
use postern_log::LogHealth;

use crate::site::Site;
use crate::slots::Slots;

/// What posternd knows of its start and its configuration.
#[derive(Debug)]
pub(crate) struct Counters {
    started: Instant,
    pub(crate) started_at: Timestamp,
    configured_after_seconds: AtomicU64,
    reloads: AtomicU64,
    newest_reload: Mutex<Reload>,
    metrics_problem: Mutex<Option<String>>,
}

/// The newest attempt to reload the configuration.
#[derive(Debug, Clone, Default)]
struct Reload {
    problems: Vec<String>,
    restart_needed: Vec<&'static str>,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            started_at: SystemClock.now(),
            configured_after_seconds: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            newest_reload: Mutex::default(),
            metrics_problem: Mutex::default(),
        }
    }

    /// Records a reload: the keys that take effect only at the next start, or why it failed.
    pub(crate) fn reloaded(&self, how: Result<Vec<&'static str>, &str>) {
        let mut newest = self.newest_reload.lock().unwrap_or_else(PoisonError::into_inner);
        match how {
            Ok(restart_needed) => {
                *newest = Reload { problems: Vec::new(), restart_needed };
                self.configured_after_seconds.store(self.started.elapsed().as_secs(), Ordering::Relaxed);
            }
            Err(why) => {
                let line = |line: &str| line.chars().take(LONGEST_PROBLEM).collect();
                newest.problems = why.lines().take(MOST_PROBLEMS).map(line).collect();
            }
        }
        // Last: a reader who sees the new count sees the rest, too.
        self.reloads.fetch_add(1, Ordering::Release);
    }

    /// Records why metrics cannot be read, or that they can. Whether that is new.
    pub(crate) fn set_metrics_problem(&self, problem: Option<String>) -> bool {
        let mut known = self.metrics_problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *known != problem;
        *known = problem;
        is_new
    }

    pub(crate) fn uptime_seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    pub(crate) fn report(
        &self,
        site: &Site,
        slots: &Slots,
        verdicts: BTreeMap<String, u64>,
        log: LogHealth,
        clock_ahead_seconds: Option<i64>,
    ) -> Status {
        let named = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let uptime_seconds = self.uptime_seconds();
        let caches = &site.engine.caches;
        let tally = caches.hasher.tally();
        let reloads = self.reloads.load(Ordering::Acquire);
        let newest = self.newest_reload.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds,
            config_age_seconds: uptime_seconds
                .saturating_sub(self.configured_after_seconds.load(Ordering::Relaxed)),
            reloads,
            config_broken: !newest.problems.is_empty(),
            config_digest: Some(site.digest.to_string()),
            config_problems: newest.problems,
            restart_needed: newest.restart_needed.into_iter().map(ToOwned::to_owned).collect(),
            unknown_users: site.rights.unknown_users(),
            connections: slots.open(),
            dialogues: slots.dialogues(),
            verdicts,
            argon2id_runs: named(&[
                ("app_password", tally.app_password),
                ("main_password", tally.main_password),
            ]),
            cache_hits: caches.verified.hits(),
            hashing_peak_kib: tally.peak_kib.into(),
            log_lines_lost: log.lost,
            log_lost_seconds_ago: log.lost_ago.map(|ago| ago.as_secs()),
            log_stuck_seconds: log.stuck_for.as_secs(),
            clock_ahead_seconds,
            metrics_problem: self.metrics_problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// A status is one frame of the protocol.
const MOST_PROBLEMS: usize = 10;
const LONGEST_PROBLEM: usize = 400;
