//! What the kernel says of this process, by the names that Prometheus has for that.

use std::fs;

use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};

/// The process as it is now; `None` where /proc does not say.
#[derive(Debug)]
pub(super) struct Process {
    /// Memory in RAM.
    pub(super) resident_bytes: Option<u64>,
    /// Open file descriptors.
    pub(super) open_fds: Option<u64>,
    /// How many there may be.
    pub(super) most_fds: Option<u64>,
}

impl Process {
    pub(super) fn now() -> Self {
        Self {
            resident_bytes: resident_pages().map(|pages| pages * page_size() as u64),
            open_fds: fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count() as u64),
            most_fds: getrlimit(Resource::Nofile).current,
        }
    }
}

/// The second field of statm (proc_pid_statm(5)).
fn resident_pages() -> Option<u64> {
    fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}
