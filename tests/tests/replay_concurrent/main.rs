//! Replay protection under concurrency: one code lets one login in, however many type it at the same moment, on any host. Every other
//! limit is also counted over all hosts.

mod arena;
mod forged_redis;
mod limits;
mod pam;
mod rounds;
mod rush;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The machine for one test: those who wait for another test's crowd are put off.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
