//! Mailboxes to which codes are sent.

mod address;
mod record;

pub use address::{BadAddress, EmailAddress};
pub use record::Email;
