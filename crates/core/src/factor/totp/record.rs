use crate::courier::Destination;
use crate::factor::{FactorId, FactorRecord, SealedSecret};
use crate::keyring::Keyring;

use super::{Totp, TotpError, TotpShape};

impl FactorRecord for Totp {
    fn totp(&self) -> Option<&Totp> {
        Some(self)
    }

    fn destination(&self) -> Option<Destination<'_>> {
        None
    }

    fn identity(&self) -> Option<String> {
        None
    }

    fn is_exclusive(&self) -> bool {
        false
    }

    fn secrets(&self) -> Vec<&dyn SealedSecret> {
        vec![self]
    }

    fn secrets_mut(&mut self) -> Vec<&mut dyn SealedSecret> {
        vec![self]
    }

    fn summary(&self) -> Option<String> {
        (self.shape != TotpShape::default()).then(|| self.shape.to_string())
    }
}

impl SealedSecret for Totp {
    fn key(&self) -> Option<u32> {
        Some(self.seed.key())
    }

    fn reseal(&mut self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<(), TotpError> {
        *self = self.resealed(id, keyring, nonce)?;
        Ok(())
    }
}
