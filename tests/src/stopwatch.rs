//! How long something took, and for how much of that the machine was short of processors or of its disk.
//!
//! Test programs run side by side, on machines of two slow cores as well, so an upper bound on the wall clock alone fails there
//! by chance. Tests compare with an [`Elapsed`] instead, which leaves out what the machine was short of. Such a bound says
//! what must not be waited for: a deadline, a poll, another caller. How fast something is, the benchmarks measure.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

/// Runs from its start.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    started: Instant,
    /// What the machine had been short of before.
    shortage: Option<Duration>,
}

/// The time between two moments, and the part of it that the machine was short of.
///
/// The kernel gives the shortage of the whole machine: the time for which some task waited for a processor or for the disk
/// (`/proc/pressure`), as a mean of the processors, and what a hypervisor took away (steal, in `/proc/stat`).
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Elapsed {
    wall: Duration,
    /// `None` where the kernel does not tell.
    stalled: Option<Duration>,
}

impl Stopwatch {
    /// Starts one.
    #[must_use]
    pub fn start() -> Self {
        Self { shortage: shortage(), started: Instant::now() }
    }

    /// What has passed since its start.
    #[must_use]
    pub fn elapsed(&self) -> Elapsed {
        let wall = self.started.elapsed();
        let stalled = self.shortage.zip(shortage()).map(|(before, now)| now.saturating_sub(before));
        Elapsed { wall, stalled }
    }

    /// Whether a wait of at most `limit` is over. Cheap before that, so that a poll may ask often.
    #[must_use]
    pub fn is_over(&self, limit: Duration) -> bool {
        self.started.elapsed() >= limit && !self.elapsed().within(limit)
    }

    /// Panics unless less than `limit` has passed.
    #[track_caller]
    pub fn assert_within(&self, limit: Duration) {
        self.elapsed().assert_within(limit);
    }
}

impl Elapsed {
    /// By the clock on the wall.
    #[must_use]
    pub fn wall(&self) -> Duration {
        self.wall
    }

    /// Without the time that the machine was short of. Nine tenths of the whole are left out at most, so that a limit which is
    /// exceeded tenfold is exceeded on any machine. Where the kernel tells no shortage, a third of the whole.
    #[must_use]
    pub fn unstalled(&self) -> Duration {
        match self.stalled {
            Some(stalled) => self.wall.saturating_sub(stalled).max(self.wall / 10),
            None => self.wall / 3,
        }
    }

    /// What has passed since an `earlier` reading of the same stopwatch.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let stalled = self.stalled.zip(earlier.stalled).map(|(now, before)| now.saturating_sub(before));
        Self { wall: self.wall.saturating_sub(earlier.wall), stalled }
    }

    /// Whether it was less than `limit`, without the time that the machine was short of.
    #[must_use]
    pub fn within(&self, limit: Duration) -> bool {
        self.unstalled() < limit
    }

    /// Whether it was `limit` or more, by the clock on the wall.
    #[must_use]
    pub fn at_least(&self, limit: Duration) -> bool {
        self.wall >= limit
    }

    /// Panics unless it was [`within`](Self::within) `limit`.
    #[track_caller]
    pub fn assert_within(&self, limit: Duration) {
        assert!(self.within(limit), "{self}, and not within {limit:?}");
    }

    /// Panics unless it was [`at_least`](Self::at_least) `limit`.
    #[track_caller]
    pub fn assert_at_least(&self, limit: Duration) {
        assert!(self.at_least(limit), "{self}, and not at least {limit:?}");
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stalled {
            Some(stalled) => write!(f, "{:.1?} (the machine stalled for {stalled:.1?})", self.wall),
            None => write!(f, "{:.1?} (the kernel does not tell whether the machine stalled)", self.wall),
        }
    }
}

impl fmt::Debug for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The median of several, without the time that the machine was short of.
///
/// # Panics
/// There is none.
#[must_use]
pub fn median(times: &[Elapsed]) -> Elapsed {
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by_key(Elapsed::unstalled);
    sorted[sorted.len() / 2]
}

/// What this machine has been short of since it started; `None` on a kernel without pressure stall information.
fn shortage() -> Option<Duration> {
    let pressure = |of| some_total(&fs::read_to_string(format!("/proc/pressure/{of}")).ok()?);
    let stolen = fs::read_to_string("/proc/stat").ok().and_then(|stat| steal(&stat));
    Some(pressure("cpu")? + pressure("io")? + stolen.unwrap_or_default())
}

/// `some … total=` of a file of `/proc/pressure`, in which it is microseconds.
fn some_total(pressure: &str) -> Option<Duration> {
    let some = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
    let total = some.split(' ').find_map(|field| field.strip_prefix("total="))?;
    total.parse().ok().map(Duration::from_micros)
}

/// What a hypervisor took away, as a mean of the processors: the eighth number of `/proc/stat`'s first line, which sums them up
/// in hundredths of a second (proc(5)).
fn steal(stat: &str) -> Option<Duration> {
    let of_all: u64 = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().nth(7)?.parse().ok()?;
    let processors = stat.lines().skip(1).take_while(|line| line.starts_with("cpu")).count();
    Some(Duration::from_millis(of_all * 10) / u32::try_from(processors).ok()?.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn elapsed(wall: u64, stalled: u64) -> Elapsed {
        Elapsed { wall: ms(wall), stalled: Some(ms(stalled)) }
    }

    #[test]
    fn the_total_of_some_tasks_is_read_and_not_that_of_all() {
        let pressure = "some avg10=39.39 avg60=32.86 avg300=28.69 total=19738996586\n\
                        full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(some_total(pressure), Some(Duration::from_micros(19_738_996_586)));
        for other in ["", "full avg10=0.00 total=7\n", "some avg10=0.00\n", "some total=many\n"] {
            assert_eq!(some_total(other), None, "{other}");
        }
    }

    #[test]
    fn steal_is_a_mean_of_the_processors() {
        let stat = "cpu  1992963 2204928 673162 510956 29316 0 11566 68228 0 0\n\
                    cpu0 983086 1116979 317126 281146 8332 0 4127 34732 0 0\n\
                    cpu1 1009877 1087948 356035 229809 20983 0 7438 33496 0 0\nintr 40378282 0\n";
        assert_eq!(steal(stat), Some(ms(68228 * 10 / 2)));
        assert_eq!(steal("cpu  1 2 3 4 5 6 7 8 9 10\n"), Some(ms(80)));
        assert_eq!(steal("cpu  1 2 3\ncpu0 1 2 3\n"), None);
        assert_eq!(steal(""), None);
    }

    #[test]
    fn what_the_machine_was_short_of_does_not_count() {
        assert!(elapsed(900, 0).within(ms(1000)));
        assert!(!elapsed(1000, 0).within(ms(1000)));
        assert!(elapsed(1500, 501).within(ms(1000)));
        assert!(!elapsed(1500, 500).within(ms(1000)));
    }

    #[test]
    fn a_limit_that_is_exceeded_tenfold_is_exceeded_whatever_was_short() {
        assert!(elapsed(9_999, 9_999).within(ms(1000)));
        assert!(!elapsed(10_000, 10_000).within(ms(1000)));
        assert!(!elapsed(10_000, 20_000).within(ms(1000)), "of the processors and of the disk at once");
    }

    #[test]
    fn a_kernel_that_does_not_tell_gets_three_times_the_limit() {
        let unknown = |wall| Elapsed { wall: ms(wall), stalled: None };
        assert!(unknown(2_999).within(ms(1000)));
        assert!(!unknown(3_000).within(ms(1000)));
    }

    #[test]
    fn a_lower_bound_is_by_the_clock_on_the_wall() {
        assert!(elapsed(1000, 900).at_least(ms(1000)));
        assert!(!elapsed(999, 0).at_least(ms(1000)));
    }

    #[test]
    fn a_part_of_a_time_has_its_own_share_of_what_was_short() {
        assert_eq!(elapsed(900, 500).since(&elapsed(600, 400)), elapsed(300, 100));
    }

    #[test]
    fn the_median_is_of_what_was_not_stalled() {
        assert_eq!(median(&[elapsed(50, 0), elapsed(300, 260), elapsed(30, 0)]), elapsed(300, 260));
    }

    #[test]
    fn both_times_are_shown() {
        assert_eq!(elapsed(6_110, 3_000).to_string(), "6.1s (the machine stalled for 3.0s)");
        assert_eq!(format!("{:?}", elapsed(6_110, 3_000)), "6.1s (the machine stalled for 3.0s)");
    }

    #[test]
    fn a_stopwatch_runs() {
        let stopwatch = Stopwatch::start();
        assert!(!stopwatch.is_over(Duration::from_secs(60)));
        crate::guard::pause(ms(20));
        stopwatch.elapsed().assert_at_least(ms(20));
        stopwatch.assert_within(Duration::from_secs(60));
        assert!(stopwatch.is_over(Duration::ZERO));
    }
}
