//! What a pool does now, and what it did.

use super::durations::Durations;

/// Computations since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// For app passwords.
    pub app_password: u64,
    /// For main passwords.
    pub main_password: u64,
    /// For recovery codes.
    pub recovery_code: u64,
    /// The peak memory of concurrent computations, in KiB.
    pub peak_kib: u32,
    pub(super) running_kib: u32,
}

/// The work of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Computations that wait in the fast lane.
    pub fast_waiting: usize,
    /// Computations that wait in the slow lane.
    pub slow_waiting: usize,
    /// The memory of the computations that are under way, in KiB.
    pub memory_kib: u32,
    /// The memory that they may have, in KiB.
    pub budget_kib: u32,
    /// Checks since the start that were told to come back, because too many waited or they waited for too long.
    pub refused: u64,
    /// Checks for names without an account since the start that were not computed, because too many such names were tried.
    pub skipped: u64,
    /// How long computations waited for a worker.
    pub waits: Durations,
    /// How long they took then.
    pub runs: Durations,
}
