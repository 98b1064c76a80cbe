//! Whether something that was sampled during many logins has stayed as it was.

/// What a series counts, which decides by how much it may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// KiB: a tenth and 4 MiB above the reference, but at most [`MOST_GROWTH`].
    Memory,
    /// Open descriptors: so many connections come and go at once.
    Descriptors,
    /// Threads: a pool of them may be as large as it gets only after a while.
    Threads,
    /// Keys or rows of a store, which expire: at most so many, however many logins there were.
    AtMost(f64),
}

/// One number, sampled again and again.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// What it is.
    pub(super) name: String,
    /// What it counts.
    pub(super) kind: Kind,
    /// Which part of the logins was done, from 0 to 1, and the number then.
    pub(super) points: Vec<(f64, f64)>,
}

/// What a series shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judgement {
    /// At the start, after a quarter, half and all of the logins.
    pub(super) at: [f64; 4],
    /// The mean of the second fifth: the first one is a warm-up.
    pub(super) reference: f64,
    /// The mean of the last fifth, or the most of all where there is a bound.
    pub(super) last: f64,
    /// What `last` may be.
    pub(super) allowed: f64,
}

impl Series {
    pub(super) fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, points: Vec::new() }
    }

    /// Judges it. There have to be samples in the second and in the last fifth.
    pub(super) fn judgement(&self) -> Judgement {
        let within = |from: f64, to: f64| {
            let values = self.points.iter().filter(|(done, _)| (from..=to).contains(done));
            let values: Vec<f64> = values.map(|(_, value)| *value).collect();
            assert!(!values.is_empty(), "{}: no sample from {from} to {to} of the logins", self.name);
            values.iter().sum::<f64>() / values.len() as f64
        };
        let reference = within(0.2, 0.4);
        let most = self.points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let (last, allowed) = match self.kind {
            Kind::Memory => (within(0.8, 1.0), reference + (reference * 0.1 + 4096.0).min(MOST_GROWTH)),
            Kind::Descriptors => (within(0.8, 1.0), reference + DESCRIPTORS),
            Kind::Threads => (within(0.8, 1.0), reference + THREADS),
            Kind::AtMost(bound) => (most, bound),
        };
        Judgement { at: [0.0, 0.25, 0.5, 1.0].map(|part| self.nearest(part)), reference, last, allowed }
    }

    fn nearest(&self, part: f64) -> f64 {
        let distance = |done: f64| (done - part).abs();
        let closest = self.points.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
        closest.map_or(f64::NAN, |(_, value)| *value)
    }
}

impl Judgement {
    pub(super) fn is_flat(&self) -> bool {
        self.last <= self.allowed
    }
}

impl Kind {
    /// What [`Judgement::is_flat`] holds it to.
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Memory => "last fifth at most a tenth and 4 MiB above the second one, and at most 5.5 MiB",
            Self::Descriptors => "last fifth at most 16 above the second one",
            Self::Threads => "last fifth at most 8 above the second one",
            Self::AtMost(_) => "never above the bound",
        }
    }
}

/// KiB, 5.5 MiB. posternd remembers so many wrong passwords, sources and logins that it grows beyond the warm-up: by 4.2 MiB from the
/// second fifth of 100,000 logins to the last, without a flood before them. A leak of a hundred bytes a login would be 5.7 MiB.
const MOST_GROWTH: f64 = 5632.0;
/// Logins in flight of the clients, and as many connections that are just being closed.
const DESCRIPTORS: f64 = 16.0;
/// As many as there are logins in flight: pools have a thread for each call that waits.
const THREADS: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn series(kind: Kind, value: impl Fn(f64) -> f64) -> Series {
        let points = (0..=100).map(|percent| f64::from(percent) / 100.0).map(|done| (done, value(done)));
        Series { points: points.collect(), ..Series::new("a number", kind) }
    }

    #[test]
    fn what_grows_while_it_warms_up_and_then_stays_is_flat() {
        let warm = series(Kind::Memory, |done| 20_000.0 + 10_000.0 * done.min(0.2) * 5.0);
        assert!(warm.judgement().is_flat(), "{:?}", warm.judgement());
        assert_eq!(warm.judgement().at, [20_000.0, 30_000.0, 30_000.0, 30_000.0]);
    }

    /// Of a process that leaves so many bytes behind at each of so many logins.
    fn leak(bytes: f64, logins: f64) -> Judgement {
        series(Kind::Memory, |done| 45_000.0 + bytes * logins / 1024.0 * done).judgement()
    }

    #[test]
    fn a_leak_of_a_hundred_bytes_a_login_is_not_flat_after_100_000_logins() {
        let hundred = leak(100.0, 100_000.0);
        assert!(!hundred.is_flat(), "{hundred:?}");
    }

    #[test]
    fn the_smallest_leaks_that_are_found_are_97_bytes_a_login_in_100_000_and_4_810_in_2_000() {
        for (found, missed, logins) in [(97.0, 96.0, 100_000.0), (4_810.0, 4_800.0, 2_000.0)] {
            assert!(!leak(found, logins).is_flat(), "{logins} logins");
            assert!(leak(missed, logins).is_flat(), "{logins} logins: the caches may grow as much");
        }
    }

    #[test]
    fn a_leak_of_descriptors_or_threads_is_not_flat() {
        let descriptor = series(Kind::Descriptors, |done| 40.0 + 40.0 * done);
        assert!(!descriptor.judgement().is_flat(), "{:?}", descriptor.judgement());
        assert!(series(Kind::Descriptors, |done| 40.0 + 8.0 * done).judgement().is_flat());
        assert!(!series(Kind::Threads, |done| 8.0 + 20.0 * done).judgement().is_flat());
    }

    #[test]
    fn what_expires_may_come_and_go_below_its_bound() {
        let keys = |done: f64| if done < 0.5 { 900.0 } else { 400.0 };
        assert!(series(Kind::AtMost(1_000.0), keys).judgement().is_flat());
        assert!(!series(Kind::AtMost(800.0), keys).judgement().is_flat(), "above the bound for a while");
    }
}
