//! The stores of a single host without LDAP or Redis, in SQLite.
//!
//! Accounts and most of the ledger are in one file, the main database. What no backup may bring back is in another one, the volatile
//! database (`volatile_db.rs`). Each part of the ledger is one file, named like its trait in core;
//! `replay.rs` refuses replayed codes, and `challenge_transaction.rs` holds the decisions about challenges.

mod accounts;
mod attempts;
mod browser_records;
mod challenge_transaction;
mod challenges;
mod claims;
mod code_attempts;
mod database;
mod deadline;
mod directory;
mod error;
mod generation;
mod integers;
mod last_uses;
mod ledger;
mod login_history;
mod replay;
mod revisions;
mod schema;
mod sendings;
mod trusted_devices;
mod values;
mod volatile_db;

pub use accounts::{AccountError, NewAccount};
pub use directory::Embedded;
pub use error::OpenError;
pub use ledger::EmbeddedLedger;
