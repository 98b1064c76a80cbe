//! A challenge belongs to one server: the server that replaces it does not return it.

use std::time::Duration;

use nix::sys::signal::Signal;
use postern_core::ledger::{Answered, LedgerError};
use postern_tests::{Fault, Listen, Redis, RedisCluster, RedisSentinel, Stopwatch, guard};

use super::client::Client;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_challenge_from_before_a_failover_is_gone_after_it() {
    let redis = RedisSentinel::guarded("challenge_swap", 2);
    let login = Client::on(&redis.config());
    let (open, other) = (login.put().await, login.of("b"));
    let answered = other.put().await;
    assert_eq!(other.answer(answered, "approve").await, Ok(Answered::Now));
    assert_eq!(redis.servers[0].cli(&["WAIT", "2", "5000"]), "2");
    let waiting = login.wait(open, Duration::from_secs(60));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut servers = redis;
    servers.servers[0].kill();
    let ended = waiting.await.unwrap();
    assert!(matches!(ended, Err(LedgerError::Down(_))), "{ended:?}");
    let leader = servers.wait_promoted();
    let kept = servers.servers[leader].cli(&["KEYS", "postern:{steps-*}:challenges:*"]);
    assert_eq!(kept.lines().count(), 2, "the replica has heard of both: {kept}");
    login.recovers().await;
    login.is_gone(open).await;
    other.is_gone(answered).await;
    let next = login.put().await;
    assert!(login.take(next).await.unwrap().is_some(), "its successor has its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demoted_master_ends_the_waiting_and_gives_nothing() {
    let redis = RedisSentinel::guarded("challenge_paused", 2);
    let (old, new) = (Client::on(&redis.config_of_first_master()), Client::on(&redis.config()));
    let id = old.put().await;
    let waiting = old.wait(id, Duration::from_secs(60));
    tokio::time::sleep(Duration::from_millis(300)).await;
    redis.servers[0].signal(Signal::SIGSTOP);
    let leader = redis.wait_promoted();
    redis.servers[0].signal(Signal::SIGCONT);
    println!("server {leader} leads");
    assert!(waiting.await.unwrap().is_err());
    new.recovers().await;
    new.is_gone(id).await;
    redis.servers[0].wait_demoted();
    assert!(old.take(id).await.is_err());
    assert!(old.answer(id, "approve").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_master_and_its_successor_never_give_the_same_challenge() {
    let redis = RedisSentinel::gated("challenge_cut_off", 2);
    let (old, new) = (Client::on(&redis.config_of_first_master()), Client::on(&redis.config()));
    let (first, second, third) = (old.put().await, old.of("b").put().await, old.of("c").put().await);
    for (client, id) in [(old.clone(), first), (old.of("b"), second), (old.of("c"), third)] {
        assert_eq!(client.answer(id, "approve").await, Ok(Answered::Now));
    }
    assert_eq!(redis.servers[0].cli(&["WAIT", "2", "5000"]), "2");
    let lonely = old.of("d");
    let waited_for = lonely.put().await;
    let cut = Stopwatch::start();
    redis.gate.as_ref().unwrap().set(Fault::BlackHole);
    let waiting = lonely.wait(waited_for, Duration::from_secs(60));
    assert!(old.take(first).await.unwrap().is_some(), "its replicas were there just now");
    println!("server {} leads after {}", redis.wait_promoted(), cut.elapsed());
    new.recovers().await;
    for (account, id) in [("a", first), ("b", second), ("c", third)] {
        new.of(account).is_gone(id).await;
    }
    let ended = waiting.await.unwrap();
    println!("who waits at the old one hears {ended:?} after {}", cut.elapsed());
    assert!(matches!(ended, Err(LedgerError::Down(_))), "{ended:?}");
    cut.assert_within(Duration::from_secs(30));
    let refused = old.of("b").take(second).await;
    assert!(matches!(refused, Err(LedgerError::Down(_))), "{refused:?}");
    let id = postern_core::challenge::ChallengeId::new([9; 16]);
    let refused = old.of("e").try_put(id, postern_core::ledger::ChallengeSlot::Pairing, "sealed", 60).await;
    assert!(matches!(refused, Err(LedgerError::Down(_))), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_would_go_on_alone_keeps_no_challenge_and_says_what_to_set() {
    let redis = RedisSentinel::start("challenge_unguarded");
    let client = Client::on(&redis.config());
    let id = postern_core::challenge::ChallengeId::new([9; 16]);
    let refused = client.try_put(id, postern_core::ledger::ChallengeSlot::Pairing, "sealed", 60).await;
    assert!(
        matches!(&refused, Err(LedgerError::Broken(why)) if why.contains("set min-replicas-to-write 1")),
        "{refused:?}"
    );
    let warnings = client.ledger.health().await.unwrap().warnings;
    assert!(matches!(&*warnings, [one] if one.contains("min-replicas-to-write 1")), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_followed_another_and_leads_again_has_forgotten_its_challenges() {
    let redis = Redis::start("challenge_demoted", Listen::Tcp);
    let other = Redis::builder("challenge_leader").secrets(redis.secrets()).start();
    let client = Client::on(&redis.config());
    // Its first replica makes a server another one, too.
    other.follow(&redis);
    redis.wait_replicas(1);
    let id = client.put().await;
    assert_eq!(client.answer(id, "approve").await, Ok(Answered::Now));
    assert_eq!(redis.cli(&["WAIT", "1", "5000"]), "1");
    other.lead();
    assert!(client.take(id).await.unwrap().is_some());
    redis.follow(&other);
    other.wait_replicas(1);
    redis.lead();
    client.recovers().await;
    // It has it again as it was before it was taken.
    assert_eq!(redis.cli(&["KEYS", "*:challenges:a"]).lines().count(), 1);
    client.is_gone(id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_cluster_a_replica_that_takes_over_gives_nothing_of_before() {
    let redis = RedisCluster::guarded("challenge_cluster");
    let client = Client::on(&redis.config());
    let id = client.put().await;
    assert_eq!(client.answer(id, "approve").await, Ok(Answered::Now));
    let key = redis.servers.iter().position(|server| !server.cli(&["KEYS", "*:challenges:a"]).is_empty());
    let place = key.unwrap();
    guard::wait_for("its replica", Duration::from_secs(10), || {
        (!redis.replicas[place].cli(&["KEYS", "*:challenges:a"]).is_empty()).then_some(())
    });
    RedisCluster::swap(&redis.servers[place], &redis.replicas[place]);
    client.recovers().await;
    client.is_gone(id).await;
}
