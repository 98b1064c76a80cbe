//! Replay protection within one process: a step or challenge that it was granted once is not granted to another of its requests, even
//! if Redis has lost the record.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::factor::FactorId;
use postern_core::ledger::Token;

/// The latest grants, each with the request that it was made to.
pub(super) struct Granted(Mutex<LruCache<Grant, (u64, Token)>>);

/// What was granted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Grant {
    /// A step of this factor, with all before it.
    Factor(AccountId, FactorId),
    /// This challenge.
    Challenge(AccountId, ChallengeId),
}

impl Granted {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }

    /// Whether granting this step to the request of `token` would be a replay: another request was granted it, or one shortly after
    /// it.
    pub(super) fn is_replay(&self, grant: &Grant, step: u64, token: Token) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_near = |granted: u64| (step..=step.saturating_add(NEAR)).contains(&granted);
        all.get(grant).is_some_and(|(granted, holder)| is_near(*granted) && *holder != token)
    }

    pub(super) fn record(&self, grant: Grant, step: u64, token: Token) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(grant, (step, token));
    }
}

/// A step that is further ahead was granted under a clock that was wrong, and says nothing about earlier ones.
const NEAR: u64 = 10;
/// More logins than there are within the time in which a code is valid.
const MOST: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_granted_to_one_request_is_not_granted_to_another() {
        let granted = Granted::new();
        let grant = Grant::Challenge(AccountId::new("a".to_owned()), ChallengeId::new([1; 16]));
        assert!(!granted.is_replay(&grant, 0, Token::new([1; 16])));
        granted.record(grant.clone(), 0, Token::new([1; 16]));
        assert!(!granted.is_replay(&grant, 0, Token::new([1; 16])), "the request may be repeated");
        assert!(granted.is_replay(&grant, 0, Token::new([2; 16])));
        assert!(!granted.is_replay(&grant, 1, Token::new([2; 16])));
        granted.record(grant.clone(), 20, Token::new([3; 16]));
        assert!(
            granted.is_replay(&grant, 19, Token::new([2; 16]))
                && !granted.is_replay(&grant, 9, Token::new([2; 16]))
        );
    }
}
