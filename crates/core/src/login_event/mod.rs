//! The recent logins of an account: one event for all logins that are alike.

mod credential;
mod event;
mod record;
mod sealed;

pub use credential::{CredentialKind, UsedCredential};
pub use event::{EventVerdict, LoginEvent};
pub use record::{EventGroup, LoginEventId, LoginEventRecord};
