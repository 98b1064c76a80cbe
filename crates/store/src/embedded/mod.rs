//! One SQLite file for a single host without LDAP or Redis.

mod accounts;
mod attempts;
mod challenges;
mod codes;
mod database;
mod devices;
mod directory;
mod ledger;
mod memory;
mod schema;
mod sendings;
mod spent;
mod values;
mod waiting;

pub use accounts::{AccountError, NewAccount};
pub use database::OpenError;
pub use directory::Embedded;
pub use ledger::EmbeddedLedger;
pub use memory::Access;
