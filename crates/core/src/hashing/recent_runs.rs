//! How long computations took lately, for those that are skipped.

use std::collections::VecDeque;
use std::time::Duration;

use super::stored::Cost;

/// The durations of the newest computations for main passwords.
#[derive(Debug, Default)]
pub(super) struct RecentRuns {
    runs: VecDeque<(Cost, Duration)>,
    picks: usize,
}

impl RecentRuns {
    pub(super) fn add(&mut self, cost: Cost, duration: Duration) {
        self.runs.push_front((cost, duration));
        self.runs.truncate(RUNS);
    }

    /// Whether one of this cost is known.
    pub(super) fn knows(&self, cost: Cost) -> bool {
        self.runs.iter().any(|(of, _)| *of == cost)
    }

    /// The duration of one of them; each in turn, so that many picks are distributed as the computations were.
    pub(super) fn pick(&mut self, cost: Cost) -> Duration {
        self.picks = self.picks.wrapping_add(1);
        let known: Vec<Duration> =
            self.runs.iter().filter(|(of, _)| *of == cost).map(|(_, duration)| *duration).collect();
        let at = self.picks.checked_rem(known.len()).unwrap_or_default();
        known.get(at).copied().unwrap_or_default()
    }
}

const RUNS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_those_of_the_same_cost_each_as_often_as_another() {
        let mut runs = RecentRuns::default();
        assert!(!runs.knows(Cost::MAIN_PASSWORD));
        for number in 0..RUNS as u64 {
            runs.add(Cost::APP_PASSWORD, Duration::from_millis(1));
            runs.add(Cost::MAIN_PASSWORD, Duration::from_millis(100 + number));
        }
        assert!(runs.knows(Cost::MAIN_PASSWORD));
        let mut picked: Vec<Duration> = (0..RUNS).map(|_| runs.pick(Cost::MAIN_PASSWORD)).collect();
        picked.sort_unstable();
        let newest = (132..164).flat_map(|ms| [Duration::from_millis(ms); 2]);
        assert_eq!(picked, newest.collect::<Vec<_>>());
    }
}
