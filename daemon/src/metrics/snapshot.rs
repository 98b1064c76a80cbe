//! What posternd knows of itself at the time of a scrape, as metrics.

use postern_core::clock::Timestamp;
use postern_core::factor::SmsBudgetUse;
use postern_core::hashing::{Durations, Load};
use postern_ipc::Status;
use postern_store::ServerState;

use super::counters::Metrics;
use super::exposition::{Counted, Exposition, float};
use super::process::Process;
use crate::slots::{Capacity, Places};

/// The state of posternd now.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// What `postern status` shows.
    pub(crate) status: Status,
    pub(crate) started_at: Timestamp,
    pub(crate) places: Places,
    pub(crate) capacity: Capacity,
    pub(crate) hashing: Load,
    pub(crate) recovery_code_runs: u64,
    pub(crate) ldap: Vec<ServerState>,
    pub(crate) redis: Vec<ServerState>,
    pub(crate) sms_budgets: Vec<SmsBudgetUse>,
}

impl Metrics {
    /// All metrics, as text for Prometheus.
    ///
    /// # Errors
    /// A mistake in this program.
    pub(crate) fn exposition(&self, now: &Snapshot) -> prometheus::Result<String> {
        let mut to = Exposition::of(&self.registry);
        of_daemon(&mut to, &now.status);
        of_stores(&mut to, now);
        of_hashing(&mut to, now);
        of_places(&mut to, now.places, now.capacity);
        of_budgets(&mut to, &now.sms_budgets);
        of_process(&mut to, now);
        to.text()
    }
}

fn of_daemon(to: &mut Exposition, status: &Status) {
    to.gauges(
        "postern_build_info",
        "Always 1; the version of posternd is a label",
        [(vec![("version", status.version.as_str())], 1.0)],
    );
    to.gauge(
        "postern_config_age_seconds",
        "Time since the configuration was last read without error",
        float(status.config_age_seconds),
    );
    to.gauge(
        "postern_config_broken",
        "Whether the newest attempt to read the configuration failed, so that an older one is in force",
        f64::from(u8::from(status.config_broken)),
    );
    to.gauge(
        "postern_config_restart_needed",
        "Settings that were read again and take effect only when posternd is restarted",
        float(status.restart_needed.len() as u64),
    );
    to.counter("postern_config_reloads_total", "Attempts to read the configuration again", status.reloads);
    to.counter(
        "postern_log_lines_lost_total",
        "Lines of the log that were lost: not read in time, or not written",
        status.log_lines_lost,
    );
    to.gauge(
        "postern_log_stuck_seconds",
        "How long the log has waited for its reader or for the disk",
        float(status.log_stuck_seconds),
    );
}

fn of_stores(to: &mut Exposition, now: &Snapshot) {
    to.gauges(
        "postern_ldap_server_up",
        "Whether an LDAP server is in use; one that did not answer is out of use until it does",
        now.ldap.iter().map(up),
    );
    to.gauges(
        "postern_redis_server_up",
        "Whether a Redis server answered when it was last asked; one that was never needed is left out",
        now.redis.iter().map(up),
    );
    // A clock of the ledger's own that does not answer is no zero.
    to.gauges(
        "postern_clock_ahead_seconds",
        "By how much this host's clock is ahead of the ledger's",
        now.status.clock_ahead_seconds.map(|ahead| (Vec::new(), ahead as f64)),
    );
}

fn up(state: &ServerState) -> (Vec<(&'static str, &str)>, f64) {
    (vec![("server", state.server.as_str())], f64::from(u8::from(state.is_up)))
}

fn of_hashing(to: &mut Exposition, now: &Snapshot) {
    let Snapshot { hashing, status, .. } = now;
    let runs = status.argon2id_runs.iter().map(|(purpose, runs)| (purpose.as_str(), *runs));
    to.counters(
        "postern_hashing_runs_total",
        "Computations of argon2id, by what they were for",
        runs.chain([("recovery_code", now.recovery_code_runs)])
            .map(|(purpose, runs)| (vec![("purpose", purpose)], runs)),
    );
    to.counter(
        "postern_hashing_refused_total",
        "Logins that were deferred because too many waited for argon2id",
        hashing.refused,
    );
    to.counter(
        "postern_hashing_skipped_total",
        "Names without an account that were refused without argon2id because many were tried",
        hashing.skipped,
    );
    to.counter(
        "postern_hashing_spared_total",
        "App passwords that were recognised without argon2id",
        status.cache_hits,
    );
    to.gauges(
        "postern_hashing_waiting",
        "Computations that wait for a worker; the slow lane has logins with recent failures and from new sources",
        [("fast", hashing.fast_waiting), ("slow", hashing.slow_waiting)]
            .map(|(lane, waiting)| (vec![("lane", lane)], float(waiting as u64))),
    );
    to.gauge(
        "postern_hashing_memory_bytes",
        "Memory of the computations under way",
        bytes(hashing.memory_kib),
    );
    to.gauge(
        "postern_hashing_memory_limit_bytes",
        "Memory that computations may have together",
        bytes(hashing.budget_kib),
    );
    to.gauge(
        "postern_hashing_memory_peak_bytes",
        "The most memory that computations had together",
        float(status.hashing_peak_kib * 1024),
    );
    to.histogram(
        "postern_hashing_wait_seconds",
        "Time that computations waited for a worker",
        &counted(&hashing.waits),
    );
    to.histogram(
        "postern_hashing_duration_seconds",
        "Time that computations took then",
        &counted(&hashing.runs),
    );
}

fn of_places(to: &mut Exposition, places: Places, capacity: Capacity) {
    let Places { trusted, page, users, newcomers, dialogues_here, dialogues_elsewhere, idle } = places;
    to.gauges(
        "postern_connections",
        "Open conversations that are no dialogues, by who holds their place",
        [("trusted", trusted), ("web", page), ("user", users), ("newcomer", newcomers)]
            .map(|(holder, open)| (vec![("holder", holder)], open.into())),
    );
    to.gauge(
        "postern_connections_idle",
        "Connections of mail servers and other trusted peers that wait for their next conversation",
        idle,
    );
    to.gauge("postern_connections_limit", "How many of them there may be", capacity.total);
    to.gauges(
        "postern_dialogues",
        "Open dialogues of login services, which may wait for a person, by where the person is",
        [("here", dialogues_here), ("elsewhere", dialogues_elsewhere)]
            .map(|(origin, open)| (vec![("origin", origin)], open.into())),
    );
    to.gauge("postern_dialogues_limit", "How many of them there may be", capacity.dialogues);
}

fn of_budgets(to: &mut Exposition, budgets: &[SmsBudgetUse]) {
    to.gauges(
        "postern_sms_budget",
        "Text messages that the whole site may send in an hour and in a day",
        budgets.iter().map(|one| (vec![("window", one.window.name())], one.budget.into())),
    );
    to.gauges(
        "postern_sms_budget_remaining",
        "How many of them are left now",
        budgets.iter().map(|one| {
            (vec![("window", one.window.name())], float(u64::from(one.budget).saturating_sub(one.used)))
        }),
    );
}

fn of_process(to: &mut Exposition, now: &Snapshot) {
    let process = Process::now();
    let gauge = |value: Option<u64>| value.map(|value| (Vec::new(), float(value)));
    to.gauges("process_resident_memory_bytes", "Memory in RAM", gauge(process.resident_bytes));
    to.gauges("process_open_fds", "Open file descriptors", gauge(process.open_fds));
    to.gauges("process_max_fds", "How many file descriptors there may be", gauge(process.most_fds));
    to.gauge(
        "process_start_time_seconds",
        "When posternd was started, in seconds since 1970",
        float(now.started_at.as_unix()),
    );
}

fn counted(durations: &Durations) -> Counted {
    let bounds = Durations::BOUNDS_MS.iter().map(|bound| f64::from(*bound) / 1000.0);
    Counted {
        buckets: bounds.zip(durations.buckets).collect(),
        count: durations.count,
        sum_seconds: durations.sum.as_secs_f64(),
    }
}

fn bytes(kib: u32) -> f64 {
    f64::from(kib) * 1024.0
}
