use serde::{Deserialize, Serialize};

use crate::courier::Destination;
use crate::factor::{FactorRecord, SealedSecret, Totp};

use super::PhoneNumber;

/// A telephone to which codes are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The telephone number.
    pub number: PhoneNumber,
}

impl FactorRecord for Sms {
    fn totp(&self) -> Option<&Totp> {
        None
    }

    fn destination(&self) -> Option<Destination<'_>> {
        Some(Destination::Sms(&self.number))
    }

    fn identity(&self) -> Option<String> {
        Some(self.number.as_str().to_owned())
    }

    /// One telephone is the second factor of one person.
    fn is_exclusive(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<&dyn SealedSecret> {
        Vec::new()
    }

    fn secrets_mut(&mut self) -> Vec<&mut dyn SealedSecret> {
        Vec::new()
    }

    fn summary(&self) -> Option<String> {
        Some(self.number.masked())
    }
}
