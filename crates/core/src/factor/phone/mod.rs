//! Phones that approve logins.

pub(crate) mod answer;
pub(crate) mod approval;
pub(crate) mod enrolment;
mod key;
mod link;
mod pairing;
mod push;
mod record;
pub(crate) mod second_step;
pub(crate) mod signature;

pub use key::{BadPhoneKey, PhoneKey};
pub use link::{LONGEST_PAGE, fits_terminal};
pub use pairing::{PAIRING_BYTES, Pairing};
pub use push::{Push, PushTarget, Subscription};
pub use record::Phone;
