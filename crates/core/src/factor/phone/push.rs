//! How a phone is told that a login waits.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::factor::FactorId;
use crate::keyring::{Keyring, SealError, Sealed};

/// How a phone is notified. The address is sealed with the keyring, because knowing it permits sending notifications.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Push {
    /// Not at all: its owner scans the QR code or opens the page.
    #[default]
    None,
    /// By a message to an ntfy topic of the site's server.
    Ntfy(Sealed),
    /// By Web Push (RFC 8030).
    WebPush(Sealed),
}

impl Push {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The name on the wire and in lists.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ntfy(_) => "ntfy",
            Self::WebPush(_) => "web_push",
        }
    }

    /// Seals the push address of the phone `id`.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal(
        target: &PushTarget,
        id: FactorId,
        keyring: &Keyring,
        nonce: [u8; 24],
    ) -> Result<Self, SealError> {
        let purpose = seal_purpose(id);
        Ok(match target {
            PushTarget::Ntfy(topic) => Self::Ntfy(keyring.seal(&purpose, topic.as_bytes(), nonce)?),
            PushTarget::WebPush(subscription) => {
                // serde_json cannot fail on strings.
                let json = serde_json::to_vec(subscription).unwrap_or_default();
                Self::WebPush(keyring.seal(&purpose, &json, nonce)?)
            }
        })
    }

    /// The same, sealed with the current key.
    ///
    /// # Errors
    /// As [`Push::open`].
    pub fn resealed(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<Self, SealError> {
        self.open(id, keyring)?.map_or(Ok(Self::None), |target| Self::seal(&target, id, keyring, nonce))
    }

    /// The push address of the phone `id`; `None` if it is not notified.
    ///
    /// # Errors
    /// As [`Keyring::open`], and for a content of unknown form.
    pub fn open(&self, id: FactorId, keyring: &Keyring) -> Result<Option<PushTarget>, SealError> {
        let purpose = seal_purpose(id);
        Ok(match self {
            Self::None => None,
            Self::Ntfy(sealed) => {
                let topic = keyring.open(&purpose, sealed)?;
                let topic = std::str::from_utf8(&topic).map_err(|_| SealError::Forged)?;
                Some(PushTarget::Ntfy(topic.to_owned()))
            }
            Self::WebPush(sealed) => {
                let json = keyring.open(&purpose, sealed)?;
                Some(PushTarget::WebPush(serde_json::from_slice(&json).map_err(|_| SealError::Forged)?))
            }
        })
    }
}

/// The push address of a phone.
#[derive(Clone, PartialEq, Eq)]
pub enum PushTarget {
    /// An unguessable topic of the site's ntfy server.
    Ntfy(String),
    /// A subscription that the phone's browser made.
    WebPush(Subscription),
}

impl fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntfy(_) => "Ntfy",
            Self::WebPush(_) => "WebPush",
        })
    }
}

/// A push subscription (W3C Push API, PushSubscription; RFC 8291, section 2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The URL to which messages are posted.
    pub endpoint: String,
    /// The browser's public key: an uncompressed P-256 point, base64url.
    pub p256dh: String,
    /// The authentication secret: 16 bytes, base64url.
    pub auth: String,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

fn seal_purpose(id: FactorId) -> Vec<u8> {
    [b"ring:", &id.bytes()[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::factor::SealedSecret;
    use crate::keyring::KEY_BYTES;

    #[test]
    fn a_push_address_survives_a_newer_key_and_opens_for_its_own_phone_only() {
        let at = Timestamp::from_unix(1_800_000_000);
        let text = Keyring::render(&[7; KEY_BYTES], at);
        let old = Keyring::parse(&text).unwrap();
        let new = Keyring::parse(&Keyring::rotate(&text, &[8; KEY_BYTES], at).unwrap()).unwrap();
        let id = FactorId::new([1; 16]);
        let subscription = Subscription {
            endpoint: "https://push.example.org/x".to_owned(),
            p256dh: "p".to_owned(),
            auth: "a".to_owned(),
        };
        for target in [PushTarget::Ntfy("topic".to_owned()), PushTarget::WebPush(subscription)] {
            let push = Push::seal(&target, id, &old, [1; 24]).unwrap();
            let fresh = push.resealed(id, &new, [2; 24]).unwrap();
            assert_eq!((push.key(), fresh.key(), push.name()), (Some(1), Some(2), fresh.name()));
            assert_eq!(fresh.open(id, &new), Ok(Some(target)));
            assert_eq!(fresh.open(id, &old), Err(SealError::UnknownKey(2)));
            assert_eq!(push.resealed(FactorId::new([2; 16]), &new, [2; 24]), Err(SealError::Forged));
        }
        assert_eq!(Push::None.resealed(id, &new, [2; 24]), Ok(Push::None));
        assert_eq!(Push::None.key(), None);
    }
}
