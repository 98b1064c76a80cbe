//! The secret of an app, and its text form.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::{Random, RandomnessGone};
use crate::typed::cleaned;

use super::TotpError;

/// The secret of an app: 16 to 64 bytes (RFC 4226, section 4, R6).
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// From these bytes.
    ///
    /// # Errors
    /// [`TotpError::SeedLength`] for fewer than 16 or more than 64 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, TotpError> {
        if (16..=64).contains(&bytes.len()) {
            Ok(Self(Zeroizing::new(bytes.to_vec())))
        } else {
            Err(TotpError::SeedLength)
        }
    }

    /// Random bytes, as many as RFC 4226, section 4, R6 recommends.
    pub(super) fn draw(random: Random) -> Result<Self, RandomnessGone> {
        let mut bytes = Zeroizing::new([0; SEED_BYTES]);
        random(bytes.as_mut())?;
        Ok(Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Reads the text from a token's vendor or another system: base32 (RFC 4648, section 6) once [`cleaned`], with or without
    /// padding, in either case.
    ///
    /// # Errors
    /// The text is not base32, has a length that is impossible in base32, is hexadecimal, or is too short or too long for a
    /// seed. Otherwise a wrong seed would be bound, and all its owner's codes would be wrong.
    pub fn from_base32(text: &str) -> Result<Self, TotpError> {
        let mut clean = cleaned(text);
        clean.make_ascii_uppercase();
        let plain = clean.trim_end_matches('=');
        if is_hexadecimal(plain) {
            return Err(TotpError::Hexadecimal);
        }
        if !plain.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')) {
            return Err(TotpError::NotBase32);
        }
        // Eight characters encode five bytes; an incomplete group encodes one to four.
        if matches!(plain.len() % 8, 1 | 3 | 6) {
            return Err(TotpError::Base32Length);
        }
        let secret = totp_rs::Secret::try_from_base32(plain).map_err(|_| TotpError::NotBase32)?;
        Self::new(secret.as_ref())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares in constant time.
    pub(super) fn is_equal_to(&self, other: &Self) -> bool {
        bool::from(self.0.ct_eq(&other.0))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed")
    }
}

/// Whether a seed in upper case is hexadecimal: it has digits that base32 lacks, or only letters from A to F, which does not
/// happen by chance in base32. A single repeated letter is accepted, as a test seed.
fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0X").unwrap_or(text);
    let mut different: Vec<u8> = digits.bytes().collect();
    different.sort_unstable();
    different.dedup();
    digits.len() >= 16 && different.len() >= 4 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// RFC 4226, section 4, R6: 160 bits are recommended.
pub(crate) const SEED_BYTES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_read_from_base32_as_makers_write_it() {
        let totp = |text: &str| Seed::from_base32(text).map(|seed| seed.0.to_vec());
        assert_eq!(totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), Ok(b"12345678901234567890".to_vec()));
        assert_eq!(
            totp("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq ===="),
            Ok(b"12345678901234567890".to_vec())
        );
        assert_eq!(totp("GEZDGNBVGY3TQOJQ"), Err(TotpError::SeedLength));
        assert_eq!(totp("GEZDGNBVGY3TQOJ1"), Err(TotpError::NotBase32));
        assert_eq!(totp("GEZD=GNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), Err(TotpError::NotBase32));
        assert_eq!(
            totp("ＧＥＺＤ\u{a0}GNBV\u{2013}GY3TQOJQGEZDGNBVGY3TQOJQ\r\n"),
            Ok(b"12345678901234567890".to_vec())
        );
        assert!(totp("").is_err());
    }

    #[test]
    fn a_seed_that_would_be_altered_is_refused() {
        let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBV";
        for length in [26, 28, 29, 31, 32, 34, 36, 37, 39, 40] {
            assert!(Seed::from_base32(seed.get(..length).unwrap()).is_ok(), "{length}");
        }
        for length in [25, 27, 30, 33, 35, 38] {
            assert_eq!(
                Seed::from_base32(seed.get(..length).unwrap()).err(),
                Some(TotpError::Base32Length),
                "{length}"
            );
        }
        for text in [
            "3132333435363738393031323334353637383930",
            "abcdef234567abcdef234567abcdef234567abcd",
            "31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30",
            "0x3132333435363738393031323334353637383930",
        ] {
            assert_eq!(Seed::from_base32(text).err(), Some(TotpError::Hexadecimal), "{text}");
        }
        assert!(Seed::from_base32(&"A".repeat(32)).is_ok());
    }
}
