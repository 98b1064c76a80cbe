//! The keyring: a file of random keys. All keyed digests and sealing keys are derived from them.

mod age;
mod digest;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, Payload};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::Timestamp;

pub use age::{KeyAge, LONGEST_CONVERSATION, OlderKeys};
pub use digest::Digest;

/// The keys of a site. The first is the current one. The others open and verify older records.
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// Reads the text of a keyring file.
    ///
    /// # Errors
    /// [`BadKeyring`] says what is wrong, and never quotes the content.
    pub fn parse(text: &str) -> Result<Self, BadKeyring> {
        let mut keys = decode(text)?.into_iter();
        let mut current = keys.next().ok_or(BadKeyring::Empty)?;
        let mut older: Vec<Key> = keys.collect();
        // The first key is in use, even if it was replaced before.
        current.replaced = None;
        let mut successor = current.created;
        for key in &mut older {
            // Older files have only the creation time of each key. A key was replaced when its successor was created.
            key.replaced = key.replaced.or(Some(successor));
            successor = key.created;
        }
        let mut ids: Vec<u32> = older.iter().chain([&current]).map(|key| key.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() <= older.len() { Err(BadKeyring::SameId) } else { Ok(Self { current, older }) }
    }

    /// The text of a new keyring file with one key, `random`.
    #[must_use]
    pub fn render(random: &[u8; KEY_BYTES], created: Timestamp) -> Zeroizing<String> {
        Zeroizing::new(format!("{HEADING}{}", *entry(1, random, created, None)))
    }

    /// The text of a keyring file: `text` with a new first key, `random`, which becomes the current one.
    ///
    /// # Errors
    /// `text` is not a keyring.
    pub fn rotate(
        text: &str,
        random: &[u8; KEY_BYTES],
        created: Timestamp,
    ) -> Result<Zeroizing<String>, BadKeyring> {
        let ring = Self::parse(text)?;
        let newest = ring.keys().map(|key| key.id).max().unwrap_or(0);
        let id = newest.checked_add(1).ok_or(BadKeyring::SameId)?;
        let mut text = Zeroizing::new(format!("{HEADING}{}", *entry(id, random, created, None)));
        for key in ring.keys() {
            text.push_str(&entry(key.id, &key.secret, key.created, key.replaced.or(Some(created))));
        }
        Ok(text)
    }

    /// The text of a keyring file: `text` without the older key of this number.
    ///
    /// Records that were sealed or authenticated with it become invalid. The caller has to check that there are none.
    ///
    /// # Errors
    /// [`CannotDrop`].
    pub fn without(text: &str, id: u32) -> Result<Zeroizing<String>, CannotDrop> {
        let ring = Self::parse(text)?;
        if ring.current.id == id {
            return Err(CannotDrop::Current);
        }
        if ring.older.iter().all(|key| key.id != id) {
            return Err(CannotDrop::Unknown);
        }
        // The next rotation would give its number to another key.
        if id > ring.current.id {
            return Err(CannotDrop::Newest);
        }
        let current = entry(ring.current.id, &ring.current.secret, ring.current.created, None);
        let mut left = Zeroizing::new(format!("{HEADING}{}", *current));
        for key in ring.older.iter().filter(|key| key.id != id) {
            left.push_str(&entry(key.id, &key.secret, key.created, key.replaced));
        }
        Ok(left)
    }

    /// The current key's number.
    #[must_use]
    pub fn current_id(&self) -> u32 {
        self.current.id
    }

    /// The ages of the keys, the current one first.
    pub fn ages(&self) -> impl Iterator<Item = KeyAge> {
        self.keys().map(Key::age)
    }

    /// A digest of `parts` under the current key, 16 bytes, unique to `purpose`.
    ///
    /// HMAC-SHA-256 (RFC 2104) over the length-prefixed parts, so that no two lists of parts collide.
    #[must_use]
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        self.current.digest(purpose, parts)
    }

    /// As [`Keyring::digest`], under the current key and each older key that `older` accepts, the current one first: the digests
    /// that may have been stored before a rotation.
    #[must_use]
    pub fn digests(&self, purpose: &str, parts: &[&[u8]], older: OlderKeys) -> Vec<Digest> {
        self.accepted(older).map(|key| key.digest(purpose, parts)).collect()
    }

    /// Whether `digest` is the digest of `parts` under the current key, or under one that `older` accepts.
    #[must_use]
    pub fn vouches(&self, digest: &Digest, purpose: &str, parts: &[&[u8]], older: OlderKeys) -> bool {
        self.accepted(older).any(|key| key.digest(purpose, parts).matches(digest))
    }

    /// The number of the key, of any age, under which `digest` is the digest of `parts`.
    #[must_use]
    pub fn key_of(&self, digest: &Digest, purpose: &str, parts: &[&[u8]]) -> Option<u32> {
        self.keys().find(|key| key.digest(purpose, parts).matches(digest)).map(|key| key.id)
    }

    /// Encrypts `secret` under the current key by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), with `bound_to` as
    /// associated data. `nonce` is random and never used again.
    ///
    /// # Errors
    /// [`SealError::Forged`] if the cipher rejects the input, which does not happen for secrets of Postern's size.
    pub fn seal(&self, bound_to: &[u8], secret: &[u8], nonce: [u8; 24]) -> Result<Sealed, SealError> {
        let payload = Payload { msg: secret, aad: bound_to };
        let ciphertext =
            self.current.cipher().encrypt(&nonce.into(), payload).map_err(|_| SealError::Forged)?;
        let bytes = [&nonce[..], &ciphertext].concat();
        Ok(Sealed { key: self.current.id, bytes })
    }

    /// Decrypts the result of [`Keyring::seal`].
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, bound_to: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key = self.keys().find(|key| key.id == sealed.key).ok_or(SealError::UnknownKey(sealed.key))?;
        let (nonce, ciphertext) = sealed.bytes.split_first_chunk::<24>().ok_or(SealError::Forged)?;
        let payload = Payload { msg: ciphertext, aad: bound_to };
        let opened = key.cipher().decrypt(&(*nonce).into(), payload).map_err(|_| SealError::Forged)?;
        Ok(Zeroizing::new(opened))
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.older)
    }

    fn accepted(&self, older: OlderKeys) -> impl Iterator<Item = &Key> {
        self.keys().filter(move |key| older.accepts(key.replaced))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

/// A secret sealed with a key of the keyring: the key's number, a colon, and base64 of nonce and ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    key: u32,
    bytes: Vec<u8>,
}

impl Sealed {
    /// Reads the text form, without opening it.
    ///
    /// # Errors
    /// [`BadSealed`].
    pub fn parse(text: &str) -> Result<Self, BadSealed> {
        let (key, bytes) = text.split_once(':').ok_or(BadSealed)?;
        let key: u32 = key.parse().map_err(|_| BadSealed)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| BadSealed)?;
        Ok(Self { key, bytes })
    }

    /// The number of the key that it is sealed with.
    #[must_use]
    pub fn key(&self) -> u32 {
        self.key
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, STANDARD.encode(&self.bytes))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(key {})", self.key)
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The text is not the text form of a sealed secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed secret")]
pub struct BadSealed;

/// Why a sealed secret does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with a key that is not in this keyring.
    #[error(
        "a secret is sealed with key {0}, which the keyring does not hold; copy the newest keyring to this host"
    )]
    UnknownKey(u32),
    /// It was changed, was moved from another record, or was sealed with another key of that number.
    #[error("a sealed secret does not open: it was changed, moved, or sealed with another site's keyring")]
    Forged,
}

/// Why a keyring file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyring {
    /// The file does not have the form of a keyring.
    #[error("is not a keyring (version = 1, then [[key]] tables with id, created and secret)")]
    Malformed,
    /// An unknown version.
    #[error("is of version {0}, and this program knows version {KEYRING_VERSION}")]
    Version(u32),
    /// No key at all.
    #[error("holds no key")]
    Empty,
    /// Two keys with one number.
    #[error("holds two keys with the same id")]
    SameId,
    /// A key that is not 32 bytes of base64.
    #[error("holds a key that is not {KEY_BYTES} bytes of base64")]
    BadKey,
}

/// Why a key cannot be dropped from a keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotDrop {
    /// The keyring file cannot be used.
    #[error(transparent)]
    Keyring(#[from] BadKeyring),
    /// It is the current key.
    #[error("it is the current one; make another one first: postern key rotate")]
    Current,
    /// No key has this number.
    #[error("there is no key of that number; see: postern key list")]
    Unknown,
    /// It is newer than the current one, because an admin changed the order.
    #[error("it is newer than the current one; make another one first: postern key rotate")]
    Newest,
}

/// The length of a key.
pub const KEY_BYTES: usize = 32;
const KEYRING_VERSION: u32 = 1;

const HEADING: &str = "# Postern's keyring. Whoever can read it can forge what Postern signs: keep it root:postern 0640.\n\
                       # The first key is the current one; the others are needed for what was made under them.\n\
                       version = 1\n";

fn entry(
    id: u32,
    secret: &[u8; KEY_BYTES],
    created: Timestamp,
    replaced: Option<Timestamp>,
) -> Zeroizing<String> {
    let secret = Zeroizing::new(STANDARD.encode(secret));
    let replaced = replaced.map_or_else(String::new, |replaced| format!("replaced = \"{replaced}\"\n"));
    Zeroizing::new(format!(
        "\n[[key]]\nid = {id}\ncreated = \"{created}\"\n{replaced}secret = \"{}\"\n",
        *secret
    ))
}

struct Key {
    id: u32,
    created: Timestamp,
    /// `None` only for the current key.
    replaced: Option<Timestamp>,
    secret: Zeroizing<[u8; KEY_BYTES]>,
}

/// The keys of a file, in order.
fn decode(text: &str) -> Result<Vec<Key>, BadKeyring> {
    // The parser's own message would quote the line, including the key.
    let raw: RawKeyring = toml::from_str(text).map_err(|_| BadKeyring::Malformed)?;
    if raw.version != KEYRING_VERSION {
        return Err(BadKeyring::Version(raw.version));
    }
    raw.key.into_iter().map(Key::decode).collect()
}

impl Key {
    fn decode(raw: RawKey) -> Result<Self, BadKeyring> {
        let text = Zeroizing::new(raw.secret);
        let mut secret = Zeroizing::new([0_u8; KEY_BYTES]);
        let written =
            STANDARD.decode_slice(text.as_bytes(), secret.as_mut()).map_err(|_| BadKeyring::BadKey)?;
        if written == KEY_BYTES {
            Ok(Self { id: raw.id, created: raw.created, replaced: raw.replaced, secret })
        } else {
            Err(BadKeyring::BadKey)
        }
    }

    fn age(&self) -> KeyAge {
        KeyAge { id: self.id, created: self.created, replaced: self.replaced }
    }

    fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        keyed_digest(&self.secret, purpose, parts)
    }

    /// A separate key for sealing, so that digests cannot weaken it.
    fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        let halves =
            [self.digest("seal", &[b"first half"]).bytes(), self.digest("seal", &[b"second half"]).bytes()];
        for (to, from) in key.iter_mut().zip(halves.as_flattened()) {
            *to = *from;
        }
        XChaCha20Poly1305::new(&(*key).into())
    }
}

/// As [`Keyring::digest`], under a key that never leaves this process.
#[must_use]
pub fn keyed_digest(key: &[u8; KEY_BYTES], purpose: &str, parts: &[&[u8]]) -> Digest {
    // RFC 2104, section 2: a key shorter than a block is padded with zeros.
    let mut block = Zeroizing::new([0_u8; 64]);
    block.split_at_mut(KEY_BYTES).0.copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let mut digest = [0; Digest::BYTES];
    digest.copy_from_slice(mac.finalize().into_bytes().split_at(Digest::BYTES).0);
    Digest::new(digest)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeyring {
    version: u32,
    key: Vec<RawKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    id: u32,
    created: Timestamp,
    #[serde(default)]
    replaced: Option<Timestamp>,
    secret: String,
}

#[cfg(test)]
mod tests;
