use serde::{Deserialize, Serialize};

use super::EmailAddress;

/// A backup mailbox to which codes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The address.
    pub address: EmailAddress,
}
