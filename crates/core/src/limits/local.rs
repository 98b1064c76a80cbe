use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{AttemptLimits, Source};
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::keyring::Digest;
use crate::ledger::{Admission, Settlement};

/// Attempts that are counted in this process only: for names without an account, and while the ledger is down.
///
/// Key: [`Counter`] and source. Window: [`AttemptLimits::window`]. The table is bounded: the counter with the oldest attempt is
/// evicted first.
pub struct LocalAttempts(Mutex<LruCache<Counter, Vec<Counted>>>);

/// What is counted. No variant shares a count with another, even if an account's id looks like another key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Secrets for an account. All who know its name fill it.
    Secrets(AccountId),
    /// Codes for an account. Only a person who proved the first factor fills the count without a source; without that proof,
    /// the count is the source's own.
    Codes {
        /// The account.
        account: AccountId,
        /// The source of a person who has proved nothing.
        source: Option<Source>,
    },
    /// Main passwords for a name without an account, by the name's keyed digest.
    UnknownName(Digest),
}

/// One attempt.
#[derive(Debug, Clone)]
pub struct LocalAttempt<'a> {
    /// What counts it.
    pub counter: Counter,
    /// Where it comes from.
    pub source: &'a Source,
    /// What tells its secret from others.
    pub digest: Digest,
    /// The time of the attempt.
    pub at: Timestamp,
}

impl LocalAttempts {
    /// Without any attempt.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(COUNTERS)))
    }

    /// As [`crate::ledger::Attempts::admit`]. Sources that succeeded before are unknown here, so beyond the account's limit every
    /// source is refused.
    #[must_use]
    pub fn admit(&self, attempt: &LocalAttempt<'_>, limits: &AttemptLimits) -> Admission {
        let mut counters = self.lock();
        let counted = counters.get_or_insert_mut(attempt.counter.clone(), Vec::new);
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

    /// As [`crate::ledger::Attempts::settle`].
    pub fn settle(&self, attempt: &LocalAttempt<'_>, settlement: Settlement) {
        let mut counters = self.lock();
        let Some(counted) = counters.get_mut(&attempt.counter) else { return };
        match settlement {
            Settlement::Wrong => {
                counted.iter_mut().filter(|one| one.is(attempt)).for_each(|one| one.wrong = true)
            }
            Settlement::Withdrawn => counted.retain(|one| one.wrong || !one.is(attempt)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Counter, Vec<Counted>>> {
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
    fn is(&self, attempt: &LocalAttempt<'_>) -> bool {
        self.source == *attempt.source && self.digest == attempt.digest
    }
}

fn reached(count: usize, limit: u32) -> bool {
    u32::try_from(count).unwrap_or(u32::MAX) >= limit
}

const COUNTERS: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

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

        fn attempt<'a>(&'a self, source: &'a Source, secret: u8, at: u64) -> LocalAttempt<'a> {
            LocalAttempt {
                counter: Counter::Secrets(self.account.clone()),
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
    fn each_counter_counts_apart() {
        let f = Fixture::new();
        let account = || f.account.clone();
        let counters = [
            Counter::Secrets(account()),
            Counter::Codes { account: account(), source: None },
            Counter::Codes { account: account(), source: Some(f.here.clone()) },
            Counter::Codes { account: account(), source: Some(f.there.clone()) },
            Counter::UnknownName(Digest::new([1; 16])),
            Counter::UnknownName(Digest::new([2; 16])),
        ];
        for counter in counters {
            for secret in 1..=3 {
                let attempt = LocalAttempt { counter: counter.clone(), ..f.attempt(&f.here, secret, 1000) };
                assert_eq!(f.counted.admit(&attempt, &LIMITS), Admission::Proceed, "{counter:?}");
            }
            let one_more = LocalAttempt { counter, ..f.attempt(&f.here, 4, 1000) };
            assert_eq!(f.counted.admit(&one_more, &LIMITS), Admission::Limited);
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
