//! Telephones to which codes are sent.

pub(crate) mod budget;
pub(crate) mod enrolment;
mod number;
mod record;

pub use number::{BadCountryCode, BadNumber, CountryCode, PhoneNumber};
pub use record::Sms;
