//! Both lanes, and whose turn is next.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::lane::{Lane, Stranger};
use super::recent_tries::RecentTries;
use super::slow_queue::{Check, Displaced, Room, SlowQueue};

/// What can wait in a [`FairQueue`].
pub trait Waiting {
    /// When it came.
    fn since(&self) -> Instant;

    /// Whether its caller no longer waits.
    fn is_gone(&self) -> bool;
}

/// What waits for its turn, in two lanes.
///
/// Logins without recent failures go first, in the order in which they came. Every eighth turn is the slow lane's, so that it progresses
/// under any load. There, what was tried least often lately goes first, so that a flood waits for itself and newcomers do not; and
/// every other turn is for who has waited for a second, however often that account is tried.
#[derive(Debug)]
pub struct FairQueue<T> {
    fast: VecDeque<T>,
    slow: SlowQueue<T>,
    tries: RecentTries,
    fast_turns: u32,
    oldest_first: bool,
}

impl<T: Waiting> FairQueue<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fast: VecDeque::new(),
            slow: SlowQueue::new(),
            tries: RecentTries::new(),
            fast_turns: 0,
            oldest_first: false,
        }
    }

    /// Lets `item` wait in `lane`, and counts what a stranger tries; what has to leave for it, if anything. The fast lane has no limit.
    pub fn add(&mut self, item: T, lane: Lane, check: Check, room: Room) -> Option<Displaced<T>> {
        match lane {
            Lane::Fast => {
                self.fast.push_back(item);
                None
            }
            Lane::Slow(stranger) => {
                let tries = self.tries.count(stranger, item.since());
                self.slow.push(tries, check, item, room)
            }
        }
    }

    /// The next one that `fits`.
    pub fn next(&mut self, now: Instant, fits: impl Fn(&T) -> bool) -> Option<T> {
        let slow_first = self.fast_turns >= FAST_TURNS && !self.slow.is_empty();
        let next = if slow_first {
            self.next_slow(now, &fits).or_else(|| self.next_fast(&fits))
        } else {
            self.next_fast(&fits).or_else(|| self.next_slow(now, &fits))
        };
        self.fast_turns = if slow_first { 0 } else { self.fast_turns.saturating_add(1) };
        next
    }

    /// Drops what no caller waits for.
    pub fn forget_the_gone(&mut self) {
        self.fast.retain(|item| !item.is_gone());
        drop(self.slow.take_all(T::is_gone));
    }

    /// The newest attempt of this stranger was right.
    pub fn forgive(&mut self, stranger: Stranger) {
        self.tries.forgive(stranger);
    }

    /// Takes what matches out of the slow lane.
    pub fn take_slow(&mut self, matches: impl Fn(&T) -> bool) -> Vec<T> {
        self.slow.take_all(matches)
    }

    /// What waits in the fast lane.
    pub fn fast(&self) -> impl ExactSizeIterator<Item = &T> {
        self.fast.iter()
    }

    /// What waits in the slow lane, in the order of its turns.
    pub fn slow(&self) -> impl ExactSizeIterator<Item = &T> {
        self.slow.iter()
    }

    fn next_fast(&mut self, fits: &impl Fn(&T) -> bool) -> Option<T> {
        self.fast.iter().position(fits).and_then(|at| self.fast.remove(at))
    }

    /// Without turns for the oldest, the owner of an account would be sent away for as long as strangers try it.
    fn next_slow(&mut self, now: Instant, fits: &impl Fn(&T) -> bool) -> Option<T> {
        let is_old = |item: &T| now.saturating_duration_since(item.since()) > OLD;
        let oldest =
            self.oldest_first.then(|| self.slow.take_oldest(|item| is_old(item) && fits(item))).flatten();
        let next = oldest.or_else(|| self.slow.take(fits))?;
        self.oldest_first = !self.oldest_first;
        Some(next)
    }
}

impl<T: Waiting> Default for FairQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Longer than newcomers wait beside a flood.
pub const OLD: Duration = Duration::from_secs(1);
const FAST_TURNS: u32 = 7;
