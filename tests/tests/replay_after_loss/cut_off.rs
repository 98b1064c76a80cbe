//! A master that is cut off from its replicas and the sentinels, and goes on answering those who reach it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::Signal;
use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::ledger::{Ledger, LedgerError, Spent};
use postern_tests::guard::wait_for;
use postern_tests::{Elapsed, Fault, RedisSentinel, SetClock, Stopwatch};

use super::code_user::{CodeUser, token};
use super::{GRACE, LATER, PERIOD, SKEW, redis_ledger};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_spent_by_a_cut_off_master_is_not_spent_by_its_successor() {
    let redis = RedisSentinel::gated("fence_cut_off", 2);
    let old = redis_ledger(&redis.config_of_first_master(), Arc::new(Ahead));
    let new = redis_ledger(&redis.config(), Arc::new(Ahead));
    let record = Arc::new(Mutex::new(Record::default()));
    let is_over = Arc::new(AtomicBool::new(false));
    let start = Stopwatch::start();
    // Both are open before the cut, and go on through it.
    let sides: Vec<_> = [("old", old), ("new", new)]
        .into_iter()
        .map(|(side, ledger)| {
            tokio::spawn(go_on(side, ledger, Arc::clone(&record), start, Arc::clone(&is_over)))
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(6 + SKEW)).await;
    redis.gate.as_ref().unwrap().set(Fault::BlackHole);
    let cut = start.elapsed().wall();
    let leader = redis.wait_promoted();
    let promoted = start.elapsed();
    // For as long as the old one could go on, and then until its successor has taken some.
    tokio::time::sleep((cut + Duration::from_secs(23 + 2 * SKEW)).saturating_sub(promoted.wall())).await;
    wait_for("the successor to take codes", LIMIT, || {
        let had = record
            .lock()
            .unwrap()
            .spent
            .values()
            .flatten()
            .filter(|had| had.side == "new" && had.after.wall() > promoted.wall())
            .count();
        (had > 3).then_some(())
    });
    is_over.store(true, Ordering::SeqCst);
    for side in sides {
        side.await.unwrap();
    }
    let Record { spent, refused } = &*record.lock().unwrap();
    for (step, by) in spent.iter() {
        assert_eq!(
            by.len(),
            1,
            "step {step} was spent by {by:?}; cut at {cut:?}, server {leader} led at {promoted}"
        );
    }
    let times = |side| spent.values().flatten().filter(move |had| had.side == side).map(|had| had.after);
    let (last, first) = (
        times("old")
            .filter(|after| after.wall() > cut)
            .max_by_key(Elapsed::wall)
            .expect("the old master went on for a while"),
        times("new")
            .filter(|after| after.wall() > promoted.wall())
            .min_by_key(Elapsed::wall)
            .expect("its successor began"),
    );
    println!(
        "Sentinel, master cut off: {} steps, none spent twice; cut at {cut:.1?}, successor led at {promoted}, the old one \
         spent until {last}, its successor from {first} on",
        spent.len()
    );
    // How long the sentinels need, for one election or several, and to give the successor a replica, is theirs. From then on it is
    // ours.
    let ready = refused.iter().filter(|had| had.side == "new" && had.after.wall() < first.wall());
    let ready = ready.map(|had| had.after).max_by_key(Elapsed::wall).unwrap_or(promoted);
    first.since(&ready).assert_within(Duration::from_secs(12 + 3 + 5 + SKEW));
}

/// What both sides spent, and when the ledger could spend nothing.
#[derive(Debug, Default)]
struct Record {
    spent: BTreeMap<u64, Vec<Had>>,
    refused: Vec<Had>,
}

/// Who had a step, or an outage, and when.
#[derive(Debug)]
struct Had {
    side: &'static str,
    after: Elapsed,
}

/// Tries the present code and the next one, all the time, until it is over.
async fn go_on(
    side: &'static str,
    ledger: Arc<dyn Ledger>,
    record: Arc<Mutex<Record>>,
    start: Stopwatch,
    is_over: Arc<AtomicBool>,
) {
    let person = CodeUser::new("alice");
    while !is_over.load(Ordering::SeqCst) {
        let now = Ahead.now().as_unix();
        for step in [now, now + 1] {
            let answer = person.spend_of(&ledger, 1, step, now, token()).await;
            let had = Had { side, after: start.elapsed() };
            let mut record = record.lock().unwrap();
            match answer {
                Ok(Spent::Now) => record.spent.entry(step).or_default().push(had),
                Err(LedgerError::Down(_)) => record.refused.push(had),
                Ok(Spent::Replayed | Spent::Unknown { .. } | Spent::WrongClock { .. }) => {}
                Err(LedgerError::Broken(why)) => panic!("{side}: {why}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The machine's clock, an age later than any server's.
#[derive(Debug)]
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(Duration::from_secs(2_000_000_000))
    }
}

/// A server stops listing replicas that it has not heard of for a while; they are missed all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_forgot_most_of_its_replicas_takes_no_code() {
    let redis = RedisSentinel::guarded("fence_forgotten", 4);
    let ledger = redis_ledger(&redis.config_of_first_master(), SetClock::at(LATER));
    let person = CodeUser::new("alice");
    let listed = || {
        let info = redis.servers[0].cli(&["INFO", "replication"]);
        info.lines().filter(|line| line.starts_with("slave")).count()
    };
    wait_for("four replicas", LIMIT, || (listed() == 4).then_some(()));
    // Raises the fence, and sees all four.
    _ = person.ask(&ledger, LATER / PERIOD, LATER).await;
    assert_eq!(redis.servers[0].cli(&["CONFIG", "SET", "repl-timeout", "2"]), "OK");
    for server in &redis.servers[2..] {
        server.signal(Signal::SIGSTOP);
    }
    wait_for("three of them to be forgotten", LIMIT, || (listed() == 1).then_some(()));
    let later = LATER + 3 * PERIOD + GRACE + SKEW;
    let spent = person.spend(&ledger, later / PERIOD, later, token()).await;
    assert!(matches!(spent, Err(LedgerError::Down(_))), "{spent:?}");
    for server in &redis.servers[2..] {
        server.signal(Signal::SIGCONT);
    }
    wait_for("them to be back", LIMIT, || (listed() == 4).then_some(()));
    let waited = Stopwatch::start();
    while !matches!(person.spend(&ledger, later / PERIOD, later, token()).await, Ok(Spent::Now)) {
        assert!(!waited.is_over(LIMIT), "codes are taken again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

const LIMIT: Duration = Duration::from_secs(30);
