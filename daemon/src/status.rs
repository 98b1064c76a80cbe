use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use postern_core::Verdict;
use postern_core::engine::Memory;
use postern_ipc::Status;
use postern_log::LogHealth;

use crate::slots::Slots;

/// What posternd counts, from its start on.
#[derive(Debug)]
pub(crate) struct Counters {
    started: Instant,
    configured_after_seconds: AtomicU64,
    reloads: AtomicU64,
    config_broken: AtomicBool,
    accepts: AtomicU64,
    rejects: AtomicU64,
    defers: AtomicU64,
    ignores: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            configured_after_seconds: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            config_broken: AtomicBool::new(false),
            accepts: AtomicU64::new(0),
            rejects: AtomicU64::new(0),
            defers: AtomicU64::new(0),
            ignores: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self, verdict: &Verdict) {
        let counter = match verdict {
            Verdict::Accept(_) => &self.accepts,
            Verdict::Reject(_) => &self.rejects,
            Verdict::Defer(_) => &self.defers,
            Verdict::Ignore(_) => &self.ignores,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reloaded(&self, ok: bool) {
        self.config_broken.store(!ok, Ordering::Relaxed);
        if ok {
            self.configured_after_seconds.store(self.started.elapsed().as_secs(), Ordering::Relaxed);
        }
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn uptime_seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    pub(crate) fn report(
        &self,
        memory: &Memory,
        slots: &Slots,
        log: LogHealth,
        clock_ahead_seconds: Option<i64>,
    ) -> Status {
        let named = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        let uptime_seconds = self.uptime_seconds();
        let tally = memory.hasher.tally();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds,
            config_age_seconds: uptime_seconds
                .saturating_sub(self.configured_after_seconds.load(Ordering::Relaxed)),
            reloads: self.reloads.load(Ordering::Relaxed),
            config_broken: self.config_broken.load(Ordering::Relaxed),
            connections: slots.open(),
            dialogues: slots.dialogues(),
            verdicts: named(&[
                ("accept", self.accepts.load(Ordering::Relaxed)),
                ("reject", self.rejects.load(Ordering::Relaxed)),
                ("defer", self.defers.load(Ordering::Relaxed)),
                ("ignore", self.ignores.load(Ordering::Relaxed)),
            ]),
            argon2id_runs: named(&[
                ("app_password", tally.app_password),
                ("main_password", tally.main_password),
            ]),
            cache_hits: memory.verified.hits(),
            hashing_peak_kib: tally.peak_kib.into(),
            log_lines_lost: log.lost,
            log_lost_seconds_ago: log.lost_ago.map(|ago| ago.as_secs()),
            log_stuck_seconds: log.stuck_for.as_secs(),
            clock_ahead_seconds,
        }
    }
}
