use serde::{Deserialize, Serialize};

use crate::courier::Destination;
use crate::factor::FactorRecord;

use super::EmailAddress;

/// A backup mailbox to which codes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The address.
    pub address: EmailAddress,
}

impl FactorRecord for Email {
    fn destination(&self) -> Option<Destination<'_>> {
        Some(Destination::Email(&self.address))
    }

    fn identity(&self) -> Option<String> {
        Some(self.address.folded())
    }

    fn summary(&self) -> Option<String> {
        Some(self.address.masked())
    }
}
