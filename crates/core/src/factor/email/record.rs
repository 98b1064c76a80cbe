use serde::{Deserialize, Serialize};

use crate::courier::Destination;
use crate::factor::{FactorRecord, SealedSecret, Totp};

use super::EmailAddress;

/// A backup mailbox to which codes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The address.
    pub address: EmailAddress,
}

impl FactorRecord for Email {
    fn totp(&self) -> Option<&Totp> {
        None
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(Destination::Email(&self.address))
    }

    fn identity(&self) -> Option<String> {
        Some(self.address.folded())
    }

    fn is_exclusive(&self) -> bool {
        false
    }

    fn secrets(&self) -> Vec<&dyn SealedSecret> {
        Vec::new()
    }

    fn secrets_mut(&mut self) -> Vec<&mut dyn SealedSecret> {
        Vec::new()
    }

    fn summary(&self) -> Option<String> {
        Some(self.address.masked())
    }
}
