use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postern_core::account::AccountId;
use postern_core::audit::{About, LeftOut};
use postern_core::limits::Source;
use postern_log::{LineBucket, Rate};

/// Keeps untrusted users from filling the audit log. Lines beyond the limit are counted instead.
///
/// Each kind of line has its own buckets, so that one kind cannot crowd out another.
#[derive(Debug)]
pub(crate) struct AuditThrottle {
    /// Local users, by uid. A local user can fill only their own bucket.
    peers: Mutex<Buckets<u32>>,
    /// Phones at the page, by the address that the page reports. Anyone who reaches the page can fill the bucket of their address.
    phones: Mutex<Buckets<Source>>,
    /// Changes, by account. Only the account's owner, or someone with its main password, can fill its bucket. There is no limit
    /// on all accounts together, so one account cannot keep the changes of another out of the log.
    changes: Mutex<Buckets<AccountId>>,
}

impl AuditThrottle {
    pub(crate) fn new(now: Instant) -> Self {
        let refill = Duration::from_secs(10);
        let all = Rate { burst: 100, refill: Duration::from_secs(1) };
        let others = Rates { each: Rate { burst: 10, refill }, all: Some(all) };
        let changes = Rates { each: Rate { burst: 60, refill }, all: None };
        Self {
            peers: Mutex::new(Buckets::new(others, now)),
            phones: Mutex::new(Buckets::new(others, now)),
            changes: Mutex::new(Buckets::new(changes, now)),
        }
    }

    /// Whether a line about the local user `uid` may be written at `now`.
    pub(crate) fn admits_peer(&self, uid: u32, now: Instant) -> bool {
        lock(&self.peers).admit(uid, now)
    }

    /// Whether a line about a phone at `source` may be written at `now`.
    pub(crate) fn admits_phone(&self, source: &Source, now: Instant) -> bool {
        lock(&self.phones).admit(source.clone(), now)
    }

    /// Whether a line about a change of `account` may be written at `now`.
    pub(crate) fn admits_change(&self, account: &AccountId, now: Instant) -> bool {
        lock(&self.changes).admit(account.clone(), now)
    }

    /// The number of lines left out since the last call, by subject.
    pub(crate) fn left_out(&self) -> Vec<LeftOut> {
        let peers = lock(&self.peers).take_left_out();
        let phones = lock(&self.phones).take_left_out();
        let changes = lock(&self.changes).take_left_out();
        let peers = peers.into_iter().map(|(uid, lines)| (uid.map_or(About::Peers, About::Peer), lines));
        let phones = phones.into_iter().map(|(at, lines)| (at.map_or(About::Phones, About::Phone), lines));
        let changes =
            changes.into_iter().map(|(of, lines)| (of.map_or(About::Accounts, About::Account), lines));
        peers.chain(phones).chain(changes).map(|(about, lines)| LeftOut { lines, about }).collect()
    }
}

fn lock<K>(buckets: &Mutex<Buckets<K>>) -> MutexGuard<'_, Buckets<K>> {
    buckets.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many lines may be written.
#[derive(Debug, Clone, Copy)]
struct Rates {
    /// By one key.
    each: Rate,
    /// By all keys together.
    all: Option<Rate>,
}

#[derive(Debug)]
struct Buckets<K> {
    rate: Rate,
    all: Option<(Rate, LineBucket)>,
    each: HashMap<K, Counted>,
    left_out_of_rest: u64,
}

#[derive(Debug)]
struct Counted {
    bucket: LineBucket,
    left_out: u64,
}

impl<K: Hash + Eq> Buckets<K> {
    fn new(rates: Rates, now: Instant) -> Self {
        let all = rates.all.map(|rate| (rate, LineBucket::full(rate, now)));
        Self { rate: rates.each, all, each: HashMap::new(), left_out_of_rest: 0 }
    }

    fn admit(&mut self, key: K, now: Instant) -> bool {
        let rate = self.rate;
        if self.each.len() >= MOST_KEYS && !self.each.contains_key(&key) {
            self.each.retain(|_, one| one.left_out > 0 || !one.bucket.is_full(rate, now));
            if self.each.len() >= MOST_KEYS {
                self.left_out_of_rest += 1;
                return false;
            }
        }
        let fresh = || Counted { bucket: LineBucket::full(rate, now), left_out: 0 };
        let one = self.each.entry(key).or_insert_with(fresh);
        let admitted = one.bucket.take(rate, now)
            && self.all.as_mut().is_none_or(|(rate, bucket)| bucket.take(*rate, now));
        if !admitted {
            one.left_out += 1;
        }
        admitted
    }
}

impl<K: Clone> Buckets<K> {
    /// The number of lines left out since the last call, by key; without a key, those of keys that were too many to keep apart.
    fn take_left_out(&mut self) -> Vec<(Option<K>, u64)> {
        let rest = std::mem::take(&mut self.left_out_of_rest);
        let each = self.each.iter_mut().filter(|(_, one)| one.left_out > 0);
        let mut counted: Vec<_> =
            each.map(|(key, one)| (Some(key.clone()), std::mem::take(&mut one.left_out))).collect();
        if rest > 0 {
            counted.push((None, rest));
        }
        // One line stands for many keys.
        if counted.len() > MOST_SUMMARIES {
            counted.sort_unstable_by_key(|(key, count)| (key.is_some(), *count));
            let few = counted.split_off(counted.len() - MOST_SUMMARIES + 1);
            let rest = counted.iter().map(|(_, count)| count).sum();
            counted = few;
            counted.push((None, rest));
        }
        counted
    }
}

const MOST_KEYS: usize = 4096;
const MOST_SUMMARIES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &AuditThrottle, uid: u32, times: u32, now: Instant) -> u32 {
        (0..times).map(|_| u32::from(throttle.admits_peer(uid, now))).sum()
    }

    #[test]
    fn one_user_has_a_burst_and_then_a_line_now_and_then_and_the_rest_is_counted() {
        let now = Instant::now();
        let throttle = AuditThrottle::new(now);
        assert_eq!(admitted(&throttle, 1000, 500, now), 10);
        assert_eq!(throttle.left_out(), [LeftOut { lines: 490, about: About::Peer(1000) }]);
        assert_eq!(throttle.left_out(), [], "said once");
        let mut later = now;
        let lines: u32 = (0..3600)
            .map(|_| {
                later += Duration::from_secs(1);
                admitted(&throttle, 1000, 50, later)
            })
            .sum();
        assert_eq!(lines, 360, "in an hour of trying");
        assert!(throttle.admits_peer(1001, later), "another peer is logged");
        let rested = later + Duration::from_secs(1000);
        assert_eq!(admitted(&throttle, 1000, 500, rested), 10);
    }

    #[test]
    fn many_users_together_have_no_more_lines_and_take_no_more_memory() {
        let now = Instant::now();
        let throttle = AuditThrottle::new(now);
        // A user with subordinate uids (subuid(5)) has 65,536 of them.
        let lines: u32 = (0..70_000).map(|uid| admitted(&throttle, 100_000 + uid, 1, now)).sum();
        assert_eq!(lines, 100);
        assert!(lock(&throttle.peers).each.len() <= MOST_KEYS);
        let left_out = throttle.left_out();
        assert!(left_out.len() <= MOST_SUMMARIES, "{left_out:?}");
        assert_eq!(left_out.iter().map(|one| one.lines).sum::<u64>(), 70_000 - 100);
        let rested = now + Duration::from_secs(3600);
        assert!(throttle.admits_peer(1000, rested) && lock(&throttle.peers).each.len() < MOST_KEYS);
    }

    #[test]
    fn neither_local_users_nor_phones_nor_one_account_keep_the_changes_of_another_out_of_the_log() {
        let now = Instant::now();
        let throttle = AuditThrottle::new(now);
        let [alice, bob] = ["alice", "bob"].map(|id| AccountId::new(id.to_owned()));
        for number in 0..1000 {
            let _: bool = throttle.admits_peer(100_000 + number, now);
            let _: bool = throttle.admits_phone(&Source::of_user(number), now);
        }
        assert_eq!((0..500).filter(|_| throttle.admits_change(&alice, now)).count(), 60);
        assert!(throttle.admits_change(&bob, now));
        assert!(throttle.left_out().contains(&LeftOut { lines: 440, about: About::Account(alice) }));
    }
}
