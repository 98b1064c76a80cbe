//! A bound seed, as it is stored.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::factor::{CodeText, FactorId};
use crate::keyring::{Keyring, Sealed};

use super::generator::matching_step;
use super::{Algorithm, BadShape, Seed, TotpError, TotpShape};

/// Time-based one-time passwords (RFC 6238) of one seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTotp", into = "RawTotp")]
pub struct Totp {
    /// The format of the codes.
    pub shape: TotpShape,
    /// The seed, sealed with a key of the keyring.
    pub seed: Sealed,
}

impl Totp {
    /// Seals a seed for the factor `id`.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub(super) fn seal(
        seed: &Seed,
        shape: TotpShape,
        id: FactorId,
        keyring: &Keyring,
        nonce: [u8; 24],
    ) -> Result<Self, TotpError> {
        Ok(Self { shape, seed: keyring.seal(&seal_purpose(id), seed.bytes(), nonce)? })
    }

    /// The time step of `code`, within one step of `at` on either side (RFC 6238, section 5.2), or `None` if the code is wrong.
    /// The ledger protects against replay: it knows whether the step is spent.
    ///
    /// # Errors
    /// The seed cannot be opened.
    pub fn matching_step(
        &self,
        id: FactorId,
        keyring: &Keyring,
        code: &CodeText,
        at: Timestamp,
    ) -> Result<Option<u64>, TotpError> {
        // A code of another length is wrong even where the seed cannot be opened.
        if code.digits() != self.shape.digits() {
            return Ok(None);
        }
        matching_step(&self.open(id, keyring)?, self.shape, code, at)
    }

    /// The same, sealed with the current key of the keyring.
    ///
    /// # Errors
    /// The seed cannot be opened or sealed.
    pub fn resealed(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<Self, TotpError> {
        Self::seal(&self.open(id, keyring)?, self.shape, id, keyring, nonce)
    }

    /// Whether both have one seed: this one the factor `id`, the other one the factor `other_id`. `false` if a seed cannot be
    /// opened.
    pub(crate) fn has_seed_of(
        &self,
        id: FactorId,
        other: &Self,
        other_id: FactorId,
        keyring: &Keyring,
    ) -> bool {
        match (self.open(id, keyring), other.open(other_id, keyring)) {
            (Ok(seed), Ok(other)) => seed.is_equal_to(&other),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn open(&self, id: FactorId, keyring: &Keyring) -> Result<Seed, TotpError> {
        Seed::new(&keyring.open(&seal_purpose(id), &self.seed)?)
    }
}

/// The associated data that binds a sealed seed to its factor.
fn seal_purpose(id: FactorId) -> [u8; 21] {
    let mut purpose = *b"seed:................";
    for (to, from) in purpose.iter_mut().skip(5).zip(id.bytes()) {
        *to = from;
    }
    purpose
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTotp {
    algorithm: Algorithm,
    digits: u8,
    period: u64,
    seed: Sealed,
}

impl TryFrom<RawTotp> for Totp {
    type Error = BadShape;

    fn try_from(raw: RawTotp) -> Result<Self, BadShape> {
        Ok(Self { shape: TotpShape::new(raw.algorithm, raw.digits, raw.period)?, seed: raw.seed })
    }
}

impl From<Totp> for RawTotp {
    fn from(totp: Totp) -> Self {
        let Totp { shape, seed } = totp;
        Self { algorithm: shape.algorithm, digits: shape.digits(), period: shape.period.seconds(), seed }
    }
}
