//! Voluntary Application Server Identification (VAPID, RFC 8292).

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use postern_core::clock::Timestamp;
use postern_core::config::{FileError, read_made_by_init};
use serde_json::json;
use zeroize::Zeroizing;

use crate::OpenError;

use super::encrypt::random_key;

/// The site's key.
pub(super) struct Vapid {
    key: SigningKey,
    contact: String,
}

impl Vapid {
    pub(super) fn read(section: &'static str, path: &Path, contact: &str) -> Result<Self, OpenError> {
        let wrong = |what: &dyn std::fmt::Display| OpenError::of_file(section, path, what);
        let text = read_made_by_init(path).map_err(|error: FileError| wrong(&error))?;
        let key = SecretKey::from_pkcs8_pem(&text)
            .map_err(|_| wrong(&"is not a private key of P-256 in PKCS#8, PEM; postern init makes one"))?;
        Ok(Self { key: SigningKey::from(&key), contact: contact.to_owned() })
    }

    /// The uncompressed point in base64url.
    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().to_sec1_point(false).as_bytes())
    }

    /// The `Authorization` header of a request to this origin (section 3), valid for an hour.
    pub(super) fn permit(&self, origin: &str, now: Timestamp) -> String {
        let expires = now.plus(LIFETIME).as_unix();
        let header = encoded(&json!({ "typ": "JWT", "alg": "ES256" }));
        let claims = encoded(&json!({ "aud": origin, "exp": expires, "sub": self.contact }));
        let signed = format!("{header}.{claims}");
        let signature: Signature = self.key.sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
        format!("vapid t={signed}.{signature},k={}", self.public_key())
    }
}

impl std::fmt::Debug for Vapid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vapid")
    }
}

/// The content of a new key file. `None` if the system gives no random bytes.
#[must_use]
pub fn new_vapid_key() -> Option<Zeroizing<String>> {
    random_key()?.to_pkcs8_pem(LineEnding::LF).ok()
}

fn encoded(json: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// RFC 8292, section 2: at most a day.
const LIFETIME: Duration = Duration::from_secs(3600);
