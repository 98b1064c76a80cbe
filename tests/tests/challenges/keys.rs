//! What is kept in Redis, and for how long.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::factor::FactorId;
use postern_core::keyring::Digest;
use postern_core::ledger::{Answered, ChallengeAdmission, ChallengeSlot, Ledger, NewChallenge, Sending};
use postern_core::limits::{PushLimits, SentCodeLimits};
use postern_store::RedisLedger;
use postern_tests::{Listen, Redis, guard};

use super::client::token;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_has_an_end_and_its_name() {
    let redis = Redis::start("challenge_keys", Listen::Tcp);
    let (ledger, account, at) = site(&redis);
    let put = async |slot| {
        let (id, expires) = (ChallengeId::new(token().bytes()), at.plus(Duration::from_secs(60)));
        let new = NewChallenge { id, slot, value: "sealed", expires, at };
        let admission = ledger.put_challenge(&account, &new, &PushLimits::default()).await;
        assert_eq!(admission, Ok(ChallengeAdmission::Put));
        id
    };
    let approval = put(ChallengeSlot::Approval { pushes: true }).await;
    for number in 0..20 {
        _ = put(ChallengeSlot::Code(FactorId::new([number % 2; 16]))).await;
        _ = put(ChallengeSlot::Pairing).await;
    }
    assert_eq!(
        ledger.challenges(&account, at).await.unwrap().len(),
        4,
        "an approval, a pairing and two codes"
    );
    assert_eq!(ledger.answer_challenge(&account, approval, "yes", at).await, Ok(Answered::Now));
    assert!(ledger.take_challenge(&account, approval, token(), at).await.unwrap().is_some());
    ledger.mute_pushes(&account, at.plus(Duration::from_secs(3600)), at).await.unwrap();
    let sending = Sending { subject: Digest::new([0xab; 16]), at, token: token() };
    _ = ledger.admit_sending(&sending, &SentCodeLimits::default().per_source).await.unwrap();
    assert!(ledger.claim(Digest::new([0xcd; 16]), token(), Duration::from_secs(60), at).await.unwrap());
    let mut expected = vec![
        ("challenges:a%7d%3ab".to_owned(), 60),
        ("pushes:a%7d%3ab".to_owned(), 30 * 86_400),
        (format!("wake:a%7d%3ab:{approval}"), 60),
        ("sent".to_owned(), 3600),
        ("claim".to_owned(), 60),
    ];
    let keys = redis.cli(&["KEYS", "*"]);
    for key in keys.lines() {
        let (tag, name) = key.strip_prefix("postern:{").unwrap().split_once("}:").unwrap();
        let left: i64 = redis.cli(&["TTL", key]).parse().unwrap();
        assert!(left > 0, "{key} has no end");
        if name == "fence" {
            assert!(tag.starts_with("steps-"), "{key}");
            continue;
        }
        let place = expected.iter().position(|(known, _)| known == name).expect(key);
        let (_, most) = expected.remove(place);
        assert!((most - 5..=most).contains(&left), "{key}: {left}");
        let is_in_bucket = tag.starts_with("steps-");
        let digest = [format!("digest-{}", "ab".repeat(16)), format!("digest-{}", "cd".repeat(16))];
        assert!(is_in_bucket || digest.contains(&tag.to_owned()), "{key}");
    }
    assert_eq!(expected, [], "{keys}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn challenges_that_are_taken_one_after_the_other_do_not_fill_the_memory() {
    let redis = Redis::start("challenge_many", Listen::Tcp);
    let (ledger, account, at) = site(&redis);
    for _ in 0..100 {
        let (id, expires) = (ChallengeId::new(token().bytes()), at.plus(Duration::from_secs(60)));
        let new = NewChallenge {
            id,
            slot: ChallengeSlot::Approval { pushes: false },
            value: "sealed",
            expires,
            at,
        };
        let admission = ledger.put_challenge(&account, &new, &PushLimits::default()).await;
        assert_eq!(admission, Ok(ChallengeAdmission::Put));
        let token = token();
        for _ in 0..2 {
            assert!(ledger.take_challenge(&account, id, token, at).await.unwrap().is_some());
        }
    }
    let key = redis.cli(&["KEYS", "*:challenges:*"]);
    let fields: usize = redis.cli(&["HLEN", &key]).parse().unwrap();
    assert!(fields <= 17 * 7, "{fields}");
}

/// Redis itself expires it: no cleanup is needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_that_is_over_leaves_nothing_but_its_count() {
    let redis = Redis::start("challenge_over", Listen::Tcp);
    let (ledger, account, at) = site(&redis);
    let (id, expires) = (ChallengeId::new(token().bytes()), at.plus(Duration::from_secs(3)));
    let new =
        NewChallenge { id, slot: ChallengeSlot::Approval { pushes: true }, value: "sealed", expires, at };
    let admission = ledger.put_challenge(&account, &new, &PushLimits::default()).await;
    assert_eq!(admission, Ok(ChallengeAdmission::Put));
    let waited = ledger.await_challenge(&account, id, Duration::from_secs(30)).await;
    assert_eq!(waited, Ok(true), "it is over");
    let now = SystemClock.now();
    assert!(now >= expires && now <= expires.plus(Duration::from_secs(2)), "{now}, and not {expires}");
    // A host whose clock is behind.
    for at in [at, now] {
        assert_eq!(ledger.answer_challenge(&account, id, "yes", at).await, Ok(Answered::Gone));
        assert_eq!(ledger.try_challenge(&account, id, 5, token(), at).await, Ok(None));
        assert_eq!(ledger.take_challenge(&account, id, token(), at).await, Ok(None));
    }
    guard::wait_for("Redis to forget it", Duration::from_secs(5), || {
        let keys = redis.cli(&["KEYS", "*:a%7d%3ab*"]);
        (keys.lines().all(|key| key.contains(":pushes:")) && !keys.is_empty()).then_some(())
    });
}

fn site(redis: &Redis) -> (Arc<dyn Ledger>, AccountId, Timestamp) {
    let ledger = Arc::new(RedisLedger::open(&redis.config(), Arc::new(SystemClock)).unwrap());
    (ledger, AccountId::new("a}:b".to_owned()), SystemClock.now())
}
