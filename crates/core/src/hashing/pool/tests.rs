//! Tests of the computations and the budget.

use super::*;
use crate::hashing::jobs::SLOW_WAITING;
use crate::keyring::Digest;
use crate::turns::{Stranger, Tried};

const SMALL: Cost = Cost { memory_kib: 64, passes: 1 };

fn pool() -> HashPool {
    HashPool::start(Budget { memory_kib: 128 * 1024, cores: 2 }).unwrap()
}

#[tokio::test]
async fn a_hash_verifies_its_own_secret_and_no_other() {
    let pool = pool();
    let hash = pool.hash(b"right", &[1; SALT_BYTES], SMALL, Purpose::AppPassword).await.unwrap();
    let check =
        async |secret: &[u8]| pool.verify(&hash, secret, Purpose::AppPassword, Lane::Fast).await.unwrap();
    assert!(check(b"right").await);
    assert!(!check(b"wrong").await);
    assert!(!check(b"").await);
    assert_eq!(pool.tally().app_password, 4);
}

#[tokio::test]
async fn the_result_is_the_reference_implementations() {
    // echo -n password | argon2 somesaltsomesalt -id -t 1 -k 4096 -p 1 -l 32 -e
    let hash =
        "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$2gwotFrXd0+zAFJqh3DHaDnAxcUpU8hrA/whR9a0Ls0";
    let hash = StoredHash::parse(hash).unwrap();
    assert!(pool().verify(&hash, b"password", Purpose::AppPassword, Lane::Fast).await.unwrap());
}

#[tokio::test]
async fn many_large_computations_stay_inside_the_budget() {
    let pool = Arc::new(HashPool::start(Budget { memory_kib: 96 * 1024, cores: 8 }).unwrap());
    let large = Cost { memory_kib: 30 * 1024, passes: 1 };
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.hash(b"x", &[2; SALT_BYTES], large, Purpose::MainPassword).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(pool.tally().main_password, 12);
    assert!(pool.tally().peak_kib <= 96 * 1024, "{:?}", pool.tally());
}

#[tokio::test]
async fn a_caller_that_went_away_costs_nothing() {
    let pool = HashPool::start(Budget { memory_kib: 128 * 1024, cores: 1 }).unwrap();
    let busy =
        pool.hash(b"x", &[3; SALT_BYTES], Cost { memory_kib: 60 * 1024, passes: 3 }, Purpose::MainPassword);
    let gone = async {
        for _ in 0..50 {
            let job = pool.hash(b"y", &[4; SALT_BYTES], SMALL, Purpose::AppPassword);
            drop(tokio::time::timeout(std::time::Duration::ZERO, job).await);
        }
    };
    let (busy, ()) = tokio::join!(busy, gone);
    busy.unwrap();
    pool.hash(b"z", &[5; SALT_BYTES], SMALL, Purpose::AppPassword).await.unwrap();
    assert_eq!(pool.tally().app_password, 1);
}

#[tokio::test]
async fn the_slow_lane_has_an_end_and_the_fast_one_goes_on() {
    let pool = HashPool::start(Budget { memory_kib: 128 * 1024, cores: 1 }).unwrap();
    let dear = Cost { memory_kib: 8 * 1024, passes: 1 };
    let hash = pool.hash(b"x", &[6; SALT_BYTES], dear, Purpose::MainPassword).await.unwrap();
    let guesser = Stranger { tried: Tried::Account(Digest::new([1; 16])), source: None };
    let slow = |_| pool.verify(&hash, b"y", Purpose::MainPassword, Lane::Slow(guesser));
    let waiting = futures(SLOW_WAITING * 3, slow).await;
    let refused = waiting.iter().filter(|answer| answer.is_err()).count();
    // On a busy machine more of them wait for too long.
    assert!((1..3 * SLOW_WAITING).contains(&refused), "{refused}");
    assert_eq!(pool.verify(&hash, b"x", Purpose::MainPassword, Lane::Fast).await, Ok(true));
}

#[tokio::test]
async fn a_pretence_takes_time_and_says_nothing() {
    let pool = HashPool::start(Budget { memory_kib: 128 * 1024, cores: 1 }).unwrap();
    drop(pool.hash(b"x", &[7; SALT_BYTES], SMALL, Purpose::MainPassword).await.unwrap());
    let pretend = |number: usize| {
        let name = Digest::new([u8::try_from(number).unwrap(); 16]);
        let lane = Lane::Slow(Stranger { tried: Tried::UnknownName(name), source: None });
        pool.pretend(SMALL, b"x", Purpose::MainPassword, lane)
    };
    assert!(futures(200, pretend).await.iter().all(Result::is_ok));
    let (computed, skipped) = (pool.tally().main_password - 1, pool.load().skipped);
    assert_eq!(computed + skipped, 200);
    assert!(skipped > 0, "200 at once are too many");
}

/// Runs many futures at the same time.
async fn futures<F: Future>(count: usize, make: impl Fn(usize) -> F) -> Vec<F::Output> {
    let mut all: Vec<_> = (0..count).map(|number| Box::pin(make(number))).collect();
    let mut done: Vec<Option<F::Output>> = (0..count).map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_ready = true;
        for (future, output) in all.iter_mut().zip(&mut done).filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                std::task::Poll::Ready(value) => *output = Some(value),
                std::task::Poll::Pending => is_ready = false,
            }
        }
        if is_ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
