//! What is asked of the record of every factor, whatever its kind.

use serde_json::Value;

use crate::courier::Destination;
use crate::keyring::Keyring;

use super::{FactorId, Totp, TotpError};

/// The stored data of a factor. It goes with the factor when that is removed: nothing else holds it. Only what is shown has a
/// default, so that no kind forgets a secret.
pub trait FactorRecord {
    /// The seed of its offline codes, if it has any.
    fn totp(&self) -> Option<&Totp>;

    /// Where its codes are sent, if they are.
    fn destination(&self) -> Option<Destination<'_>>;

    /// What tells it apart from others of its kind: an account binds each once.
    fn identity(&self) -> Option<String>;

    /// Whether one account alone may have this identity.
    fn is_exclusive(&self) -> bool;

    /// The secrets that are sealed with a key of the keyring.
    fn secrets(&self) -> Vec<&dyn SealedSecret>;

    /// The same, to be sealed anew.
    fn secrets_mut(&mut self) -> Vec<&mut dyn SealedSecret>;

    /// What an admin's list says behind the name of the kind.
    fn summary(&self) -> Option<String> {
        None
    }

    /// What an admin's list has in JSON beyond destination and codes.
    fn details(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
}

/// A secret in a record, sealed with a key of the keyring.
pub trait SealedSecret {
    /// The number of that key; `None` if there is no secret now.
    fn key(&self) -> Option<u32>;

    /// Seals it with the current key.
    ///
    /// # Errors
    /// It cannot be opened or sealed, and is as it was.
    fn reseal(&mut self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<(), TotpError>;
}
