//! A login waits at one host, and the phone answers at another.

use std::sync::Arc;
use std::time::Duration;

use postern_core::ledger::{Answered, Ledger};
use postern_tests::{Elapsed, Listen, Redis, RedisCluster, Stopwatch, guard};
use tokio::sync::oneshot;

use super::client::Client;
use super::file::Host;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_at_another_host_is_heard_of_at_once() {
    for (name, listen) in
        [("wake_tcp", Listen::Tcp), ("wake_tls", Listen::Tls), ("wake_unix", Listen::Unix(0o700))]
    {
        let redis = Redis::start(name, listen);
        measure(name, &Client::on(&redis.config()), &Client::on(&redis.config()), 60).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_at_another_host_is_heard_of_at_once_on_a_cluster() {
    let redis = RedisCluster::guarded("wake_cluster");
    measure("wake_cluster", &Client::on(&redis.config()), &Client::on(&redis.config()), 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_of_another_process_is_heard_of_at_once_on_a_single_host() {
    let host = Host::new();
    let (a, b) = (Client::new(&host.open(), "a"), Client::new(&host.open(), "a"));
    measure("embedded, the same process", &a, &a, 60).await;
    measure("embedded, another process", &a, &b, 20).await;
}

/// Waits at the one, answers or cancels at the other; prints how long it took to be heard of and to be read.
async fn measure(name: &str, waits: &Client, answers: &Client, rounds: u32) {
    let mut times = Vec::new();
    for round in 0..rounds {
        let id = waits.put().await;
        let (here, longest) = (waits.clone(), Duration::from_secs(20));
        let waiting = tokio::spawn(async move {
            let there_is_something = here.ledger.await_challenge(&here.account, id, longest).await;
            assert_eq!(there_is_something, Ok(true));
            let taken = here.take(id).await.unwrap();
            taken.map(|kept| kept.answer)
        });
        // At every moment of its beginning, and long after.
        tokio::time::sleep(Duration::from_millis(u64::from(round % 10) * 3)).await;
        if round % 5 == 4 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let decided = Stopwatch::start();
        let is_cancelled = round % 3 == 0;
        if is_cancelled {
            assert!(answers.take(id).await.unwrap().is_some());
        } else {
            assert_eq!(answers.answer(id, "approve").await, Ok(Answered::Now));
        }
        let taken = waiting.await.unwrap();
        times.push(decided.elapsed());
        assert_eq!(taken, (!is_cancelled).then(|| Some("approve".to_owned())));
    }
    times.sort_unstable_by_key(Elapsed::unstalled);
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!(
        "{name}: from the decision to the login that has it, {rounds} rounds: median {}, 90 % {}, 99 % {}, most {}",
        at(50),
        at(90),
        at(99),
        at(100)
    );
    // A login that is not woken asks again every second.
    at(50).assert_within(Duration::from_millis(400));
    at(100).assert_within(Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_waiting_login_is_woken_and_leaves_nothing_behind() {
    let redis = Redis::start("wake_many", Listen::Tcp);
    let clients = [Client::on(&redis.config()), Client::on(&redis.config())];
    let id = clients[0].put().await;
    assert_eq!(clients[1].open().await.len(), 1);
    let connections = || -> usize {
        let listed = redis.cli(&["CLIENT", "LIST"]);
        listed.lines().filter(|line| line.contains(" user=postern ")).count()
    };
    let before = connections();
    let longest = Duration::from_secs(30);
    let waiting: Vec<_> = (0..50).map(|number| clients[number % 2].wait(id, longest)).collect();
    let blocked = |count: usize| {
        guard::wait_for("those who wait", Duration::from_secs(10), || {
            let info = redis.cli(&["INFO", "clients"]);
            info.lines().any(|line| line == format!("blocked_clients:{count}")).then_some(())
        });
    };
    blocked(50);
    assert_eq!(connections(), before + 50);
    // Some stop waiting half-way, as a login that is closed does.
    for (number, one) in waiting.iter().enumerate() {
        if number % 5 == 0 {
            one.abort();
        }
    }
    blocked(40);
    assert_eq!(clients[0].answer(id, "approve").await, Ok(Answered::Now));
    let told = Stopwatch::start();
    for (number, one) in waiting.into_iter().enumerate() {
        match one.await {
            Ok(heard) => assert_eq!((heard, number % 5 != 0), (Ok(true), true)),
            Err(stopped) => assert!(stopped.is_cancelled() && number % 5 == 0),
        }
    }
    println!("40 who waited for one challenge heard of it within {}", told.elapsed());
    told.assert_within(Duration::from_secs(1));
    guard::wait_for("their connections to be closed", Duration::from_secs(5), || {
        (connections() == before).then_some(())
    });
}

/// Between the look and the waiting there is no moment at which an answer is missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_at_any_moment_of_the_beginning_is_heard_of() {
    let redis = Redis::start("wake_race", Listen::Tcp);
    let (waits, answers) = (Client::on(&redis.config()), Client::on(&redis.config()));
    let host = Host::new();
    let (ledger, other): (Arc<dyn Ledger>, Arc<dyn Ledger>) = (host.open(), host.open());
    for (waits, answers, rounds) in [
        (waits, answers, 200_u32),
        (Client::new(&ledger, "a"), Client::new(&ledger, "a"), 200),
        (Client::new(&ledger, "a"), Client::new(&other, "a"), 20),
    ] {
        for round in 0..rounds {
            let id = waits.put().await;
            let (begins, begun) = oneshot::channel();
            let here = waits.clone();
            let waiting = tokio::spawn(async move {
                begins.send(()).unwrap();
                here.ledger.await_challenge(&here.account, id, Duration::from_secs(20)).await
            });
            begun.await.unwrap();
            tokio::time::sleep(Duration::from_micros(u64::from(round % 40) * 50)).await;
            let told = Stopwatch::start();
            assert_eq!(answers.answer(id, "approve").await, Ok(Answered::Now));
            assert_eq!(waiting.await.unwrap(), Ok(true));
            let heard = told.elapsed();
            assert!(heard.within(Duration::from_millis(900)), "round {round}: {heard}");
        }
    }
}
