//! An attacker who may write to Redis.

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::{Digest, Keyring};
use postern_core::ledger::{CodeAdmission, CodeAttempt, Credential, Ledger, SourceNote, Spent, Use};
use postern_core::limits::{AttemptLimits, CodeLimits, Source};
use postern_tests::{Listen, Redis};

use super::code_user::{CodeUser, token};
use super::scenario::Scenario;
use super::{LATER, redis_ledger};

#[tokio::test]
async fn only_the_keys_of_spent_steps_can_make_one_spendable_again() {
    let redis = Redis::start("fence_hand", Listen::Tcp);
    let scenario = Scenario::new("by hand", |clock| redis_ledger(&redis.config(), clock));
    let (ledger, person) = (&scenario.ledgers[0], CodeUser::new("alice"));
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

#[tokio::test]
async fn a_source_forged_in_redis_is_not_a_source_that_succeeded() {
    let redis = Redis::start("fence_sources", Listen::Tcp);
    let ledger = redis_ledger(&redis.config(), postern_tests::SetClock::at(LATER));
    let keyring = Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1))).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| AccountId::new(name.to_owned()));
    let [home, evil] = ["203.0.113.1", "198.51.100.1"].map(|address| Source::of(address.parse().ok()));
    let at = Timestamp::from_unix(LATER);
    let used = Use { credential: Credential::MainPassword, at, service: "imap".to_owned(), address: None };
    let note = SourceNote::sign(&alice, &home, at, &keyring);
    ledger.note_use(&alice, &home, &note, &used).await.unwrap();
    let was_let_in = async |account: &AccountId, source: &Source| {
        let limits = AttemptLimits::default();
        let note = ledger.history(account, source, &limits, at).await.unwrap().succeeded;
        note.is_some_and(|note| note.is_signed(account, source, &keyring, at))
    };
    assert!(was_let_in(&alice, &home).await);
    let [of_alice, of_bob] = ["alice", "bob"].map(|name| format!("postern:{{{name}}}:succeeded"));
    let signed = redis.cli(&["HGET", &of_alice, home.as_str()]);
    let mac = signed.split_once(' ').unwrap().1;
    let zeros = format!("{LATER} {}", "0".repeat(mac.len()));
    let (later, earlier) = (format!("{} {mac}", LATER + 1), format!("{} {mac}", LATER - 1));
    for forged in [&*signed, &zeros, &later, &earlier, mac, "1", ""] {
        for (account, key, source) in [(&alice, &of_alice, &evil), (&bob, &of_bob, &home)] {
            drop(redis.cli(&["HSET", key, source.as_str(), forged]));
            assert!(!was_let_in(account, source).await, "{forged:?} of {source:?}");
        }
    }
    for forged in [&*zeros, &later, &earlier, mac, "1", ""] {
        assert_eq!(redis.cli(&["HSET", &of_alice, home.as_str(), forged]), "0");
        assert!(!was_let_in(&alice, &home).await, "{forged:?}");
    }
}

/// Something under every key.
async fn fill(ledger: &dyn Ledger) {
    let account = AccountId::new("alice".to_owned());
    let source = Source::of("203.0.113.1".parse().ok());
    _ = admit(ledger, &account, None).await;
    _ = admit(ledger, &account, Some(&source)).await;
    let expires = Timestamp::from_unix(LATER + 1_000_000);
    let device = DeviceRecord { id: DeviceId(Digest::new([1; 16])), value: "x".to_owned(), expires };
    ledger.put_device(&account, &device, Timestamp::from_unix(LATER)).await.unwrap();
}

async fn admit(ledger: &dyn Ledger, account: &AccountId, source: Option<&Source>) -> CodeAdmission {
    let attempt = CodeAttempt { account, source, at: Timestamp::from_unix(LATER), token: token() };
    ledger.admit_code(&attempt, &CodeLimits::default()).await.unwrap()
}
