//! Telephones to which codes are sent.

pub(crate) mod budget;
pub(crate) mod enrolment;
mod number;
mod record;

pub use number::{BadNumber, PhoneNumber};
pub use record::Sms;
