//! Keeps the ledger in the site's Redis: one server, Sentinel or Cluster.
//!
//! One connection a server carries all calls. It is made and made again in the background, every call ends within its own
//! deadline, and while a server is down calls end at once. Each call is one script over the keys of one account, which
//! share a hash tag; it may be repeated, as nobody knows whether a script that was not answered has run.

mod calls;
mod challenges;
mod cluster;
mod codes;
mod connect;
mod devices;
mod fault;
mod had;
mod kept;
mod ledger;
mod link;
mod scripts;
mod sendings;
mod sentinel;
mod server;
mod servers;
mod steps;
mod waiting;
mod watch;

pub use calls::LedgerTime;
pub use connect::OpenRedisError;
pub use ledger::RedisLedger;
