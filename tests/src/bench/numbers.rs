use std::fs;
use std::time::Duration;

/// In order.
pub(super) fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = numbers.collect();
    all.sort_by(f64::total_cmp);
    all
}

/// The number below which `part` of `sorted` is.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The processor time that a process has used.
#[must_use]
pub fn cpu_time(pid: u32) -> Duration {
    let stat = Stat::of(pid).unwrap_or_else(|| panic!("there is no process {pid}"));
    Duration::from_millis((stat.number(UTIME) + stat.number(STIME)) * 1000 / USER_HZ)
}

/// What /proc/PID/stat says of a process (proc(5)).
pub(super) struct Stat(String);

impl Stat {
    /// `None` if the process has ended.
    pub(super) fn of(pid: u32) -> Option<Self> {
        fs::read_to_string(format!("/proc/{pid}/stat")).ok().map(Self)
    }

    /// A field by its number, from the fourth on.
    pub(super) fn number(&self, field: usize) -> u64 {
        // The second one, a name, may hold spaces.
        let (_, fields) = self.0.rsplit_once(") ").expect("a name in parentheses");
        fields.split(' ').nth(field - 3).and_then(|text| text.parse().ok()).expect("a number")
    }
}

/// Fields of [`Stat`]: the parent, and the time used by the process and by its children that have ended, in ticks of [`USER_HZ`].
pub(super) const PPID: usize = 4;
pub(super) const UTIME: usize = 14;
pub(super) const STIME: usize = 15;
pub(super) const CUTIME: usize = 16;
pub(super) const CSTIME: usize = 17;

// The kernel's answer to programs on every architecture that Debian has.
pub(super) const USER_HZ: u64 = 100;
