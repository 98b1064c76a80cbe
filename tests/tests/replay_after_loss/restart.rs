//! One server that is flushed, restarted or demoted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postern_core::ledger::{LedgerError, Spent};
use postern_tests::redis::RedisBuilder;
use postern_tests::{Listen, Redis, SetClock, guard};

use super::code_user::{CodeUser, token};
use super::scenario::Scenario;
use super::{LATER, PERIOD, SKEW, redis_ledger};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_forgets_no_spent_step() {
    let redis = Redis::start("fence_flush", Listen::Tcp);
    let mut scenario = Scenario::new("FLUSHALL", |clock| redis_ledger(&redis.config(), clock));
    let mut commands = ["FLUSHALL", "FLUSHDB"].iter().cycle();
    scenario.run(10, 2 * PERIOD + SKEW, |_| assert_eq!(redis.cli(&[commands.next().unwrap()]), "OK")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_flush_without_logins_no_login_waits() {
    let redis = Redis::start("fence_idle", Listen::Tcp);
    let scenario = Scenario::new("FLUSHALL while idle", |clock| redis_ledger(&redis.config(), clock));
    let person = CodeUser::new("alice");
    let last = scenario.spend_latest(&person).await;
    assert_eq!(redis.cli(&["FLUSHALL"]), "OK");
    let fences = || redis.cli(&["KEYS", "postern:*:fence"]).lines().count();
    guard::wait_for("the fences", Duration::from_secs(15), || (fences() == 64).then_some(()));
    assert_ne!(person.ask(&scenario.ledgers[1], last, scenario.clock.second()).await, Spent::Now);
    scenario.clock.set(scenario.clock.second() + 2 * PERIOD + SKEW);
    let waited = scenario.wait_and_replay(&person, last).await;
    println!("{}: nothing spent twice, longest wait {waited} s", scenario.name);
    assert_eq!(waited, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_no_spent_step_with_any_state_kept() {
    let with = |name: &str, lines: &[&str]| -> Redis {
        lines.iter().fold(Redis::builder(name), |builder: RedisBuilder, line| builder.line(line)).start()
    };
    for (name, mut redis) in [
        ("kill -9, AOF off", with("fence_no_aof", &["appendonly no"])),
        ("kill -9, AOF everysec", with("fence_everysec", &["appendfsync everysec"])),
        ("kill -9, AOF always", with("fence_always", &["appendfsync always"])),
        ("kill -9, AOF never synced", with("fence_no_sync", &["appendfsync no"])),
    ] {
        let config = redis.config();
        Scenario::new(name, |clock| redis_ledger(&config, clock))
            .run(4, 2 * PERIOD + SKEW, |_| {
                redis.kill();
                redis.start_again();
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_older_than_the_spend_forgets_no_spent_step() {
    let mut redis = Redis::builder("fence_rdb").line("appendonly no").start();
    let config = redis.config();
    let mut scenario = Scenario::new("kill -9, older RDB", |clock| redis_ledger(&config, clock));
    // The snapshot has fences and spent steps; only the last steps are missing.
    _ = scenario.spend_latest(&CodeUser::new("somebody")).await;
    assert_eq!(redis.cli(&["SAVE"]), "OK");
    scenario
        .run(4, 2 * PERIOD + SKEW, |_| {
            redis.kill();
            redis.start_again();
            assert!(redis.cli(&["KEYS", "*"]).contains("spent:somebody"), "the snapshot was not read");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_followed_another_and_leads_again_forgets_no_spent_step() {
    let redis = Redis::start("fence_demoted", Listen::Tcp);
    let other = Redis::builder("fence_leader").secrets(redis.secrets()).start();
    let mut scenario = Scenario::new("demoted and promoted", |clock| redis_ledger(&redis.config(), clock));
    // It is the same process all along, and gets back what it had at this time, its fences among it.
    _ = scenario.spend_latest(&CodeUser::new("somebody")).await;
    other.follow(&redis);
    redis.wait_replicas(1);
    other.lead();
    scenario
        .run(4, 2 * PERIOD + SKEW, |_| {
            redis.follow(&other);
            other.wait_replicas(1);
            redis.lead();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fence_and_its_server_are_read_in_one_step() {
    let redis = Redis::start("fence_race", Listen::Tcp);
    let clock = SetClock::at(LATER);
    let ledger = redis_ledger(&redis.config(), clock.clone());
    let person = CodeUser::new("alice");
    let (mut had, spends) = (Vec::new(), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&spends);
    // Flushes come between any two steps, as soon as codes are taken again: on a slow machine that may
    // be later than after a pause.
    let flushing = std::thread::spawn(move || {
        for _ in 0..40 {
            let before = seen.load(Ordering::SeqCst);
            assert_eq!(redis.cli(&["FLUSHALL"]), "OK");
            guard::pause(Duration::from_millis(60));
            guard::wait_for("a code to be taken", Duration::from_secs(20), || {
                (seen.load(Ordering::SeqCst) > before).then_some(())
            });
        }
        redis
    });
    let mut now = LATER;
    while !flushing.is_finished() {
        clock.set(now);
        for step in [now / PERIOD, now / PERIOD + 1] {
            match person.spend(&ledger, step, now, token()).await {
                Ok(Spent::Now) => {
                    had.push(step);
                    spends.fetch_add(1, Ordering::SeqCst);
                }
                Ok(Spent::Replayed | Spent::Unknown { .. } | Spent::WrongClock { .. }) => {}
                Err(LedgerError::Down(why) | LedgerError::Broken(why)) => panic!("{why}"),
            }
        }
        now += 3;
    }
    drop(flushing.join().unwrap());
    println!("{} steps, each later than the one before", had.len());
    assert!(had.len() > 10, "{}", had.len());
    assert!(had.is_sorted_by(|a, b| a < b), "{had:?}");
}
