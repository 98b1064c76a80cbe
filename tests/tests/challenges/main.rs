//! A challenge is answered once and taken once, at any host and after any loss, and the waiting login is told.

mod client;
mod clock_behind;
mod failover;
mod file;
mod forged_redis;
mod history;
mod keys;
mod outage;
mod random;
mod wake;

/// When it is: later than any clock that a server reads, so that no test has to wait for one.
const LATER: u64 = 4_000_000_000;
