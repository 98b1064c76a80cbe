//! Mailboxes to which codes are sent.

mod address;
pub(crate) mod enrolment;
mod record;

pub use address::{BadAddress, EmailAddress};
pub use record::Email;
