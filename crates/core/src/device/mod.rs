//! Trusted devices: the identity of the client that a user logs in from, and the record of its trust.
//!
//! The ledger stores a record of each trusted device, but is not trusted itself: each record has a MAC under the keyring.

mod identity;
mod trust;

pub use crate::browser_secret::SecretDigest;
pub use identity::{Device, DeviceId};
pub use trust::{DeviceRecord, LONGEST_TRUST, Trust};
