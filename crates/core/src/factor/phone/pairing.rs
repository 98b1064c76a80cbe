use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::factor::{NewTotp, Seed, TotpError, TotpShape};

use crate::factor::totp::SEED_BYTES;

use super::PhoneKey;

/// A secret that goes from the terminal to the phone in a QR code, and nowhere else.
///
/// The phone authenticates its public key with it, so that neither the carrier nor the store can replace the key. Both sides
/// derive the seed of the phone's offline codes from it, so the seed is never sent, and the id under which the phone is expected,
/// so the QR code is smaller. HMAC is one-way: who knows the id, as the store does, knows nothing of the secret.
pub struct Pairing(Zeroizing<[u8; PAIRING_BYTES]>);

impl Pairing {
    /// From random bytes.
    #[must_use]
    pub fn new(random: Zeroizing<[u8; PAIRING_BYTES]>) -> Self {
        Self(random)
    }

    /// The form in the QR code: base32 (RFC 4648, section 6).
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// The id of the challenge that waits for the phone, and of the factor that the phone becomes.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let digest = self.mac(&[b"postern-id-1"]).finalize().into_bytes();
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }

    /// Whether `proof` (base64url) shows that a phone with this secret submits this key under this name:
    /// HMAC-SHA-256 (RFC 2104) over the label `postern-bind-1`, the key's point and the name.
    #[must_use]
    pub fn vouches(&self, key: &PhoneKey, name: &str, proof: &str) -> bool {
        let Ok(proof) = URL_SAFE_NO_PAD.decode(proof) else { return false };
        self.mac(&[b"postern-bind-1", &key.bytes(), name.as_bytes()]).verify_slice(&proof).is_ok()
    }

    /// The six digits that terminal and phone both show, for the user to compare.
    #[must_use]
    pub fn compared(&self, key: &PhoneKey) -> String {
        let digest = self.mac(&[b"postern-compare-1", &key.bytes()]).finalize().into_bytes();
        let number =
            digest.iter().take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)) % 1_000_000;
        let digits = format!("{number:06}");
        let (first, second) = digits.split_at(3);
        format!("{first} {second}")
    }

    /// The seed of the phone's own codes: SHA-1, 6 digits, 30 seconds.
    ///
    /// # Errors
    /// Cannot happen for 20 bytes.
    pub fn totp(&self) -> Result<NewTotp, TotpError> {
        let digest = Zeroizing::new(self.mac(&[b"postern-seed-1"]).finalize().into_bytes());
        let seed: Zeroizing<Vec<u8>> = Zeroizing::new(digest.iter().take(SEED_BYTES).copied().collect());
        Ok(NewTotp::new(TotpShape::default(), Seed::new(&seed)?))
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        // A key shorter than a block is padded with zeros (RFC 2104, section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pairing")
    }
}

/// The length of the secret. RFC 4226, section 4 (R6) recommends 160 bits for the seed of codes, which follows from it.
pub const PAIRING_BYTES: usize = 20;
