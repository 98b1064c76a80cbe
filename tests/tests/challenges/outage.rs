//! Redis dies, falls silent or forgets while a login waits.

use std::time::Duration;

use nix::sys::signal::Signal;
use postern_core::config::{HostPort, Redis as RedisConfig, RedisServers};
use postern_core::ledger::{Answered, LedgerError};
use postern_tests::{Fault, FaultProxy, Listen, Redis, Stopwatch};

use super::client::Client;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_ends_the_waiting_and_a_late_answer_does_nothing() {
    for (name, log) in [("wait_killed", "appendfsync always"), ("wait_killed_no_aof", "appendonly no")] {
        let mut redis = Redis::builder(name).line(log).start();
        let (login, phone) = (Client::on(&redis.config()), Client::on(&redis.config()));
        let (id, answered) = (login.put().await, login.of("b"));
        let early = answered.put().await;
        assert_eq!(phone.of("b").answer(early, "approve").await, Ok(Answered::Now));
        let waiting = login.wait(id, Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!waiting.is_finished());
        let killed = Stopwatch::start();
        redis.kill();
        let ended = waiting.await.unwrap();
        println!("{name}: {ended:?} after {}", killed.elapsed());
        assert!(matches!(ended, Err(LedgerError::Down(_))), "{ended:?}");
        killed.assert_within(LONG_BEFORE);
        let again = Stopwatch::start();
        assert!(matches!(login.wait(id, Duration::from_secs(30)).await.unwrap(), Err(LedgerError::Down(_))));
        again.assert_within(LONG_BEFORE);
        redis.start_again();
        phone.recovers().await;
        login.recovers().await;
        assert_eq!(redis.cli(&["EXISTS", &key(&redis, "a")]) == "1", log != "appendonly no");
        phone.is_gone(id).await;
        login.is_gone(id).await;
        answered.is_gone(early).await;
        assert_eq!(
            login.wait(id, Duration::from_secs(30)).await.unwrap(),
            Ok(true),
            "there is none to wait for"
        );
        let next = login.put().await;
        assert!(login.take(next).await.unwrap().is_some(), "a new one is in nobody's way");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_falls_silent_ends_the_waiting() {
    let redis = Redis::start("wait_silent", Listen::Tcp);
    let login = Client::on(&redis.config());
    let id = login.put().await;
    let waiting = login.wait(id, Duration::from_secs(30));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let stopped = Stopwatch::start();
    redis.signal(Signal::SIGSTOP);
    let ended = waiting.await.unwrap();
    println!("stopped by a signal: {ended:?} after {}", stopped.elapsed());
    assert!(matches!(ended, Err(LedgerError::Down(_))), "{ended:?}");
    stopped.assert_within(LONG_BEFORE);
    redis.signal(Signal::SIGCONT);
    login.recovers().await;
    assert_eq!(login.answer(id, "approve").await, Ok(Answered::Now));
    assert!(login.take(id).await.unwrap().is_some(), "it was silent, and has forgotten nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_is_cut_ends_the_waiting() {
    let redis = Redis::start("wait_cut", Listen::Tcp);
    let gate = FaultProxy::tcp(redis.port);
    let server = HostPort { host: "127.0.0.1".to_owned(), port: gate.port() };
    let servers = RedisServers::Single { server, database: 0 };
    let login = Client::on(&RedisConfig { servers, ..redis.config() });
    let id = login.put().await;
    let waiting = login.wait(id, Duration::from_secs(30));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let cut = Stopwatch::start();
    gate.set(Fault::BlackHole);
    let ended = waiting.await.unwrap();
    println!("cut off: {ended:?} after {}", cut.elapsed());
    assert!(matches!(ended, Err(LedgerError::Down(_))), "{ended:?}");
    cut.assert_within(LONG_BEFORE);
    gate.mend();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_flushed_has_nothing_to_wait_for() {
    let redis = Redis::start("wait_flushed", Listen::Tcp);
    let login = Client::on(&redis.config());
    let id = login.put().await;
    let waiting = login.wait(id, Duration::from_secs(30));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let flushed = Stopwatch::start();
    assert_eq!(redis.cli(&["FLUSHALL"]), "OK");
    assert_eq!(waiting.await.unwrap(), Ok(true), "it is to be looked at");
    flushed.assert_within(LONG_BEFORE);
    login.is_gone(id).await;
}

/// The challenges of an account.
fn key(redis: &Redis, account: &str) -> String {
    let found = redis.cli(&["KEYS", &format!("postern:{{steps-*}}:challenges:{account}")]);
    if found.is_empty() { "none".to_owned() } else { found }
}

/// Long before the half minute for which a login would wait.
const LONG_BEFORE: Duration = Duration::from_secs(5);
