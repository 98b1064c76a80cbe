use serde::{Deserialize, Serialize};

use super::PhoneNumber;

/// A telephone to which codes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The telephone number.
    pub number: PhoneNumber,
}
