//! The order of the slow lane.

use std::collections::BTreeMap;

/// What waits in the slow lane, in the order of its turns: what was tried least often lately, then what came first.
///
/// A stranger takes the first turns only from those who try the same account or source as often, or more often. So a flood waits for
/// itself, and not those who come once.
///
/// A check for a name without an account is a pretence: it waits in the same order, so that it takes as long as others do. At most
/// [`Room::pretences`] wait with their computations. One too many skips the computation of the one whose turn is next: names
/// that are invented faster than they are computed move on, and delay others by that many computations and no more.
#[derive(Debug)]
pub(super) struct SlowQueue<T> {
    waiting: BTreeMap<Turn, Waiting<T>>,
    arrivals: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    tries: u32,
    arrival: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    check: Check,
}

/// What a check is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It decides.
    Real,
    /// It cannot be right, and takes time alone.
    Pretence,
}

/// How many may wait in the slow lane.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// Of these, for names without an account.
    pub pretences: usize,
}

/// What leaves the queue because something came.
#[derive(Debug, PartialEq, Eq)]
pub enum Displaced<T> {
    /// There is no room for the last one.
    Last(T),
    /// The first pretence, which is not computed.
    Skipped(T),
}

impl<T> SlowQueue<T> {
    pub(super) fn new() -> Self {
        Self { waiting: BTreeMap::new(), arrivals: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds what was tried `tries` times before.
    pub(super) fn push(&mut self, tries: u32, check: Check, item: T, room: Room) -> Option<Displaced<T>> {
        let turn = Turn { tries, arrival: self.arrivals };
        self.arrivals += 1;
        self.waiting.insert(turn, Waiting { item, check });
        let pretences = || self.waiting.iter().filter(|(_, one)| one.check == Check::Pretence);
        if check == Check::Pretence && pretences().count() > room.pretences {
            let first = pretences().map(|(turn, _)| *turn).next();
            return first.and_then(|turn| self.waiting.remove(&turn)).map(|one| Displaced::Skipped(one.item));
        }
        if self.waiting.len() > room.all {
            return self.waiting.pop_last().map(|(_, one)| Displaced::Last(one.item));
        }
        None
    }

    /// Those that wait, in the order of their turns.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.waiting.values().map(|one| &one.item)
    }

    /// Takes the first one that `fits`.
    pub(super) fn take(&mut self, fits: impl Fn(&T) -> bool) -> Option<T> {
        let turn = self.waiting.iter().find(|(_, one)| fits(&one.item)).map(|(turn, _)| *turn)?;
        self.waiting.remove(&turn).map(|one| one.item)
    }

    /// Takes the one that came first of those that match, whatever its turn.
    pub(super) fn take_oldest(&mut self, matches: impl Fn(&T) -> bool) -> Option<T> {
        let matching = self.waiting.iter().filter(|(_, one)| matches(&one.item)).map(|(turn, _)| *turn);
        let turn = matching.min_by_key(|turn| turn.arrival)?;
        self.waiting.remove(&turn).map(|one| one.item)
    }

    /// Takes all that match, wherever they stand.
    pub(super) fn take_all(&mut self, matches: impl Fn(&T) -> bool) -> Vec<T> {
        let matching = self.waiting.iter().filter(|(_, one)| matches(&one.item));
        let turns: Vec<Turn> = matching.map(|(turn, _)| *turn).collect();
        turns.iter().filter_map(|turn| self.waiting.remove(turn)).map(|one| one.item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Room = Room { all: 100, pretences: 100 };

    fn all(queue: &mut SlowQueue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.take(|_| true)).collect()
    }

    #[test]
    fn who_tries_least_goes_first_and_then_who_came_first() {
        let mut queue = SlowQueue::new();
        for (tries, item) in [(0, 1), (7, 2), (3, 3), (0, 4), (3, 5)] {
            assert_eq!(queue.push(tries, Check::Real, item, ROOMY), None);
        }
        assert_eq!(all(&mut queue), [1, 4, 3, 5, 2]);
    }

    #[test]
    fn a_newcomer_goes_before_a_flood_that_came_earlier() {
        let mut queue = SlowQueue::new();
        for guess in 0..50 {
            assert_eq!(queue.push(1 + guess / 10, Check::Real, guess, ROOMY), None);
        }
        queue.push(0, Check::Real, 1_000, ROOMY);
        assert_eq!(queue.take(|_| true), Some(1_000));
        assert_eq!(queue.take(|_| true), Some(0));
    }

    #[test]
    fn a_full_queue_turns_away_those_who_try_most_and_no_newcomer() {
        let room = Room { all: 3, pretences: 3 };
        let mut queue = SlowQueue::new();
        for item in 1..=3 {
            assert_eq!(queue.push(item, Check::Real, item, room), None);
        }
        assert_eq!(queue.push(0, Check::Real, 10, room), Some(Displaced::Last(3)));
        assert_eq!(queue.push(9, Check::Real, 11, room), Some(Displaced::Last(11)));
        assert_eq!(queue.push(9, Check::Pretence, 12, room), Some(Displaced::Last(12)), "told the same");
        assert_eq!(all(&mut queue), [10, 1, 2]);
    }

    #[test]
    fn invented_names_delay_a_newcomer_by_a_few_computations() {
        let room = Room { all: 100, pretences: 4 };
        let mut queue = SlowQueue::new();
        for invented in 0..4 {
            assert_eq!(queue.push(0, Check::Pretence, invented, room), None);
        }
        queue.push(0, Check::Real, 1_000, room);
        for invented in 4..8 {
            let skipped = queue.push(0, Check::Pretence, invented, room);
            assert_eq!(skipped, Some(Displaced::Skipped(invented - 4)), "the first one");
        }
        assert_eq!(queue.take(|_| true), Some(1_000), "all before it moved on");
        assert_eq!(all(&mut queue), [4, 5, 6, 7], "and they wait as long as others");
    }

    #[test]
    fn a_pretence_that_is_tried_often_waits_like_an_account_that_is() {
        let room = Room { all: 100, pretences: 2 };
        let mut queue = SlowQueue::new();
        queue.push(5, Check::Pretence, 1, room);
        queue.push(5, Check::Real, 2, room);
        queue.push(0, Check::Real, 3, room);
        queue.push(0, Check::Pretence, 4, room);
        assert_eq!(all(&mut queue), [3, 4, 1, 2]);
    }

    #[test]
    fn the_oldest_is_the_one_that_came_first_whatever_it_tried() {
        let mut queue = SlowQueue::new();
        for (tries, item) in [(9, 1), (0, 2), (5, 3)] {
            queue.push(tries, Check::Real, item, ROOMY);
        }
        assert_eq!(queue.take_oldest(|item| *item > 5), None);
        assert_eq!(queue.take_oldest(|item| *item != 2), Some(1));
        assert_eq!(all(&mut queue), [2, 3]);
    }

    #[test]
    fn what_does_not_fit_lets_others_pass_and_keeps_its_turn() {
        let mut queue = SlowQueue::new();
        for item in [9, 1, 2] {
            queue.push(0, Check::Real, item, ROOMY);
        }
        assert_eq!(queue.take(|item| *item < 5), Some(1));
        assert_eq!(queue.take_all(|item| *item == 2), [2]);
        assert_eq!(all(&mut queue), [9]);
        assert!(queue.is_empty());
    }
}
