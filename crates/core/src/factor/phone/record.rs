use serde::{Deserialize, Serialize};

use crate::factor::Totp;

use super::{PhoneKey, Ring};

/// A phone that approves logins with a key that never leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// The public key that verifies its answers.
    pub key: PhoneKey,
    /// The seed of its offline codes.
    pub totp: Totp,
    /// How it is notified.
    #[serde(default, skip_serializing_if = "Ring::is_none")]
    pub ring: Ring,
}
