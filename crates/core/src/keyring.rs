//! The keyring: random keys in a file, from which every keyed digest is derived.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::clock::Timestamp;

/// The keys of a site. The first is the current one.
pub struct Keyring {
    current: Key,
}

impl Keyring {
    /// Reads the text of a keyring file.
    ///
    /// # Errors
    /// [`BadKeyring`] says what is wrong with it, never what it holds.
    pub fn parse(text: &str) -> Result<Self, BadKeyring> {
        // The parser's own message would quote the line, and with it the key.
        let raw: RawKeyring = toml::from_str(text).map_err(|_| BadKeyring::Malformed)?;
        if raw.version != KEYRING_VERSION {
            return Err(BadKeyring::Version(raw.version));
        }
        let mut keys = raw.key.into_iter().map(Key::decode).collect::<Result<Vec<_>, _>>()?.into_iter();
        let current = keys.next().ok_or(BadKeyring::Empty)?;
        Ok(Self { current })
    }

    /// The text of a new keyring file with one key of `random`.
    #[must_use]
    pub fn render(random: &[u8; KEY_BYTES], created: Timestamp) -> Zeroizing<String> {
        let secret = Zeroizing::new(STANDARD.encode(random));
        Zeroizing::new(format!(
            "# Postern's keyring. Whoever can read it can forge what Postern signs: keep it root:postern 0640.\n\
             version = {KEYRING_VERSION}\n\n[[key]]\nid = 1\ncreated = \"{created}\"\nsecret = \"{}\"\n",
            *secret
        ))
    }

    /// A digest of `parts` under the current key, 16 bytes, unique to `purpose`.
    ///
    /// HMAC-SHA-256 (RFC 2104) over the length-prefixed parts, so that no two lists of parts collide.
    #[must_use]
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        self.current.digest(purpose, parts)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
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
    /// A key that is not 32 bytes of base64.
    #[error("holds a key that is not {KEY_BYTES} bytes of base64")]
    BadKey,
}

/// The length of a key.
pub const KEY_BYTES: usize = 32;
const KEYRING_VERSION: u32 = 1;

struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    fn decode(raw: RawKey) -> Result<Self, BadKeyring> {
        let secret = Zeroizing::new(raw.secret);
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        let written =
            STANDARD.decode_slice(secret.as_bytes(), bytes.as_mut()).map_err(|_| BadKeyring::BadKey)?;
        if written == KEY_BYTES { Ok(Self(bytes)) } else { Err(BadKeyring::BadKey) }
    }

    fn digest(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        keyed_digest(&self.0, purpose, parts)
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
#[expect(
    dead_code,
    reason = "id and created name a key for its keeper; they are read so that a file without them is refused"
)]
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
            ("version = 1\nkey = []".to_owned(), BadKeyring::Empty),
            (String::new(), BadKeyring::Malformed),
        ] {
            assert_eq!(Keyring::parse(&text).err(), Some(expected));
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Keyring::parse(&rendered(7)).unwrap()), "Keyring");
    }
}
