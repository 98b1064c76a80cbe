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

/// Processor cores, and how busy they are with everything that runs here.
#[must_use]
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").expect("/proc/loadavg");
    format!("{cores} cores, load average {}", load.split(' ').next().unwrap_or_default())
}

/// The processor time that a process has used.
#[must_use]
pub fn cpu_time(pid: u32) -> Duration {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // proc(5): utime and stime are the fields 14 and 15; the name, which may hold spaces, is the second.
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 1000 / USER_HZ)
}

// The kernel's answer to programs on every architecture that Debian has.
pub(super) const USER_HZ: u64 = 100;
