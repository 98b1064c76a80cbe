//! Replay protection after a loss: no time step is spent twice after any loss of Redis or the host, and no login waits longer than
//! the manual says.

mod clocks;
mod cluster;
mod code_user;
mod cut_off;
mod failover;
mod file;
mod forged_redis;
mod keys;
mod processes;
mod random;
mod restart;
mod scenario;

use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::config::Redis as RedisConfig;
use postern_core::ledger::Ledger;
use postern_store::{LedgerTime, RedisLedger};

/// A ledger on a site's Redis, as a process of its own would have it.
fn redis_ledger(config: &RedisConfig, clock: Arc<dyn Clock>) -> Arc<dyn Ledger> {
    Arc::new(RedisLedger::open_at(config, clock, LedgerTime::Caller).unwrap())
}

/// When it begins: later than any clock that a server reads, so that no test has to wait for one.
const LATER: u64 = 4_000_000_000;
/// The usual length of a time step, in seconds.
const PERIOD: u64 = 30;
/// How far the clocks of hosts may be from that of the ledger.
const SKEW: u64 = postern_core::clock::SKEW.as_secs();
/// How much longer a login waits if a server that was cut off may have gone on for a while.
const GRACE: u64 = 12;
