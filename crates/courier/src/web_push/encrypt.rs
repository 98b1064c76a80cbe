//! Message encryption for Web Push (RFC 8291) with the coding aes128gcm (RFC 8188), one record for each message.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The receiver of a message.
pub(super) struct Receiver {
    key: PublicKey,
    auth: Zeroizing<[u8; AUTH_BYTES]>,
}

impl Receiver {
    /// From a browser's public key, an uncompressed point, and its authentication secret; `None` if they are invalid.
    pub(super) fn new(point: &[u8], auth: &[u8]) -> Option<Self> {
        let key = PublicKey::from_sec1_bytes(point).ok().filter(|_| point.len() == POINT_BYTES)?;
        Some(Self { key, auth: Zeroizing::new(auth.try_into().ok()?) })
    }
}

/// The random values of one message.
pub(super) struct Fresh {
    key: SecretKey,
    salt: [u8; SALT_BYTES],
}

impl Fresh {
    /// `None` if the system gives no random bytes.
    pub(super) fn new() -> Option<Self> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).ok()?;
        Some(Self { key: random_key()?, salt })
    }
}

/// A random key; `None` if the system gives no random bytes.
pub(super) fn random_key() -> Option<SecretKey> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    // One in 2^32 random numbers is not below the order of the curve.
    (0..8).find_map(|_| {
        getrandom::fill(bytes.as_mut()).ok()?;
        SecretKey::from_slice(bytes.as_ref()).ok()
    })
}

/// The body of the request; `None` if the message is too long for one record.
pub(super) fn seal(message: &[u8], to: &Receiver, fresh: &Fresh) -> Option<Vec<u8>> {
    if message.len() > LONGEST_MESSAGE {
        return None;
    }
    let sender = fresh.key.public_key().to_sec1_bytes();
    let receiver = to.key.to_sec1_bytes();
    // RFC 8291, section 3.4.
    let shared = diffie_hellman(fresh.key.to_nonzero_scalar(), to.key.as_affine());
    let mut input = Zeroizing::new([0; 32]);
    let context = [b"WebPush: info\0", &*receiver, &*sender].concat();
    let shared = Hkdf::<Sha256>::new(Some(to.auth.as_ref()), shared.raw_secret_bytes());
    shared.expand(&context, input.as_mut()).ok()?;
    // RFC 8188, sections 2.2 and 2.3.
    let keys = Hkdf::<Sha256>::new(Some(&fresh.salt), input.as_ref());
    let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
    keys.expand(b"Content-Encoding: aes128gcm\0", key.as_mut()).ok()?;
    keys.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
    let cipher = Aes128Gcm::new_from_slice(key.as_ref()).ok()?;
    let last_record = Zeroizing::new([message, &[LAST]].concat());
    let sealed = cipher.encrypt(&Nonce::from(nonce), last_record.as_slice()).ok()?;
    let id_length = u8::try_from(sender.len()).ok()?;
    Some([&fresh.salt[..], &RECORD_SIZE.to_be_bytes(), &[id_length], &*sender, &sealed].concat())
}

const POINT_BYTES: usize = 65;
const AUTH_BYTES: usize = 16;
const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const RECORD_SIZE: u32 = 4096;
/// RFC 8188, section 2: the delimiter of the last record.
const LAST: u8 = 2;
/// RFC 8291, section 4: 4096 bytes minus header, delimiter and tag.
const LONGEST_MESSAGE: usize = 3993;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_example_of_rfc_8291_appendix_a_comes_out_byte_for_byte() {
        let receiver = Receiver::new(
            &decode(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            &decode("BTBZMqHH6r4Tts7J_aSIgg"),
        );
        let fresh = Fresh {
            key: SecretKey::from_slice(&decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap(),
            salt: decode("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        };
        let message = b"When I grow up, I want to be a watermelon";
        let sealed = seal(message, &receiver.unwrap(), &fresh).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn keys_that_are_none_and_messages_that_are_too_long_are_refused() {
        let point = random_key().unwrap().public_key().to_sec1_bytes();
        assert!(Receiver::new(&point, &[0; 16]).is_some());
        assert!(Receiver::new(&point, &[0; 15]).is_none());
        assert!(Receiver::new(&[4; 65], &[0; 16]).is_none());
        assert!(Receiver::new(&[], &[0; 16]).is_none());
        let receiver = Receiver::new(&point, &[0; 16]).unwrap();
        let length = |bytes: usize| {
            seal(&vec![b'x'; bytes], &receiver, &Fresh::new().unwrap()).map(|sealed| sealed.len())
        };
        assert_eq!((length(3993), length(3994)), (Some(4096), None));
    }
}
