//! Who goes first where logins wait for something scarce: a worker that computes argon2id, a bind at a server, the processors.

mod fair_queue;
mod gate;
mod lane;
mod recent_tries;
mod slow_queue;

pub use fair_queue::{FairQueue, OLD, Waiting};
pub use gate::{Bounds, Gate, Turn, Waiver};
pub use lane::{Lane, Stranger, Tried};
pub use slow_queue::{Check, Displaced, Room};

#[cfg(test)]
pub(crate) use lane::strangers;
