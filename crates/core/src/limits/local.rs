use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{AttemptLimits, Source};
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::keyring::Digest;
use crate::ledger::{Admission, Attempt, Settlement};

/// Attempts that are counted in this process only: for names without an account, and while the ledger is down.
///
/// Key: account and source. Window: [`AttemptLimits::window`]. The table is bounded: the account with the oldest attempt is
/// evicted first.
pub struct LocalAttempts(Mutex<LruCache<AccountId, Vec<Counted>>>);

impl LocalAttempts {
    /// Without any attempt.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(ACCOUNTS)))
    }

    /// As [`crate::ledger::Ledger::admit`]. Sources that succeeded before are unknown here, so beyond the account's limit every
    /// source is refused.
    #[must_use]
    pub fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Admission {
        let mut accounts = self.lock();
        let counted = accounts.get_or_insert_mut(attempt.account.clone(), Vec::new);
        // An attempt in the future comes from a wrong clock, and counts as of now.
        counted.iter_mut().for_each(|one| one.at = one.at.min(attempt.at));
        counted.retain(|one| one.at.plus(limits.window) > attempt.at);
        if let Some(known) = counted.iter().find(|one| one.is(attempt)) {
            return if known.wrong { Admission::KnownWrong } else { Admission::Proceed };
        }
        let from_here = counted.iter().filter(|one| one.source == *attempt.source).count();
        if reached(from_here, limits.per_source) || reached(counted.len(), limits.per_account) {
            return Admission::Limited;
        }
        let source = attempt.source.clone();
        counted.push(Counted { source, digest: attempt.digest, at: attempt.at, wrong: false });
        Admission::Proceed
    }

    /// As [`crate::ledger::Ledger::settle`].
    pub fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) {
        let mut accounts = self.lock();
        let Some(counted) = accounts.get_mut(attempt.account) else { return };
        match settlement {
            Settlement::Wrong => {
                counted.iter_mut().filter(|one| one.is(attempt)).for_each(|one| one.wrong = true)
            }
            Settlement::Withdrawn => counted.retain(|one| one.wrong || !one.is(attempt)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<AccountId, Vec<Counted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LocalAttempts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalAttempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalAttempts")
    }
}

struct Counted {
    source: Source,
    digest: Digest,
    at: Timestamp,
    wrong: bool,
}

impl Counted {
    fn is(&self, attempt: &Attempt<'_>) -> bool {
        self.source == *attempt.source && self.digest == attempt.digest
    }
}

fn reached(count: usize, limit: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) >= limit
}

const ACCOUNTS: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AttemptLimits =
        AttemptLimits { per_source: 3, per_account: 5, window: std::time::Duration::from_secs(900) };

    struct Fixture {
        counted: LocalAttempts,
        account: AccountId,
        here: Source,
        there: Source,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                counted: LocalAttempts::new(),
                account: AccountId::new("a".to_owned()),
                here: Source::of("192.0.2.1".parse().ok()),
                there: Source::of("192.0.2.2".parse().ok()),
            }
        }

        fn attempt<'a>(&'a self, source: &'a Source, secret: u8, at: u64) -> Attempt<'a> {
            Attempt {
                account: &self.account,
                source,
                digest: Digest::new([secret; 16]),
                at: Timestamp::from_unix(at),
            }
        }

        fn wrong(&self, source: &Source, secret: u8, at: u64) -> Admission {
            let attempt = self.attempt(source, secret, at);
            let admission = self.counted.admit(&attempt, &LIMITS);
            self.counted.settle(&attempt, Settlement::Wrong);
            admission
        }
    }

    #[test]
    fn the_same_wrong_secret_counts_once_and_is_known_afterwards() {
        let f = Fixture::new();
        assert_eq!(f.wrong(&f.here, 1, 1000), Admission::Proceed);
        for _ in 0..20 {
            assert_eq!(f.wrong(&f.here, 1, 1001), Admission::KnownWrong);
        }
        assert_eq!(f.wrong(&f.here, 2, 1001), Admission::Proceed);
    }

    #[test]
    fn a_source_is_limited_alone_and_an_account_in_all() {
        let f = Fixture::new();
        for secret in 1..=3 {
            assert_eq!(f.wrong(&f.here, secret, 1000), Admission::Proceed);
        }
        assert_eq!(f.wrong(&f.here, 4, 1000), Admission::Limited);
        assert_eq!(f.wrong(&f.there, 4, 1000), Admission::Proceed);
        assert_eq!(f.wrong(&f.there, 5, 1000), Admission::Proceed);
        assert_eq!(f.wrong(&f.there, 6, 1000), Admission::Limited);
        assert_eq!(f.wrong(&f.here, 4, 1900), Admission::Proceed);
    }

    #[test]
    fn a_withdrawn_attempt_does_not_count() {
        let f = Fixture::new();
        for secret in 1..=20 {
            let attempt = f.attempt(&f.here, secret, 1000);
            assert_eq!(f.counted.admit(&attempt, &LIMITS), Admission::Proceed);
            f.counted.settle(&attempt, Settlement::Withdrawn);
        }
    }

    #[test]
    fn attempts_in_flight_count_before_anyone_knows_whether_they_are_wrong() {
        let f = Fixture::new();
        for secret in 1..=3 {
            assert_eq!(f.counted.admit(&f.attempt(&f.here, secret, 1000), &LIMITS), Admission::Proceed);
        }
        assert_eq!(f.counted.admit(&f.attempt(&f.here, 4, 1000), &LIMITS), Admission::Limited);
    }
}
