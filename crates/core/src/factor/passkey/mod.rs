//! Passkeys: WebAuthn credentials, which prove a person at a browser.

mod ceremony;
mod cose;
pub(crate) mod enrolment;
mod record;
mod relying_party;
pub(crate) mod second_step;

pub use record::{Backup, Passkey, Transport, WebAuthnBytes};
pub use relying_party::RelyingParty;
