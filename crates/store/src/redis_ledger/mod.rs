//! Keeps the ledger in the site's Redis: one server, Sentinel or Cluster.
//!
//! One connection to each server carries all calls. It is made, and made again, in the background; every call ends within its own
//! deadline, and while a server is down calls fail at once. Each call is one script over the keys of one account, which share a
//! hash tag. It may be repeated, as a script that was not answered may or may not have run.
//!
//! Each part of the ledger is one file, named like its trait in core, with the scripts that it names. Files of other names serve
//! several parts: `fence.rs` tells records from before a loss, `wake_stream.rs` wakes waiting logins, `granted.rs` remembers what
//! this process was granted. `replay.rs` refuses replayed codes.

mod attempts;
mod browser_records;
mod calls;
mod challenges;
mod claims;
mod cluster;
mod code_attempts;
mod connect;
mod ended_browsers;
mod fault;
mod fence;
mod fence_watch;
mod granted;
mod health;
mod last_uses;
mod ledger;
mod link;
mod login_history;
mod mac;
mod reconnecting;
mod replay;
mod revisions;
mod script;
mod sendings;
mod sentinel;
mod server;
mod servers;
mod slot;
mod subjects;
mod trusted_devices;
mod wake_stream;

pub use calls::LedgerTime;
pub use connect::OpenRedisError;
pub use ledger::RedisLedger;
