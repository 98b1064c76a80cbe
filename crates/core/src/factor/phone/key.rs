//! The key with which a phone signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

/// The public half of a phone's key: ECDSA over P-256 with SHA-256 (FIPS 186-5, section 6). Written as the uncompressed
/// point (SEC 1, section 2.3.3) in base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneKey(VerifyingKey);

impl PhoneKey {
    /// Reads the text form.
    ///
    /// # Errors
    /// The text is not a point of the curve.
    pub fn parse(text: &str) -> Result<Self, BadPhoneKey> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadPhoneKey)?;
        if bytes.len() != POINT_BYTES {
            return Err(BadPhoneKey);
        }
        VerifyingKey::from_sec1_bytes(&bytes).map(Self).map_err(|_| BadPhoneKey)
    }

    /// The uncompressed point.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.to_sec1_point(false).as_bytes().to_vec()
    }

    /// Whether `signature` (IEEE P1363: r and s of 32 bytes each, in base64url) was made with this key over `message`.
    #[must_use]
    pub fn verifies(&self, message: &str, signature: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        Signature::from_slice(&bytes)
            .is_ok_and(|signature| self.0.verify(message.as_bytes(), &signature).is_ok())
    }
}

impl TryFrom<String> for PhoneKey {
    type Error = BadPhoneKey;

    fn try_from(text: String) -> Result<Self, BadPhoneKey> {
        Self::parse(&text)
    }
}

impl From<PhoneKey> for String {
    fn from(key: PhoneKey) -> Self {
        URL_SAFE_NO_PAD.encode(key.bytes())
    }
}

/// The text is not the public key of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an uncompressed point of P-256 in base64url")]
pub struct BadPhoneKey;

const POINT_BYTES: usize = 65;
