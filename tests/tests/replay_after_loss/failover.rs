//! Sentinels that fail over.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::Signal;
use postern_core::account::AccountId;
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Ledger, LedgerError, Spent};
use postern_tests::{Fault, RedisSentinel, SetClock, Stopwatch};

use super::code_user::{CodeUser, token};
use super::scenario::Scenario;
use super::{GRACE, LATER, PERIOD, redis_ledger};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_master_takes_no_spent_step_along() {
    let mut redis = RedisSentinel::guarded("fence_killed", 2);
    let config = redis.config();
    Scenario::new("Sentinel, master killed", |clock| redis_ledger(&config, clock))
        .run(1, 2 * PERIOD + GRACE, |_| {
            redis.servers[0].kill();
            println!("server {} leads", redis.wait_promoted());
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_was_suspended_does_not_spend_a_step_that_another_has_spent() {
    let redis = RedisSentinel::guarded("fence_paused", 2);
    let old = redis.config_of_first_master();
    let mut scenario =
        Scenario::new("Sentinel, master stopped for a while", |clock| redis_ledger(&redis.config(), clock));
    let stale = redis_ledger(&old, scenario.clock.clone());
    let warm = CodeUser::new("warm");
    _ = warm.ask(&stale, LATER / PERIOD, LATER).await;
    scenario
        .run(1, 2 * PERIOD + GRACE, |ledgers| {
            redis.servers[0].signal(Signal::SIGSTOP);
            println!("server {} leads", redis.wait_promoted());
            redis.servers[0].signal(Signal::SIGCONT);
            // Clients that still use the old one.
            ledgers.truncate(2);
        })
        .await;
    let now = scenario.clock.second();
    let step = scenario.spend_latest(&warm).await;
    match warm.spend(&stale, step, now, token()).await {
        Ok(Spent::Now) => panic!("the old master has spent step {step} again"),
        Ok(Spent::Replayed | Spent::Unknown { .. } | Spent::WrongClock { .. })
        | Err(LedgerError::Down(_)) => {}
        Err(LedgerError::Broken(why)) => panic!("{why}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_had_not_heard_of_a_spend_is_promoted_without_it() {
    let mut redis = RedisSentinel::gated("fence_behind", 2);
    let direct = redis_ledger(&redis.config_of_first_master(), SetClock::at(LATER));
    let mut scenario =
        Scenario::new("Sentinel, replicas behind", |clock| redis_ledger(&redis.config(), clock));
    let person = CodeUser::new("alice");
    let before = scenario.spend_latest(&person).await;
    assert_eq!(redis.servers[0].cli(&["WAIT", "2", "5000"]), "2");
    redis.gate.as_ref().unwrap().set(Fault::BlackHole);
    let now = scenario.clock.second();
    assert_eq!(
        person.ask(&direct, before + 1, now + PERIOD).await,
        Spent::Now,
        "a replica was there just now"
    );
    redis.servers[0].kill();
    let leader = redis.wait_promoted();
    let key = redis.servers[leader].cli(&["KEYS", "*spent:alice*"]);
    let known = redis.servers[leader].cli(&["HGET", &key, "step"]);
    assert_eq!(known, before.to_string(), "it has heard of the spend after all");
    scenario.clock.set(now + PERIOD);
    let waited = scenario.wait_and_replay(&person, before + 1).await;
    println!("{}: nothing spent twice, longest wait {waited} s", scenario.name);
    assert!(waited <= 2 * PERIOD + GRACE, "{waited}");
    scenario.ledgers.clear();
}

#[tokio::test]
async fn a_server_that_would_go_on_alone_spends_nothing_and_says_what_to_set() {
    let redis = RedisSentinel::start("fence_unguarded");
    let ledger: Arc<dyn Ledger> = redis_ledger(&redis.config(), SetClock::at(LATER));
    let refused = CodeUser::new("alice").spend(&ledger, LATER / PERIOD + 100, LATER, token()).await;
    assert!(
        matches!(&refused, Err(LedgerError::Broken(why)) if why.contains("set min-replicas-to-write 1")),
        "{refused:?}"
    );
    let warnings = ledger.health().await.unwrap().warnings;
    assert!(matches!(&*warnings, [one] if one.contains("min-replicas-to-write 1")), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_whose_replica_is_gone_spends_nothing_until_it_is_back() {
    let mut redis = RedisSentinel::guarded("fence_lonely", 1);
    let scenario = Scenario::new("lonely", |clock| redis_ledger(&redis.config(), clock));
    let person = CodeUser::new("alice");
    let step = scenario.spend_latest(&person).await;
    redis.servers[1].kill();
    let at = scenario.clock.second() + PERIOD;
    let alone = person.spend(&scenario.ledgers[0], step + 1, at, token()).await;
    assert!(matches!(&alone, Err(LedgerError::Down(_))), "{alone:?}");
    redis.servers[1].start_again();
    redis.servers[1].follow(&redis.servers[0]);
    redis.servers[0].wait_replicas(1);
    assert_eq!(person.ask(&scenario.ledgers[0], step + 1, at).await, Spent::Now, "nothing was lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_of_before_a_failover_are_gone_after_it_though_the_replica_has_them() {
    let mut redis = RedisSentinel::guarded("fence_sessions", 2);
    let ledger = redis_ledger(&redis.config(), SetClock::at(LATER));
    let (account, now) = (AccountId::new("alice".to_owned()), Timestamp::from_unix(LATER));
    let id = BrowserRecordId { kind: BrowserRecordKind::Session, digest: Digest::new([7; 16]) };
    let record =
        BrowserRecord { id, value: "a session".to_owned(), expires: Timestamp::from_unix(LATER + 3600) };
    assert!(ledger.put_browser_record(&account, &record, None, now).await.unwrap());
    let kept = ledger.browser_records(&account, BrowserRecordKind::Session, now).await.unwrap();
    assert_eq!(kept, [record]);
    assert_eq!(redis.servers[0].cli(&["WAIT", "2", "5000"]), "2");
    redis.servers[0].kill();
    let leader = redis.wait_promoted();
    assert_ne!(redis.servers[leader].cli(&["KEYS", "*alice*"]), "", "the replica has heard of it");
    let waited = Stopwatch::start();
    let after = loop {
        match ledger.browser_records(&account, BrowserRecordKind::Session, now).await {
            Ok(records) => break records,
            Err(LedgerError::Down(why)) => assert!(!waited.is_over(Duration::from_secs(30)), "{why}"),
            Err(LedgerError::Broken(why)) => panic!("{why}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(after, [], "none comes back");
}
