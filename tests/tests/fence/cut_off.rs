//! A master that is cut off from its replicas and the sentinels, and goes on answering those who reach it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::ledger::{Ledger, LedgerError, Spent};
use postern_tests::RedisSentinel;

use super::failover::at_master;
use super::person::{Person, token};
use super::redis_ledger;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_cut_off_master_spends_is_not_spent_by_its_successor() {
    let redis = RedisSentinel::gated("fence_cut_off", 2);
    let old = redis_ledger(&at_master(&redis), Arc::new(Ahead));
    let new = redis_ledger(&redis.config(), Arc::new(Ahead));
    let spent = Arc::new(Mutex::new(BTreeMap::<u64, Vec<Had>>::new()));
    let start = Instant::now();
    // Both are open before the cut, and go on through it.
    let sides: Vec<_> = [("old", old), ("new", new)]
        .into_iter()
        .map(|(side, ledger)| tokio::spawn(go_on(side, ledger, Arc::clone(&spent), start)))
        .collect();
    tokio::time::sleep(Duration::from_secs(6)).await;
    redis.gate.as_ref().unwrap().cut();
    let cut = start.elapsed();
    let leader = redis.wait_promoted();
    let promoted = start.elapsed();
    for side in sides {
        side.await.unwrap();
    }
    let spent = spent.lock().unwrap();
    for (step, by) in spent.iter() {
        assert_eq!(
            by.len(),
            1,
            "step {step} was spent by {by:?}; cut at {cut:?}, server {leader} led at {promoted:?}"
        );
    }
    let times = |side| spent.values().flatten().filter(move |had| had.side == side).map(|had| had.after);
    let (last, first) = (
        times("old").filter(|after| *after > cut).max().expect("the old master went on for a while"),
        times("new").filter(|after| *after > promoted).min().expect("its successor began"),
    );
    println!(
        "Sentinel, master cut off: {} steps, none spent twice; cut at {cut:.1?}, successor led at {promoted:.1?}, the old one \
         spent until {last:.1?}, its successor from {first:.1?} on",
        spent.len()
    );
    assert!(first - cut < Duration::from_secs(12 + 3 + 5 + 8), "they waited {:?}", first - cut);
}

/// Who had a step, and when.
#[derive(Debug)]
struct Had {
    side: &'static str,
    after: Duration,
}

/// Tries the present code and the next one, all the time.
async fn go_on(
    side: &'static str,
    ledger: Arc<dyn Ledger>,
    spent: Arc<Mutex<BTreeMap<u64, Vec<Had>>>>,
    start: Instant,
) {
    let person = Person::new("alice");
    while start.elapsed() < Duration::from_secs(34) {
        let now = Ahead.now().as_unix();
        for step in [now, now + 1] {
            match person.spend_of(&ledger, 1, step, now, token()).await {
                Ok(Spent::Now) => {
                    let had = Had { side, after: start.elapsed() };
                    spent.lock().unwrap().entry(step).or_default().push(had);
                }
                Ok(Spent::Replayed | Spent::Unknown { .. }) | Err(LedgerError::Down(_)) => {}
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
