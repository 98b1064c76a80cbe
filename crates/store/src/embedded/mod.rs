//! One SQLite file for a single host without LDAP or Redis.

mod accounts;
mod database;
mod directory;
mod ledger;
mod schema;

pub use accounts::{AccountError, NewAccount};
pub use database::OpenError;
pub use directory::Embedded;
pub use ledger::EmbeddedLedger;
