//! The parts of CBOR that are looked at here: keys (RFC 9052, section 7; RFC 9053, sections 2 and 7; RFC 8230) and attestation objects (W3C
//! Web Authentication, Level 3, section 6.5.4).

use ciborium::Value;
use p256::ecdsa::VerifyingKey;

/// The algorithms that passkeys may have: ES256, EdDSA and RS256, which between them every authenticator has (section 5.8.5).
pub(super) const ALGORITHMS: [i32; 3] = [ES256, EDDSA, RS256];

/// The same attestation object, without its statement. `None` if it is none.
pub(super) fn without_attestation(object: &[u8]) -> Option<Vec<u8>> {
    let Value::Map(parts) = read(object)? else { return None };
    let data = parts.into_iter().find(|(name, _)| name.as_text() == Some("authData"))?.1;
    let bare = Value::Map(vec![
        (Value::from("fmt"), Value::from("none")),
        (Value::from("attStmt"), Value::Map(Vec::new())),
        (Value::from("authData"), data),
    ]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&bare, &mut bytes).ok()?;
    Some(bytes)
}

/// Whether signatures can be verified with the key, by this algorithm.
pub(super) fn is_usable(key: &[u8], algorithm: i32) -> bool {
    let Some(Value::Map(parts)) = read(key) else { return false };
    let part = |label: i64| {
        parts.iter().find(|(name, _)| name.as_integer() == Some(label.into())).map(|(_, value)| value)
    };
    let number =
        |label| part(label).and_then(Value::as_integer).and_then(|number| i64::try_from(number).ok());
    let bytes = |label| part(label).and_then(Value::as_bytes).map_or(&[][..], Vec::as_slice);
    if number(ALGORITHM) != Some(algorithm.into()) {
        return false;
    }
    match (algorithm, number(KEY_TYPE)) {
        (ES256, Some(EC2)) => {
            let point = [&[UNCOMPRESSED], bytes(X), bytes(Y)].concat();
            number(CURVE) == Some(P256)
                && bytes(X).len() == P256_BYTES
                && VerifyingKey::from_sec1_bytes(&point).is_ok()
        }
        (EDDSA, Some(OKP)) => number(CURVE) == Some(ED25519) && bytes(X).len() == ED25519_BYTES,
        (RS256, Some(RSA)) => {
            let (modulus, exponent) = (bytes(MODULUS), bytes(EXPONENT));
            RSA_BYTES.contains(&modulus.len()) && modulus.first() != Some(&0) && exponent == F4
        }
        _ => false,
    }
}

fn read(bytes: &[u8]) -> Option<Value> {
    ciborium::from_reader(bytes).ok()
}

const ES256: i32 = -7;
const EDDSA: i32 = -8;
const RS256: i32 = -257;
/// Labels of a key.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;
/// Types of keys, and their curves.
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P256: i64 = 1;
const ED25519: i64 = 6;
const ED25519_BYTES: usize = 32;
const P256_BYTES: usize = 32;
/// How a point begins whose coordinates are both there (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;
/// 2,048 to 4,096 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// 65537, the exponent that all have.
const F4: &[u8] = &[1, 0, 1];

#[cfg(test)]
mod tests {
    use super::*;

    /// A COSE key of these labels.
    fn key(parts: &[(i64, Value)]) -> Vec<u8> {
        let parts = parts.iter().map(|(label, value)| (Value::from(*label), value.clone())).collect();
        let mut bytes = Vec::new();
        ciborium::into_writer(&Value::Map(parts), &mut bytes).unwrap();
        bytes
    }

    fn bytes(bytes: &[u8]) -> Value {
        Value::Bytes(bytes.to_vec())
    }

    #[test]
    fn a_key_is_usable_if_it_has_the_parts_of_its_algorithm() {
        let point =
            p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap().verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let ec = |x: &[u8], y: &[u8]| {
            let parts: [(i64, Value); 5] =
                [(1, 2.into()), (3, ES256.into()), (-1, 1.into()), (-2, bytes(x)), (-3, bytes(y))];
            key(&parts)
        };
        assert!(is_usable(&ec(x, y), ES256));
        let ed = key(&[(1, 1.into()), (3, EDDSA.into()), (-1, 6.into()), (-2, bytes(&[9; 32]))]);
        assert!(is_usable(&ed, EDDSA));
        let rsa = |modulus: &[u8], exponent: &[u8]| {
            key(&[(1, 3.into()), (3, RS256.into()), (-1, bytes(modulus)), (-2, bytes(exponent))])
        };
        assert!(is_usable(&rsa(&[0x81; 256], F4), RS256));
        for (what, key, algorithm) in [
            ("another algorithm than it says", ec(x, y), EDDSA),
            ("no point of the curve", ec(x, x), ES256),
            ("half a point", ec(x, &[]), ES256),
            ("a short modulus", rsa(&[0x81; 128], F4), RS256),
            ("a long one", rsa(&[0x81; 5000], F4), RS256),
            ("one with zeros before it", rsa(&[&[0; 8][..], &[0x81; 256]].concat(), F4), RS256),
            ("another exponent", rsa(&[0x81; 256], &[3]), RS256),
            ("an algorithm that was not asked for", key(&[(1, 2.into()), (3, (-35).into())]), -35),
            ("no map", vec![0x80], ES256),
            ("nothing", Vec::new(), ES256),
        ] {
            assert!(!is_usable(&key, algorithm), "{what}");
        }
    }
}
