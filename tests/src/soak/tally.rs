use std::collections::BTreeMap;
use std::time::Duration;

use super::doors::Ended;
use crate::flood::Times;

/// How logins of each kind ended, and how long they took.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) kinds: BTreeMap<&'static str, Count>,
    /// The first ones that ended in another way than they had to.
    pub(super) surprises: Vec<String>,
    /// How many of those there were.
    pub(super) surprising: usize,
}

/// Those of one kind.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) accepted: usize,
    pub(super) refused: usize,
    pub(super) deferred: usize,
    times: Vec<Duration>,
}

impl Tally {
    /// Counts a login that had to be let in, or must not be.
    pub(super) fn count(&mut self, kind: &'static str, is_right: bool, ended: &Ended, took: Duration) {
        let count = self.kinds.entry(kind).or_default();
        count.times.push(took);
        match ended {
            Ended::Accepted => count.accepted += 1,
            Ended::Refused => count.refused += 1,
            Ended::Deferred(_) => count.deferred += 1,
        }
        if *ended != if is_right { Ended::Accepted } else { Ended::Refused } {
            self.surprising += 1;
            if self.surprises.len() < SHOWN {
                self.surprises.push(format!("{kind}: {ended:?} after {took:.1?}"));
            }
        }
    }

    /// Adds what another thread counted.
    pub(super) fn add(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            let sum = self.kinds.entry(kind).or_default();
            sum.accepted += count.accepted;
            sum.refused += count.refused;
            sum.deferred += count.deferred;
            sum.times.extend(count.times);
        }
        self.surprising += other.surprising;
        self.surprises.extend(other.surprises);
        self.surprises.truncate(SHOWN);
    }

    /// How many logins there were.
    pub(super) fn logins(&self) -> usize {
        self.kinds.values().map(|count| count.times.len()).sum()
    }

    /// How many of them were deferred.
    pub(super) fn deferred(&self) -> usize {
        self.kinds.values().map(|count| count.deferred).sum()
    }
}

impl Count {
    pub(super) fn times(&self) -> Times {
        self.times.iter().copied().collect()
    }
}

const SHOWN: usize = 10;
