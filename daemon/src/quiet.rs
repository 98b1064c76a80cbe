use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Keeps users whom nobody trusts from filling the log: each may have [`BURST`] lines in it, and one more every
/// [`REFILL`]; all of them together have [`BURST_OF_ALL`], and one more every [`REFILL_OF_ALL`]. The rest is counted.
#[derive(Debug)]
pub(crate) struct Quiet(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    all: Bucket,
    by_uid: HashMap<u32, Peer>,
    of_the_rest: u64,
}

#[derive(Debug)]
struct Peer {
    bucket: Bucket,
    left_out: u64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    lines: u32,
    since: Instant,
}

impl Quiet {
    pub(crate) fn new(now: Instant) -> Self {
        let all = Bucket { lines: BURST_OF_ALL, since: now };
        Self(Mutex::new(Lines { all, by_uid: HashMap::new(), of_the_rest: 0 }))
    }

    /// Whether a line on `uid` may be written at `now`. One that may not is counted.
    pub(crate) fn admits(&self, uid: u32, now: Instant) -> bool {
        let mut lines = self.lock();
        let Lines { all, by_uid, of_the_rest } = &mut *lines;
        if by_uid.len() >= MOST_UIDS && !by_uid.contains_key(&uid) {
            by_uid.retain(|_, peer| peer.left_out > 0 || !peer.bucket.is_full(BURST, REFILL, now));
            if by_uid.len() >= MOST_UIDS {
                *of_the_rest += 1;
                return false;
            }
        }
        let fresh = || Peer { bucket: Bucket { lines: BURST, since: now }, left_out: 0 };
        let peer = by_uid.entry(uid).or_insert_with(fresh);
        let admitted = peer.bucket.take(BURST, REFILL, now) && all.take(BURST_OF_ALL, REFILL_OF_ALL, now);
        if !admitted {
            peer.left_out += 1;
        }
        admitted
    }

    /// How many lines were left out since this was last asked, by uid, and of uids too many to tell apart.
    pub(crate) fn left_out(&self) -> Vec<(Option<u32>, u64)> {
        let mut lines = self.lock();
        let rest = std::mem::take(&mut lines.of_the_rest);
        let counted =
            lines.by_uid.iter_mut().map(|(uid, peer)| (Some(*uid), std::mem::take(&mut peer.left_out)));
        let mut counted: Vec<_> = counted.chain([(None, rest)]).filter(|(_, count)| *count > 0).collect();
        // Of many uids one line is enough.
        if counted.len() > MOST_SUMMARIES {
            counted.sort_unstable_by_key(|(uid, count)| (uid.is_some(), *count));
            let few = counted.split_off(counted.len() - MOST_SUMMARIES + 1);
            let rest = counted.iter().map(|(_, count)| count).sum();
            counted = few;
            counted.push((None, rest));
        }
        counted
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn take(&mut self, most: u32, refill: Duration, now: Instant) -> bool {
        self.refill(most, refill, now);
        let is_there = self.lines > 0;
        self.lines -= u32::from(is_there);
        is_there
    }

    fn is_full(mut self, most: u32, refill: Duration, now: Instant) -> bool {
        self.refill(most, refill, now);
        self.lines == most
    }

    fn refill(&mut self, most: u32, refill: Duration, now: Instant) {
        let passed = now.saturating_duration_since(self.since).as_millis() / refill.as_millis().max(1);
        let due = u32::try_from(passed).unwrap_or(u32::MAX);
        if self.lines.saturating_add(due) >= most {
            *self = Self { lines: most, since: now };
        } else {
            self.lines += due;
            self.since += refill * due;
        }
    }
}

const BURST: u32 = 10;
const REFILL: Duration = Duration::from_secs(10);
const BURST_OF_ALL: u32 = 100;
const REFILL_OF_ALL: Duration = Duration::from_secs(1);
const MOST_UIDS: usize = 4096;
const MOST_SUMMARIES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(quiet: &Quiet, uid: u32, times: u32, now: Instant) -> u32 {
        (0..times).map(|_| u32::from(quiet.admits(uid, now))).sum()
    }

    #[test]
    fn one_user_has_a_burst_and_then_a_line_now_and_then_and_the_rest_is_counted() {
        let now = Instant::now();
        let quiet = Quiet::new(now);
        assert_eq!(admitted(&quiet, 1000, 500, now), BURST);
        assert_eq!(quiet.left_out(), [(Some(1000), 490)]);
        assert_eq!(quiet.left_out(), [], "said once");
        let mut later = now;
        let lines: u32 = (0..3600)
            .map(|_| {
                later += Duration::from_secs(1);
                admitted(&quiet, 1000, 50, later)
            })
            .sum();
        assert_eq!(lines, 360, "in an hour of trying");
        assert!(quiet.admits(1001, later), "somebody else is heard");
        let rested = later + Duration::from_secs(1000);
        assert_eq!(admitted(&quiet, 1000, 500, rested), BURST);
    }

    #[test]
    fn many_users_together_have_no_more_lines_and_take_no_more_memory() {
        let now = Instant::now();
        let quiet = Quiet::new(now);
        // Whoever has subordinate uids (subuid(5)) has 65,536 of them.
        let lines: u32 = (0..70_000).map(|uid| admitted(&quiet, 100_000 + uid, 1, now)).sum();
        assert_eq!(lines, BURST_OF_ALL);
        assert!(quiet.lock().by_uid.len() <= MOST_UIDS);
        let left_out = quiet.left_out();
        assert!(left_out.len() <= MOST_SUMMARIES, "{left_out:?}");
        assert_eq!(left_out.iter().map(|(_, count)| count).sum::<u64>(), 70_000 - u64::from(BURST_OF_ALL));
        let rested = now + Duration::from_secs(3600);
        assert!(quiet.admits(1000, rested) && quiet.lock().by_uid.len() < MOST_UIDS);
    }
}
