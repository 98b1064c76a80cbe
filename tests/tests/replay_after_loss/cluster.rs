//! A Cluster whose masters are replaced.

use std::time::Duration;

use postern_tests::{Redis, RedisCluster, guard};

use super::scenario::Scenario;
use super::{GRACE, PERIOD, SKEW, redis_ledger};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masters_that_change_places_with_their_replicas_forget_no_spent_step() {
    let cluster = RedisCluster::guarded("fence_cluster");
    let mut pairs: Vec<[&Redis; 2]> =
        cluster.servers.iter().zip(&cluster.replicas).map(|(master, replica)| [master, replica]).collect();
    Scenario::new("Cluster, masters and replicas change places", |clock| {
        redis_ledger(&cluster.config(), clock)
    })
    .run(2, 2 * PERIOD + GRACE + SKEW, |_| {
        for [master, replica] in &mut pairs {
            RedisCluster::swap(master, replica);
            std::mem::swap(master, replica);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_was_killed_and_replaced_takes_no_spent_step_along() {
    let mut cluster = RedisCluster::guarded("fence_cluster_killed");
    let config = cluster.config();
    Scenario::new("Cluster, masters killed", |clock| redis_ledger(&config, clock))
        .run(1, 2 * PERIOD + GRACE + SKEW, |_| {
            for position in 0..3 {
                cluster.servers[position].kill();
                let replica = &cluster.replicas[position];
                guard::wait_for("the replica to lead", Duration::from_secs(20), || {
                    replica.cli(&["INFO", "replication"]).contains("role:master").then_some(())
                });
                // Until it has a replica again it takes no code.
                cluster.servers[position].start_again();
                cluster.servers[position].wait_demoted();
                cluster.replicas[position].wait_replicas(1);
            }
        })
        .await;
}
