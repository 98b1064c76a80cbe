//! A host whose clock is behind: the ledger's own says when a challenge is over.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::{Clock, Timestamp};
use postern_core::ledger::{Answered, ChallengeAdmission, ChallengeSlot, Challenges, NewChallenge};
use postern_core::limits::PushLimits;
use postern_store::{LedgerTime, RedisLedger};
use postern_tests::{Listen, Redis, SetClock};

use super::LATER;
use super::client::token;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_expired_by_the_ledgers_clock_is_expired_for_a_host_whose_clock_is_behind() {
    let redis = Redis::start("challenge_behind", Listen::Tcp);
    let time = SetClock::at(LATER);
    let ledger_time = LedgerTime::Of(Arc::clone(&time) as Arc<dyn Clock>);
    let past = 1_000_000_000;
    let ledger = RedisLedger::open_at(&redis.config(), SetClock::at(past), ledger_time).unwrap();
    let (account, id) = (AccountId::new("a".to_owned()), ChallengeId::new(token().bytes()));
    let at = Timestamp::from_unix(past);
    let expires = at.plus(Duration::from_secs(60));
    let new = NewChallenge { id, slot: ChallengeSlot::Pairing, value: "sealed", expires, at };
    let put = ledger.put_challenge(&account, &new, &PushLimits::default()).await;
    assert_eq!(put, Ok(ChallengeAdmission::Put));
    time.set(LATER + 59);
    assert_eq!(ledger.challenges(&account, at).await.unwrap().len(), 1, "it lasts as long as it is to last");
    time.set(LATER + 60);
    for at in [past, 0] {
        let at = Timestamp::from_unix(at);
        assert_eq!(ledger.answer_challenge(&account, id, "yes", at).await, Ok(Answered::Gone));
        assert_eq!(ledger.try_challenge(&account, id, 5, token(), at).await, Ok(None));
        assert_eq!(ledger.take_challenge(&account, id, token(), at).await, Ok(None));
    }
}
