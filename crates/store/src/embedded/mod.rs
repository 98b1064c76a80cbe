//! One SQLite file for a single host without LDAP or Redis.

mod accounts;
mod codes;
mod database;
mod devices;
mod directory;
mod ledger;
mod schema;
mod spent;
mod values;

pub use accounts::{AccountError, NewAccount};
pub use database::OpenError;
pub use directory::Embedded;
pub use ledger::EmbeddedLedger;
