//! The status of posternd.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The status of posternd. Counters run from its start.
///
/// The status of a newer or older daemon can be read as well: missing fields have their defaults, and unknown ones are
/// ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Seconds since the configuration was last read without error.
    pub config_age_seconds: u64,
    /// How often the configuration was read again, with or without success.
    pub reloads: u64,
    /// Whether the newest attempt to read the configuration failed.
    pub config_broken: bool,
    /// What tells the configuration in force apart from others: SHA-256 in hexadecimal digits.
    #[serde(default)]
    pub config_digest: Option<String>,
    /// Why the newest attempt to read the configuration failed, a problem a line; empty where it did not.
    #[serde(default)]
    pub config_problems: Vec<String>,
    /// Keys that were read again with other values, and take effect when posternd is started again.
    #[serde(default)]
    pub restart_needed: Vec<String>,
    /// Users of `[socket] trusted` and `[web] user` whom this host does not know.
    #[serde(default)]
    pub unknown_users: Vec<String>,
    /// Open conversations, this one included.
    pub connections: u64,
    /// Those of them that are logins with a dialogue, which may wait for a person.
    pub dialogues: u64,
    /// Conversations that ended with each verdict, by name.
    pub verdicts: BTreeMap<String, u64>,
    /// argon2id computations: `app_password`, `main_password`.
    pub argon2id_runs: BTreeMap<String, u64>,
    /// App passwords recognised without argon2id.
    pub cache_hits: u64,
    /// The most memory that hashing held at one time, in KiB.
    pub hashing_peak_kib: u64,
    /// Lines of the log that were lost: they were not read in time, or could not be written.
    #[serde(default)]
    pub log_lines_lost: u64,
    /// Seconds since the newest of them was lost.
    #[serde(default)]
    pub log_lost_seconds_ago: Option<u64>,
    /// Seconds that the log has waited for its reader or for the disk; 0 if it does not wait.
    #[serde(default)]
    pub log_stuck_seconds: u64,
    /// By how many seconds this host's clock is ahead of the ledger's, negative where it is behind; `None` where the ledger has no clock
    /// of its own or does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_seconds: Option<i64>,
    /// Why metrics cannot be read, if they are configured and cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_problem: Option<String>,
}
