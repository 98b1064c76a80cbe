//! One code lets one login in, however many type it at the same moment and wherever; and what else is counted is counted
//! over all hosts alike.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "all of this is test code"
)]

mod arena;
mod by_hand;
mod door;
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
