//! What is kept, and for how long.

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{Spend, Spent, Token};
use postern_tests::{Listen, Redis, SetClock};

use super::{LATER, redis_ledger};

#[tokio::test]
async fn a_spent_step_is_kept_for_400_days_and_longer_than_its_fence() {
    let redis = Redis::start("spent_keys", Listen::Tcp);
    let ledger = redis_ledger(&redis.config(), SetClock::at(LATER));
    let (account, factor) = (AccountId::new("a}:b".to_owned()), FactorId::new([1; 16]));
    let spend = |step| {
        let at = Timestamp::from_unix(LATER);
        Spend { account: &account, factor, step, period: 30, is_first: false, at, token: Token::new([1; 16]) }
    };
    let Ok(Spent::Unknown { from }) = ledger.spend(&spend(0)).await else { panic!() };
    assert_eq!(ledger.spend(&spend(from)).await, Ok(Spent::Now));
    let spent = redis.cli(&["KEYS", "*spent*"]);
    let tag = spent.strip_suffix("spent:a%7d%3ab:01010101010101010101010101010101").unwrap();
    assert!(tag.starts_with("postern:{steps-") && tag.ends_with("}:"), "{spent}");
    let left: u64 = redis.cli(&["TTL", &spent]).parse().unwrap();
    let after_its_time = LATER + left - (from + 1) * 30;
    assert!((401 * 86_400 - 5..=401 * 86_400 + 1).contains(&after_its_time), "{after_its_time}");
    let left: u64 = redis.cli(&["TTL", &format!("{tag}fence")]).parse().unwrap();
    assert!((400 * 86_400 - 5..=400 * 86_400).contains(&left), "{left}");
    let old = Spend { at: Timestamp::from_unix(LATER), ..spend(from) };
    assert_eq!(redis.cli(&["DEL", &spent]), "1");
    assert_eq!(redis.cli(&["HSET", &format!("{tag}fence"), "since", "0"]), "0");
    assert_eq!(
        ledger.spend(&Spend { token: Token::new([2; 16]), ..old }).await,
        Ok(Spent::Replayed),
        "the host knows it"
    );
    let ledger = redis_ledger(&redis.config(), SetClock::at(LATER));
    assert_eq!(ledger.spend(&old).await, Ok(Spent::Now), "a step of the future is not old");
    let month_old = LATER / 30 - 30 * 2880;
    let young = FactorId::new([2; 16]);
    for (step, is_to_be_had) in [(month_old - 2, false), (month_old + 10, true)] {
        let spent = ledger.spend(&Spend { factor: young, step, ..old }).await.unwrap();
        assert_eq!(spent == Spent::Now, is_to_be_had, "{spent:?}");
    }
}
