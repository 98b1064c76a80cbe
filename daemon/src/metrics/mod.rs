//! What posternd measures. Logins only add to atomic counters; a scrape reads them, and what the rest of posternd knows of itself.
//!
//! The value of a label is one of a fixed list, or from the configuration: nothing that a client sends becomes one.

mod calls;
mod counters;
mod courier;
mod deliveries;
mod exposition;
mod ledger;
mod process;
mod snapshot;
mod stores;

pub(crate) use counters::{Metrics, RefusedPlace};
pub(crate) use deliveries::CHANNELS;
pub(crate) use snapshot::Snapshot;
pub(crate) use stores::Measured;
