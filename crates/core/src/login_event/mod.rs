//! The recent logins of an account: one event for all logins that are alike.
//!
//! `flows/login_history.rs` writes and reads them, and [`LoginHistory`](crate::ledger::LoginHistory) keeps them.

mod credential;
mod event;
mod recent;
mod record;
mod sealed;

pub use credential::{CredentialKind, UsedCredential};
pub use event::{EventVerdict, LoginEvent};
pub use recent::RecentLogins;
pub use record::{EventGroup, LoginEventId, LoginEventRecord};
