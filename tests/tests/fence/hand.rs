//! Somebody who may write to Redis what they like.

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::ledger::{CodeAdmission, CodeAttempt, Ledger, Spent};
use postern_core::limits::{CodeLimits, Source};
use postern_tests::{Listen, Redis};

use super::person::{Person, token};
use super::scenario::Scenario;
use super::{LATER, redis_ledger};

#[tokio::test]
async fn no_key_but_what_remembers_steps_makes_one_spendable_again() {
    let redis = Redis::start("fence_hand", Listen::Tcp);
    let scenario = Scenario::new("by hand", |clock| redis_ledger(&redis.config(), clock));
    let (ledger, person) = (&scenario.ledgers[0], Person::new("alice"));
    let step = scenario.spend_latest(&person).await;
    let at = scenario.clock.second();
    fill(ledger.as_ref()).await;
    let keys: Vec<String> = redis.cli(&["KEYS", "*"]).lines().map(ToOwned::to_owned).collect();
    let (memory, others): (Vec<_>, Vec<_>) =
        keys.iter().partition(|key| key.ends_with(":fence") || key.contains(":spent:"));
    let names: Vec<&str> = others.iter().filter_map(|key| key.split("}:").nth(1)).collect();
    for name in ["codes", "codes:203.0.113.1", "code-sources", "devices"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(memory.iter().any(|key| key.contains(":spent:alice:")), "{memory:?}");
    for key in others {
        for value in [
            &["SET", key, "1"][..],
            &["HSET", key, "step", "1"],
            &["ZADD", key, "1", "x"],
            &["RPUSH", key, "x"],
            &["PING"],
        ] {
            assert!(matches!(&*redis.cli(&["DEL", key]), "0" | "1"));
            drop(redis.cli(value));
            assert_eq!(person.ask(ledger, step, at).await, Spent::Replayed, "{value:?}");
        }
        drop(redis.cli(&["DEL", key]));
    }
    // Without a fence nobody knows anything, and with one of another server neither. The host that took the step knows it all the
    // same.
    let other = &scenario.ledgers[1];
    for change in [
        &["DEL"][..],
        &["HDEL", "epoch"],
        &["HDEL", "since"],
        &["HSET", "epoch", "0"],
        &["HSET", "since", "x"],
    ] {
        for key in redis.cli(&["KEYS", "*:fence"]).lines() {
            let command: Vec<&str> = change[..1].iter().chain([&key]).chain(&change[1..]).copied().collect();
            drop(redis.cli(&command));
        }
        for key in redis.cli(&["KEYS", "*:spent:*"]).lines() {
            drop(redis.cli(&["DEL", key]));
        }
        for replayed in [step - 1, step] {
            let again = person.ask(other, replayed, at).await;
            assert!(matches!(again, Spent::Unknown { from } if from > step), "{change:?}: {again:?}");
            assert_eq!(person.ask(ledger, replayed, at).await, Spent::Replayed, "{change:?}");
        }
    }
}

#[tokio::test]
async fn a_deleted_count_only_begins_anew() {
    let redis = Redis::start("fence_counts", Listen::Tcp);
    let ledger = redis_ledger(&redis.config(), postern_tests::SetClock::at(LATER));
    let account = AccountId::new("alice".to_owned());
    let limits = CodeLimits::default();
    for _ in 0..3 {
        for number in 1..=limits.wrong {
            let admission = admit(ledger.as_ref(), &account, None).await;
            assert_eq!(admission, CodeAdmission::Proceed { in_a_row: number });
        }
        assert!(matches!(admit(ledger.as_ref(), &account, None).await, CodeAdmission::Limited { .. }));
        assert_eq!(redis.cli(&["DEL", "postern:{alice}:codes"]), "1");
    }
}

/// Something under every key.
async fn fill(ledger: &dyn Ledger) {
    let account = AccountId::new("alice".to_owned());
    let source = Source::of("203.0.113.1".parse().ok());
    _ = admit(ledger, &account, None).await;
    _ = admit(ledger, &account, Some(&source)).await;
    let expires = Timestamp::from_unix(LATER + 1_000_000);
    let device = DeviceRecord { id: DeviceId([1; 16]), value: "x".to_owned(), expires };
    ledger.put_device(&account, &device, Timestamp::from_unix(LATER)).await.unwrap();
}

async fn admit(ledger: &dyn Ledger, account: &AccountId, source: Option<&Source>) -> CodeAdmission {
    let attempt = CodeAttempt { account, source, at: Timestamp::from_unix(LATER), token: token() };
    ledger.admit_code(&attempt, &CodeLimits::default()).await.unwrap()
}
