//! What this process was given once: it is given nowhere else by this process, whatever Redis says of it later.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::factor::FactorId;
use postern_core::ledger::Token;

/// Steps and challenges, the latest ones.
pub(super) struct Had(Mutex<LruCache<Which, (u64, Token)>>);

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Which {
    /// A step of this factor, with all before it.
    Factor(AccountId, FactorId),
    /// This challenge.
    Challenge(AccountId, ChallengeId),
}

impl Had {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    /// Whether another question than that of `token` has this step, or one shortly after it.
    pub(super) fn is_anothers(&self, which: &Which, step: u64, token: Token) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = |had: u64| (step..=step.saturating_add(SOON)).contains(&had);
        all.get(which).is_some_and(|(had, holder)| soon(*had) && *holder != token)
    }

    pub(super) fn note(&self, which: Which, step: u64, token: Token) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(which, (step, token));
    }
}

/// One that is further ahead was had by a clock that was wrong, and says nothing of those before it.
const SOON: u64 = 10;
/// More logins than there are within the time in which a code is good.
const MOST: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_question_had_no_other_has() {
        let had = Had::new();
        let which = Which::Challenge(AccountId::new("a".to_owned()), ChallengeId::new([1; 16]));
        assert!(!had.is_anothers(&which, 0, [1; 16]));
        had.note(which.clone(), 0, [1; 16]);
        assert!(!had.is_anothers(&which, 0, [1; 16]), "it may be told twice");
        assert!(had.is_anothers(&which, 0, [2; 16]));
        assert!(!had.is_anothers(&which, 1, [2; 16]));
        had.note(which.clone(), 20, [3; 16]);
        assert!(had.is_anothers(&which, 19, [2; 16]) && !had.is_anothers(&which, 9, [2; 16]));
    }
}
