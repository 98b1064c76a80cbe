use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::courier::Destination;
use crate::factor::{FactorId, FactorRecord, SealedSecret, Totp, TotpError};
use crate::keyring::Keyring;

use super::{PhoneKey, Push};

/// A phone that approves logins with a key that never leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// The public key that verifies its answers.
    pub key: PhoneKey,
    /// The seed of its offline codes.
    pub totp: Totp,
    /// How it is notified.
    #[serde(default, rename = "ring", skip_serializing_if = "Push::is_none")]
    pub push: Push,
}

impl FactorRecord for Phone {
    fn totp(&self) -> Option<&Totp> {
        Some(&self.totp)
    }

    fn destination(&self) -> Option<Destination<'_>> {
        None
    }

    fn identity(&self) -> Option<String> {
        Some(self.key.clone().into())
    }

    fn is_exclusive(&self) -> bool {
        false
    }

    fn secrets(&self) -> Vec<&dyn SealedSecret> {
        vec![&self.totp, &self.push]
    }

    fn secrets_mut(&mut self) -> Vec<&mut dyn SealedSecret> {
        vec![&mut self.totp, &mut self.push]
    }

    fn summary(&self) -> Option<String> {
        let how = match self.push {
            Push::None => return None,
            Push::Ntfy(_) => "rung by ntfy",
            Push::WebPush(_) => "rung by Web Push",
        };
        Some(how.to_owned())
    }

    fn details(&self) -> Vec<(&'static str, Value)> {
        vec![("ring", json!(self.push.name()))]
    }
}

impl SealedSecret for Push {
    fn key(&self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Ntfy(sealed) | Self::WebPush(sealed) => Some(sealed.key()),
        }
    }

    fn reseal(&mut self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<(), TotpError> {
        *self = self.resealed(id, keyring, nonce)?;
        Ok(())
    }
}
