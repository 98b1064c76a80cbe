use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::courier::Destination;
use crate::factor::{FactorRecord, SealedSecret, Totp};

/// A WebAuthn credential (W3C Web Authentication, Level 3, section 4). Its private key never leaves the device, or the provider that
/// copies it among the devices of its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// The host name that it was made for. At another one browsers do not use it.
    pub rp_id: String,
    /// The credential's id.
    pub credential: WebAuthnBytes,
    /// The public key in COSE form (RFC 9052, section 7).
    pub public_key: WebAuthnBytes,
    /// The COSE number of its algorithm (RFC 9053, section 2).
    pub algorithm: i32,
    /// The highest signature counter that was seen; 0 where there is none.
    pub counter: u32,
    /// How the browser can reach it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<Transport>,
    /// Whether it may be copied to other devices, and is.
    pub backup: Backup,
}

/// Whether a passkey exists on one device alone (section 6.1.3, *Credential Backup State*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backup {
    /// It cannot be copied, as on most security keys.
    Impossible,
    /// It could be copied, and is not yet.
    Possible,
    /// Its provider holds a copy for the other devices of its owner.
    Done,
}

impl Backup {
    /// The state that the two flags tell, of which the second is never set alone.
    pub(super) fn of_flags(is_eligible: bool, is_backed_up: bool) -> Self {
        match (is_eligible, is_backed_up) {
            (false, _) => Self::Impossible,
            (true, false) => Self::Possible,
            (true, true) => Self::Done,
        }
    }

    /// The name in the stored form, and in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Impossible => "impossible",
            Self::Possible => "possible",
            Self::Done => "done",
        }
    }
}

/// How a browser reaches an authenticator (section 5.8.4, *Authenticator Transport Enumeration*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are those of the specification")]
pub enum Transport {
    Usb,
    Nfc,
    Ble,
    SmartCard,
    Hybrid,
    Internal,
}

/// Bytes of a credential, in base64url without padding.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAuthnBytes(Vec<u8>);

impl WebAuthnBytes {
    /// Wraps bytes. `None` if there are none, or more than any credential has.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (1..=MOST_BYTES).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for WebAuthnBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebAuthnBytes({})", self.0.len())
    }
}

impl TryFrom<String> for WebAuthnBytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(Self::new).ok_or("no bytes of a credential, in base64url")
    }
}

impl From<WebAuthnBytes> for String {
    fn from(bytes: WebAuthnBytes) -> Self {
        URL_SAFE_NO_PAD.encode(bytes.0)
    }
}

impl FactorRecord for Passkey {
    fn totp(&self) -> Option<&Totp> {
        None
    }

    fn destination(&self) -> Option<Destination<'_>> {
        None
    }

    fn identity(&self) -> Option<String> {
        Some(self.credential.clone().into())
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
        let copies = match self.backup {
            Backup::Impossible => "on one device",
            Backup::Possible => "on one device as yet",
            Backup::Done => "synced by its provider",
        };
        Some(format!("{copies}, for {}", self.rp_id))
    }

    fn details(&self) -> Vec<(&'static str, Value)> {
        vec![("backup", json!(self.backup.name())), ("rp_id", json!(self.rp_id))]
    }
}

/// An id has 1,023 bytes at most (section 7.1), and an RSA key of 4,096 bits about half as many.
const MOST_BYTES: usize = 1023;

#[cfg(test)]
mod tests {
    use crate::factor::FactorKind;

    const STORED: &str = r#"{"passkey":{"rp_id":"account.example.org","credential":"AQID","public_key":"BAUG","algorithm":-7,"counter":4,"transports":["internal","smart-card"],"backup":"done"}}"#;

    #[test]
    fn the_stored_form_reads_back_and_others_are_errors() {
        let kind: FactorKind = serde_json::from_str(STORED).unwrap();
        assert_eq!(serde_json::to_string(&kind).unwrap(), STORED);
        for (from, to) in [
            ("AQID", ""),
            ("AQID", "AQ=="),
            ("\"internal\"", "\"thought\""),
            ("\"done\"", "\"maybe\""),
            ("\"counter\":4", "\"counter\":-4"),
            ("\"counter\"", "\"colour\":1,\"counter\""),
            ("\"rp_id\":\"account.example.org\",", ""),
        ] {
            assert!(serde_json::from_str::<FactorKind>(&STORED.replace(from, to)).is_err(), "{to}");
        }
    }
}
