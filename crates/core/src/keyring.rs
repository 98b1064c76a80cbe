//! The keyring: random keys in a file, from which every keyed digest and every seal is derived.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, Payload};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::clock::Timestamp;

/// The keys of a site. The first is the current one; the others open and verify what was made under them.
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// Reads the text of a keyring file.
    ///
    /// # Errors
    /// [`BadKeyring`] says what is wrong with it, never what it holds.
    pub fn parse(text: &str) -> Result<Self, BadKeyring> {
        let mut keys = decode(text)?.into_iter();
        let current = keys.next().ok_or(BadKeyring::Empty)?;
        let older: Vec<Key> = keys.collect();
        let mut ids: Vec<u32> = older.iter().chain([&current]).map(|key| key.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() <= older.len() { Err(BadKeyring::SameId) } else { Ok(Self { current, older }) }
    }

    /// The text of a new keyring file with one key of `random`.
    #[must_use]
    pub fn render(random: &[u8; KEY_BYTES], created: Timestamp) -> Zeroizing<String> {
        Zeroizing::new(format!("{HEADING}{}", *entry(1, random, created)))
    }

    /// The text of a keyring file: that of `text` with a key of `random` in front, which is the current one from then on.
    ///
    /// # Errors
    /// Where `text` is no keyring.
    pub fn rotate(
        text: &str,
        random: &[u8; KEY_BYTES],
        created: Timestamp,
    ) -> Result<Zeroizing<String>, BadKeyring> {
        let ring = Self::parse(text)?;
        let newest = ring.keys().map(|key| key.id).max().unwrap_or(0);
        let id = newest.checked_add(1).ok_or(BadKeyring::SameId)?;
        let older: Zeroizing<String> = Zeroizing::new(
            ring.keys().map(|key| entry(key.id, &key.secret, key.created).to_string()).collect(),
        );
        Ok(Zeroizing::new(format!("{HEADING}{}{}", *entry(id, random, created), *older)))
    }

    /// The current key's number.
    #[must_use]
    pub fn current_id(&self) -> u32 {
        self.current.id
    }

    /// Each key's number and age, the current one first.
    pub fn ages(&self) -> impl Iterator<Item = (u32, Timestamp)> {
        self.keys().map(|key| (key.id, key.created))
    }

    /// A digest of `parts` under the current key, 16 bytes, unique to `purpose`.
    ///
    /// HMAC-SHA-256 (RFC 2104) over the length-prefixed parts, so that no two lists of parts collide.
    #[must_use]
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        self.current.digest(purpose, parts)
    }

    /// As [`Keyring::digest`], under each key, the current one first: what may have been written down before a rotation.
    #[must_use]
    pub fn digests(&self, purpose: &str, parts: &[&[u8]]) -> Vec<Digest> {
        self.keys().map(|key| key.digest(purpose, parts)).collect()
    }

    /// Whether `digest` is that of `parts` under one of the keys.
    #[must_use]
    pub fn vouches(&self, digest: &Digest, purpose: &str, parts: &[&[u8]]) -> bool {
        self.keys().any(|key| bool::from(key.digest(purpose, parts).ct_eq(digest)))
    }

    /// Encrypts `secret` under the current key by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), with `bound_to` as
    /// associated data. `nonce` is random and never used again.
    ///
    /// # Errors
    /// [`SealError::Forged`] where the cipher does not take it, which it does for any secret of ours.
    pub fn seal(&self, bound_to: &[u8], secret: &[u8], nonce: [u8; 24]) -> Result<Sealed, SealError> {
        let payload = Payload { msg: secret, aad: bound_to };
        let ciphertext =
            self.current.cipher().encrypt(&nonce.into(), payload).map_err(|_| SealError::Forged)?;
        let bytes = [&nonce[..], &ciphertext].concat();
        Ok(Sealed { key: self.current.id, bytes })
    }

    /// Decrypts what [`Keyring::seal`] made.
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
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

/// A secret under a key of the keyring: the key's number, a colon, and base64 of nonce and ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    key: u32,
    bytes: Vec<u8>,
}

impl Sealed {
    /// Reads the text form. Whether it opens is another question.
    ///
    /// # Errors
    /// [`BadSealed`].
    pub fn parse(text: &str) -> Result<Self, BadSealed> {
        let (key, bytes) = text.split_once(':').ok_or(BadSealed)?;
        let key: u32 = key.parse().map_err(|_| BadSealed)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| BadSealed)?;
        Ok(Self { key, bytes })
    }

    /// The number of the key that it is under.
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

/// Not the text form of a sealed secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed secret")]
pub struct BadSealed;

/// A sealed secret that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is under a key that this keyring does not have.
    #[error(
        "a secret is sealed with key {0}, which the keyring does not hold; copy the newest keyring to this host"
    )]
    UnknownKey(u32),
    /// It was changed, belongs to something else, or was sealed with another key of that number.
    #[error("a sealed secret does not open: it was changed, moved, or sealed with another site's keyring")]
    Forged,
}

/// 128 bits of a keyed digest.
pub type Digest = [u8; 16];

/// What is wrong with a keyring file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyring {
    /// Not the keys and values of a keyring.
    #[error("is not a keyring (version = 1, then [[key]] tables with id, created and secret)")]
    Malformed,
    /// A version unknown here.
    #[error("is of version {0}, and this program knows version {KEYRING_VERSION}")]
    Version(u32),
    /// No key at all.
    #[error("holds no key")]
    Empty,
    /// Two keys of one number.
    #[error("holds two keys with the same id")]
    SameId,
    /// A key that is not 32 bytes of base64.
    #[error("holds a key that is not {KEY_BYTES} bytes of base64")]
    BadKey,
}

/// The length of a key.
pub const KEY_BYTES: usize = 32;
const KEYRING_VERSION: u32 = 1;

const HEADING: &str = "# Postern's keyring. Whoever can read it can forge what Postern signs: keep it root:postern 0640.\n\
                       # The first key is the current one; the others are needed for what was made under them.\n\
                       version = 1\n";

fn entry(id: u32, secret: &[u8; KEY_BYTES], created: Timestamp) -> Zeroizing<String> {
    let secret = Zeroizing::new(STANDARD.encode(secret));
    Zeroizing::new(format!("\n[[key]]\nid = {id}\ncreated = \"{created}\"\nsecret = \"{}\"\n", *secret))
}

struct Key {
    id: u32,
    created: Timestamp,
    secret: Zeroizing<[u8; KEY_BYTES]>,
}

/// The keys of a file, in their order.
fn decode(text: &str) -> Result<Vec<Key>, BadKeyring> {
    // The parser's own message would quote the line, and with it the key.
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
            Ok(Self { id: raw.id, created: raw.created, secret })
        } else {
            Err(BadKeyring::BadKey)
        }
    }

    fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        keyed_digest(&self.secret, purpose, parts)
    }

    /// A key of its own for sealing, so that no use of the digests weakens it.
    fn cipher(&self) -> XChaCha20Poly1305 {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        let halves = [self.digest("seal", &[b"first half"]), self.digest("seal", &[b"second half"])];
        for (to, from) in key.iter_mut().zip(halves.as_flattened()) {
            *to = *from;
        }
        XChaCha20Poly1305::new(&(*key).into())
    }
}

/// As [`Keyring::digest`], under a key that never leaves this process.
#[must_use]
pub fn keyed_digest(key: &[u8; KEY_BYTES], purpose: &str, parts: &[&[u8]]) -> Digest {
    // RFC 2104, section 2: a key shorter than a block is filled up with zeros.
    let mut block = Zeroizing::new([0_u8; 64]);
    block.split_at_mut(KEY_BYTES).0.copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(mac.finalize().into_bytes().split_at(16).0);
    digest
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
    secret: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(byte: u8) -> Zeroizing<String> {
        Keyring::render(&[byte; KEY_BYTES], Timestamp::from_unix(1_800_000_000))
    }

    #[test]
    fn what_is_rendered_parses_and_digests_depend_on_key_purpose_and_parts() {
        let ring = Keyring::parse(&rendered(7)).unwrap();
        let digest = ring.digest("a", &[b"one", b"two"]);
        assert_eq!(digest, Keyring::parse(&rendered(7)).unwrap().digest("a", &[b"one", b"two"]));
        assert_ne!(digest, Keyring::parse(&rendered(8)).unwrap().digest("a", &[b"one", b"two"]));
        assert_ne!(digest, ring.digest("b", &[b"one", b"two"]));
        assert_ne!(digest, ring.digest("a", &[b"onet", b"wo"]));
    }

    #[test]
    fn the_digest_is_hmac_sha_256() {
        // printf '\0\0\0\0\0\0\0\1p\0\0\0\0\0\0\0\3one' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707...07
        let expected =
            [0xc0, 0x28, 0x3a, 0x85, 0x9f, 0xce, 0xa1, 0xa9, 0xe5, 0xf7, 0xf4, 0xec, 0xea, 0x52, 0xc7, 0x22];
        assert_eq!(keyed_digest(&[7; KEY_BYTES], "p", &[b"one"]), expected);
    }

    #[test]
    fn a_broken_keyring_is_refused_without_quoting_it() {
        let good = rendered(7);
        for (text, expected) in [
            (good.replace("version = 1", "version = 2"), BadKeyring::Version(2)),
            (good.replace("secret = \"", "secret = \"AAAA"), BadKeyring::BadKey),
            (good.replace("secret", "secrets"), BadKeyring::Malformed),
            (
                format!(
                    "{}\n{}",
                    *good,
                    good.split_once("[[key]]").map_or(String::new(), |(_, key)| format!("[[key]]{key}"))
                ),
                BadKeyring::SameId,
            ),
            ("version = 1\nkey = []".to_owned(), BadKeyring::Empty),
            (String::new(), BadKeyring::Malformed),
        ] {
            assert_eq!(Keyring::parse(&text).err(), Some(expected));
        }
    }

    #[test]
    fn a_rotated_keyring_opens_and_vouches_for_what_the_old_one_made() {
        let old_text = rendered(7);
        let old = Keyring::parse(&old_text).unwrap();
        let sealed = old.seal(b"for x", b"secret", [1; 24]).unwrap();
        let digest = old.digest("p", &[b"part"]);
        let text = Keyring::rotate(&old_text, &[9; KEY_BYTES], Timestamp::from_unix(1_900_000_000)).unwrap();
        let new = Keyring::parse(&text).unwrap();
        assert_eq!((old.current_id(), new.current_id(), new.ages().count()), (1, 2, 2));
        assert_eq!(new.open(b"for x", &sealed).unwrap().as_slice(), b"secret");
        assert!(new.vouches(&digest, "p", &[b"part"]) && !new.vouches(&digest, "p", &[b"other"]));
        assert_ne!(new.digest("p", &[b"part"]), digest);
        assert_eq!(new.digests("p", &[b"part"]).get(1), Some(&digest));
        let newer = new.seal(b"for x", b"secret", [2; 24]).unwrap();
        assert_eq!(old.open(b"for x", &newer), Err(SealError::UnknownKey(2)));
    }

    #[test]
    fn what_is_sealed_opens_unchanged_and_in_its_own_place_alone() {
        let ring = Keyring::parse(&rendered(7)).unwrap();
        let sealed = ring.seal(b"for x", b"secret", [1; 24]).unwrap();
        assert_eq!(Sealed::parse(&sealed.to_string()), Ok(sealed.clone()));
        assert_eq!(ring.open(b"for y", &sealed), Err(SealError::Forged));
        for index in [0, 23, 24, sealed.bytes.len() - 1] {
            let mut changed = sealed.clone();
            changed.bytes[index] ^= 1;
            assert_eq!(ring.open(b"for x", &changed), Err(SealError::Forged), "{index}");
        }
        assert_eq!(ring.open(b"for x", &Sealed { key: 1, bytes: vec![0; 10] }), Err(SealError::Forged));
        for text in ["", "1", ":AAAA", "x:AAAA", "1:A A"] {
            assert!(Sealed::parse(text).is_err(), "{text}");
        }
        assert_eq!(format!("{sealed:?}"), "Sealed(key 1)");
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Keyring::parse(&rendered(7)).unwrap()), "Keyring");
    }
}
