//! How long computations took.

use std::time::Duration;

/// Durations, counted by the buckets of [`Durations::BOUNDS_MS`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// How many were at most as long as each bound, and longer than the one before.
    pub buckets: [u64; Self::BOUNDS_MS.len()],
    /// How many there were in all.
    pub count: u64,
    /// All of them together.
    pub sum: Duration,
}

impl Durations {
    /// The upper bounds of the buckets, in milliseconds: from the cheapest hash to the deadline of a mail login.
    pub const BOUNDS_MS: [u16; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

    pub(super) fn add(&mut self, duration: Duration) {
        let bounds = Self::BOUNDS_MS.iter().map(|bound| Duration::from_millis((*bound).into()));
        if let Some((_, bucket)) = bounds.zip(&mut self.buckets).find(|(bound, _)| duration <= *bound) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += duration;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_the_first_bucket_that_holds_it_and_a_longer_one_only_in_all() {
        let mut durations = Durations::default();
        for milliseconds in [0, 1, 2, 3, 5000, 5001] {
            durations.add(Duration::from_millis(milliseconds));
        }
        assert_eq!(durations.buckets, [2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((durations.count, durations.sum), (6, Duration::from_millis(10_007)));
    }
}
