//! How often strangers tried an account and from a source lately, for the order of the slow lane alone.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use lru::LruCache;

use super::lane::{Stranger, Tried};
use crate::keyring::Digest;

/// Counts what strangers try, for each account, each name without an account and each source of strangers. Nothing is refused by
/// these counts.
///
/// Counted are attempts that come to the slow lane, right ones excepted, also if they find it full. A count halves every five
/// minutes. Who knows an account's name can fill its count, and those who share a source can fill the source's: they then wait
/// behind others who try less. Each table is bounded, and forgets what was not tried for longest.
#[derive(Debug)]
pub(super) struct RecentTries {
    accounts: LruCache<Digest, Tries>,
    names: LruCache<Digest, Tries>,
    sources: LruCache<Digest, Tries>,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    since: Instant,
}

impl RecentTries {
    pub(super) fn new() -> Self {
        let table = || LruCache::new(ENTRIES);
        Self { accounts: table(), names: table(), sources: table() }
    }

    /// How often this account or name, and this source, were tried before; counts one more of each.
    pub(super) fn count(&mut self, stranger: Stranger, now: Instant) -> u32 {
        let table = match stranger.tried {
            Tried::Account(_) => &mut self.accounts,
            Tried::UnknownName(_) => &mut self.names,
        };
        let of_name = count(table, stranger.tried.digest(), now);
        let of_source = stranger.source.map_or(0, |source| count(&mut self.sources, source, now));
        of_name.saturating_add(of_source)
    }

    /// The newest attempt was right.
    pub(super) fn forgive(&mut self, stranger: Stranger) {
        let table = match stranger.tried {
            Tried::Account(_) => &mut self.accounts,
            Tried::UnknownName(_) => &mut self.names,
        };
        forgive(table, stranger.tried.digest());
        if let Some(source) = stranger.source {
            forgive(&mut self.sources, source);
        }
    }
}

impl Tried {
    fn digest(self) -> Digest {
        match self {
            Self::Account(digest) | Self::UnknownName(digest) => digest,
        }
    }
}

fn count(table: &mut LruCache<Digest, Tries>, key: Digest, now: Instant) -> u32 {
    let tries = table.get_or_insert_mut(key, || Tries { count: 0, since: now });
    let halvings = now.saturating_duration_since(tries.since).as_secs() / HALVED_EVERY.as_secs();
    if halvings > 0 {
        tries.count = u32::try_from(halvings).ok().and_then(|by| tries.count.checked_shr(by)).unwrap_or(0);
        tries.since = now;
    }
    let before = tries.count;
    tries.count = before.saturating_add(1);
    before
}

fn forgive(table: &mut LruCache<Digest, Tries>, key: Digest) {
    if let Some(tries) = table.peek_mut(&key) {
        tries.count = tries.count.saturating_sub(1);
    }
}

const HALVED_EVERY: Duration = Duration::from_secs(300);
/// In each of the three tables, about half a MiB.
const ENTRIES: NonZeroUsize = NonZeroUsize::new(8_192).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turns::strangers::{at, invented, key};

    #[test]
    fn an_account_and_a_source_are_counted_together() {
        let (mut tries, now) = (RecentTries::new(), Instant::now());
        assert_eq!(tries.count(at(1, 1), now), 0);
        assert_eq!(tries.count(at(1, 2), now), 1, "the account");
        assert_eq!(tries.count(at(2, 2), now), 1, "the source");
        assert_eq!(tries.count(at(1, 2), now), 4, "both");
        assert_eq!(tries.count(at(3, 3), now), 0);
    }

    #[test]
    fn a_name_without_account_is_no_account_and_a_shared_source_is_none() {
        let (mut tries, now) = (RecentTries::new(), Instant::now());
        let unknown = Stranger { tried: Tried::UnknownName(key(1)), source: None };
        assert_eq!([tries.count(unknown, now), tries.count(unknown, now)], [0, 1]);
        let known = Stranger { tried: Tried::Account(key(1)), source: None };
        assert_eq!(tries.count(known, now), 0);
    }

    #[test]
    fn a_right_attempt_does_not_count() {
        let (mut tries, now) = (RecentTries::new(), Instant::now());
        for _ in 0..10 {
            assert_eq!(tries.count(at(1, 1), now), 0);
            tries.forgive(at(1, 1));
        }
        tries.forgive(at(1, 1));
        assert_eq!(tries.count(at(1, 1), now), 0);
    }

    #[test]
    fn a_count_halves_with_time_and_ends() {
        let (mut tries, start) = (RecentTries::new(), Instant::now());
        for _ in 0..16 {
            tries.count(at(1, 1), start);
        }
        let mut later = start + HALVED_EVERY;
        assert_eq!(tries.count(at(1, 2), later), 8);
        later += HALVED_EVERY * 2;
        assert_eq!(tries.count(at(1, 3), later), 2, "a quarter of nine");
        later += HALVED_EVERY * 1_000;
        assert_eq!(tries.count(at(1, 4), later), 0);
        assert_eq!(tries.count(at(1, 5), start), 1, "a clock that goes back");
    }

    #[test]
    fn invented_names_and_new_sources_do_not_wash_out_an_account() {
        let (mut tries, now) = (RecentTries::new(), Instant::now());
        tries.count(at(1, 1), now);
        for number in 0..20_000 {
            tries.count(invented(number), now);
        }
        assert_eq!(tries.count(at(1, 20_001), now), 1);
        assert!(tries.names.len() <= ENTRIES.get() && tries.sources.len() <= ENTRIES.get());
    }
}
