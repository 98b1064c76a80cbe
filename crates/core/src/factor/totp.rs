//! Codes of authenticators (RFC 6238).
//!
//! This file is long because seeds, shapes and codes share private parts, and the test vectors stand beside them.

use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::keyring::{Keyring, SealError, Sealed};
use crate::secret::grouped;
use crate::typed::cleaned;

use super::FactorId;

/// Time-based one-time passwords (RFC 6238) of one seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTotp", into = "RawTotp")]
pub struct Totp {
    /// The format of the codes.
    pub shape: TotpShape,
    /// The seed, sealed with a key of the keyring.
    pub seed: Sealed,
}

/// The format of the codes of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TotpShape {
    /// The hash function of the HMAC.
    pub algorithm: Algorithm,
    /// Whether codes have 8 digits instead of 6.
    pub has_eight_digits: bool,
    /// The time step.
    pub period: Period,
}

/// The hash function of RFC 6238, section 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// HMAC-SHA-1, which every app supports.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name in apps and otpauth URIs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

/// The time step of RFC 6238, section 4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// 30 seconds.
    #[default]
    Half,
    /// 60 seconds.
    Minute,
}

impl Period {
    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Half => 30,
            Self::Minute => 60,
        }
    }
}

impl TotpShape {
    /// Checks requested parameters.
    ///
    /// # Errors
    /// [`BadShape`] says what is permitted.
    pub fn new(algorithm: Algorithm, digits: u8, period_seconds: u64) -> Result<Self, BadShape> {
        let has_eight_digits = match digits {
            6 => false,
            8 => true,
            _ => return Err(BadShape::Digits),
        };
        let period = match period_seconds {
            30 => Period::Half,
            60 => Period::Minute,
            _ => return Err(BadShape::Period),
        };
        Ok(Self { algorithm, has_eight_digits, period })
    }

    /// The number of digits in a code.
    #[must_use]
    pub fn digits(self) -> u8 {
        if self.has_eight_digits { 8 } else { 6 }
    }

    /// The number of the time step that `at` is in.
    #[must_use]
    pub fn step(self, at: Timestamp) -> u64 {
        at.as_unix() / self.period.seconds()
    }
}

/// Why a format of codes is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadShape {
    /// Not 6 or 8.
    #[error("a code has 6 or 8 digits")]
    Digits,
    /// Not 30 or 60.
    #[error("a code is shown for 30 or 60 seconds")]
    Period,
}

impl Totp {
    /// The time step of `code`, within one step of `at` on either side (RFC 6238, section 5.2), or `None` if the code is wrong.
    /// The ledger protects against replay: it knows whether the step is spent.
    ///
    /// # Errors
    /// The seed cannot be opened.
    pub fn matching_step(
        &self,
        id: FactorId,
        keyring: &Keyring,
        code: &CodeText,
        at: Timestamp,
    ) -> Result<Option<u64>, TotpError> {
        if code.digits() != self.shape.digits() {
            return Ok(None);
        }
        let seed = self.open(id, keyring)?;
        Ok(generator(&seed, self.shape)?.check(code.expose(), at.as_unix()))
    }

    /// The same, sealed with the current key of the keyring.
    ///
    /// # Errors
    /// The seed cannot be opened or sealed.
    pub fn reseal(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<Self, TotpError> {
        let seed = self.open(id, keyring)?;
        Ok(Self { shape: self.shape, seed: keyring.seal(&seal_purpose(id), &seed.0, nonce)? })
    }

    fn open(&self, id: FactorId, keyring: &Keyring) -> Result<Seed, TotpError> {
        Seed::new(&keyring.open(&seal_purpose(id), &self.seed)?)
    }
}

/// A new seed that is not bound yet. Unless it is bound, it is lost when dropped.
pub struct NewTotp {
    /// The format of the codes.
    pub shape: TotpShape,
    seed: Seed,
}

impl NewTotp {
    /// From a seed and the format of its codes.
    #[must_use]
    pub fn new(shape: TotpShape, seed: Seed) -> Self {
        Self { shape, seed }
    }

    /// The seed for typing into an app by hand: base32 without padding (RFC 4648, section 6).
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(totp_rs::Secret::from(self.seed.0.as_slice()).to_base32())
    }

    /// The same in groups of four.
    #[must_use]
    pub fn base32_grouped(&self) -> Zeroizing<String> {
        grouped(&self.base32(), ' ')
    }

    /// The URI that apps read from a QR code: `otpauth://totp/issuer:account?secret=…`, in the Key URI Format of Google
    /// Authenticator, which the other apps have adopted.
    ///
    /// # Errors
    /// Issuer or account contain a colon, which the format cannot represent.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        let built = builder(&self.seed, self.shape)
            .with_account_name(account)
            .with_issuer(Some(issuer))
            .build()
            .map_err(|_| TotpError::Unspeakable)?;
        built.to_url().map(Zeroizing::new).map_err(|_| TotpError::Unspeakable)
    }

    /// A shorter URI for a smaller QR code: without the parameters that apps assume, and with the issuer only in the label.
    ///
    /// # Errors
    /// As [`NewTotp::uri`].
    pub fn short_uri(&self, issuer: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        let uri = self.uri(issuer, account)?;
        let (path, query) = uri.split_once('?').ok_or(TotpError::Unspeakable)?;
        let assumed = |pair: &&str| {
            pair.starts_with("issuer=") || matches!(*pair, "digits=6" | "period=30" | "algorithm=SHA1")
        };
        let mut short = Zeroizing::new(String::with_capacity(uri.len()));
        short.push_str(path);
        for (number, pair) in query.split('&').filter(|pair| !assumed(pair)).enumerate() {
            short.push(if number == 0 { '?' } else { '&' });
            short.push_str(pair);
        }
        Ok(short)
    }

    /// As [`Totp::matching_step`].
    ///
    /// # Errors
    /// As [`Totp::matching_step`].
    pub fn matching_step(&self, code: &CodeText, at: Timestamp) -> Result<Option<u64>, TotpError> {
        if code.digits() != self.shape.digits() {
            return Ok(None);
        }
        Ok(generator(&self.seed, self.shape)?.check(code.expose(), at.as_unix()))
    }

    /// Whether it is the seed of the factor `id`; `false` if that seed cannot be opened.
    #[must_use]
    pub fn is_seed_of(&self, totp: &Totp, id: FactorId, keyring: &Keyring) -> bool {
        totp.open(id, keyring).is_ok_and(|seed| bool::from(seed.0.ct_eq(&self.seed.0)))
    }

    /// Seals the seed for the factor `id`.
    ///
    /// # Errors
    /// As [`Keyring::seal`].
    pub fn seal(&self, id: FactorId, keyring: &Keyring, nonce: [u8; 24]) -> Result<Totp, TotpError> {
        Ok(Totp { shape: self.shape, seed: keyring.seal(&seal_purpose(id), &self.seed.0, nonce)? })
    }
}

impl fmt::Debug for NewTotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewTotp")
    }
}

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

/// A typed code: 6 or 8 digits, once [`cleaned`].
pub struct CodeText(Zeroizing<String>);

impl CodeText {
    /// Reads `text`; `None` unless it has the form of a code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = cleaned(text);
        let looks_like_one = matches!(digits.len(), 6 | 8) && digits.bytes().all(|b| b.is_ascii_digit());
        looks_like_one.then_some(Self(digits))
    }

    /// The number of digits.
    #[must_use]
    pub fn digits(&self) -> u8 {
        if self.0.len() == 8 { 8 } else { 6 }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeText")
    }
}

/// Why a seed cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotpError {
    /// The seed cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Too short to be safe, or longer than any in use.
    #[error("a seed has 16 to 64 bytes")]
    SeedLength,
    /// Not base32.
    #[error("the seed is not base32 (A to Z and 2 to 7)")]
    NotBase32,
    /// Base32 of an impossible length.
    #[error("the seed is incomplete or too long: base32 never has that many characters")]
    Base32Length,
    /// Hexadecimal.
    #[error("the seed is hexadecimal; give it in base32, as `xxd -r -p | base32` writes it")]
    Hexadecimal,
    /// A URI of counter-based codes (HOTP).
    #[error(
        "an otpauth://hotp URI is for codes that are counted (RFC 4226); only otpauth://totp can be bound"
    )]
    Counted,
    /// Another URI.
    #[error("not an otpauth://totp URI of one seed")]
    NoTotpUri,
    /// A URI without a seed.
    #[error("the otpauth URI has no secret")]
    UriSecret,
    /// A URI with a repeated parameter.
    #[error("the otpauth URI repeats a parameter")]
    UriTwice,
    /// A URI with an invalid escape, number or algorithm.
    #[error("the otpauth URI has an escape, a number or an algorithm that cannot be read")]
    UriUnreadable,
    /// A URI with two different issuers, or an invalid one.
    #[error("the otpauth URI names two issuers, or an invalid one")]
    UriIssuer,
    /// An unsupported format of codes.
    #[error(transparent)]
    Shape(#[from] BadShape),
    /// A name that the URI format cannot represent.
    #[error("an otpauth URI cannot represent a name with a colon")]
    Unspeakable,
}

fn generator(seed: &Seed, shape: TotpShape) -> Result<totp_rs::Totp, TotpError> {
    builder(seed, shape).build().map_err(|_| TotpError::SeedLength)
}

fn builder(seed: &Seed, shape: TotpShape) -> totp_rs::Builder {
    let algorithm = match shape.algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    };
    totp_rs::Builder::new()
        .with_algorithm(algorithm)
        .with_digits(shape.digits())
        .with_skew(WINDOW)
        .with_step_duration(shape.period.seconds())
        .with_secret(seed.0.as_slice())
}

/// The associated data that binds a sealed seed to its factor.
fn seal_purpose(id: FactorId) -> [u8; 21] {
    let mut purpose = *b"seed:................";
    for (to, from) in purpose.iter_mut().skip(5).zip(id.bytes()) {
        *to = from;
    }
    purpose
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTotp {
    algorithm: Algorithm,
    digits: u8,
    period: u64,
    seed: Sealed,
}

impl TryFrom<RawTotp> for Totp {
    type Error = BadShape;

    fn try_from(raw: RawTotp) -> Result<Self, BadShape> {
        Ok(Self { shape: TotpShape::new(raw.algorithm, raw.digits, raw.period)?, seed: raw.seed })
    }
}

impl From<Totp> for RawTotp {
    fn from(totp: Totp) -> Self {
        let Totp { shape, seed } = totp;
        Self { algorithm: shape.algorithm, digits: shape.digits(), period: shape.period.seconds(), seed }
    }
}

/// The number of accepted time steps on either side of the current one.
const WINDOW: u16 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1_800_000_000))).unwrap()
    }

    fn new_totp(algorithm: Algorithm, digits: u8) -> NewTotp {
        // RFC 6238, appendix B: the ASCII digits repeated to the length of the hash.
        let length = match algorithm {
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        };
        let seed: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
        NewTotp::new(TotpShape::new(algorithm, digits, 30).unwrap(), Seed::new(&seed).unwrap())
    }

    #[test]
    fn the_vectors_of_rfc_6238_match_for_all_three_hashes() {
        let vectors = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (at, codes) in vectors {
            for (algorithm, code) in
                [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].into_iter().zip(codes)
            {
                let totp = new_totp(algorithm, 8);
                let at = Timestamp::from_unix(at);
                let step = totp.matching_step(&CodeText::parse(code).unwrap(), at).unwrap();
                assert_eq!(step, Some(at.as_unix() / 30), "{algorithm:?} {code}");
            }
        }
    }

    #[test]
    fn a_code_is_right_one_step_on_either_side_and_no_further() {
        let totp = new_totp(Algorithm::Sha1, 8);
        let code = CodeText::parse("94287082").unwrap();
        let step_at = |at| totp.matching_step(&code, Timestamp::from_unix(at)).unwrap();
        assert_eq!(
            [0, 29, 30, 59, 60, 89, 90].map(step_at),
            [Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), None]
        );
        let six = CodeText::parse("287082").unwrap();
        assert_eq!(totp.matching_step(&six, Timestamp::from_unix(59)), Ok(None), "its end is another length");
        assert_eq!(
            new_totp(Algorithm::Sha1, 6).matching_step(&six, Timestamp::from_unix(59)),
            Ok(Some(1)),
            "RFC 4226, section 5.3"
        );
    }

    #[test]
    fn a_seed_opens_for_its_own_factor_and_keyring_alone() {
        let (ring, id) = (keyring(), FactorId::new([1; 16]));
        let sealed = new_totp(Algorithm::Sha1, 8).seal(id, &ring, [9; 24]).unwrap();
        let (code, at) = (CodeText::parse("94287082").unwrap(), Timestamp::from_unix(59));
        assert_eq!(sealed.matching_step(id, &ring, &code, at), Ok(Some(1)));
        let other = FactorId::new([2; 16]);
        assert_eq!(sealed.matching_step(other, &ring, &code, at), Err(TotpError::Seal(SealError::Forged)));
        let strange = Keyring::parse(&Keyring::render(&[8; 32], Timestamp::from_unix(1))).unwrap();
        assert_eq!(sealed.matching_step(id, &strange, &code, at), Err(TotpError::Seal(SealError::Forged)));
        assert_eq!(
            sealed.reseal(id, &ring, [3; 24]).unwrap().matching_step(id, &ring, &code, at),
            Ok(Some(1))
        );
    }

    #[test]
    fn a_typed_code_is_six_or_eight_digits_with_any_spaces() {
        let digits = |text: &str| CodeText::parse(text).map(|code| code.expose().to_owned());
        assert_eq!(digits("123456").as_deref(), Some("123456"));
        assert_eq!(digits(" 123 456 ").as_deref(), Some("123456"));
        assert_eq!(digits("1234-5678").as_deref(), Some("12345678"));
        for text in [
            "123\u{a0}456",
            "１２３４５６",
            "\u{feff}123\u{200b}456\r\n",
            "123\u{2212}456",
            "\u{202a}123456\u{202c}",
        ] {
            assert_eq!(digits(text).as_deref(), Some("123456"), "{text:?}");
        }
        for text in ["", "12345", "1234567", "123456789", "12345a", "\u{661}23456", "+12345"] {
            assert_eq!(digits(text), None, "{text}");
        }
    }

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

    #[test]
    fn the_uri_names_issuer_account_and_secret() {
        let totp = new_totp(Algorithm::Sha1, 6);
        let uri = totp.uri("Example Mail", "alice").unwrap();
        assert!(uri.starts_with("otpauth://totp/Example%20Mail:alice?"), "{}", *uri);
        assert!(
            uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") && uri.contains("issuer=Example%20Mail")
        );
        assert_eq!(totp.uri("Example: Mail", "alice").err(), Some(TotpError::Unspeakable));
        assert_eq!(
            *totp.short_uri("Example Mail", "alice").unwrap(),
            "otpauth://totp/Example%20Mail:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
        let other = new_totp(Algorithm::Sha256, 8).short_uri("Example", "alice").unwrap();
        assert!(other.contains("digits=8") && other.contains("algorithm=SHA256"), "{}", *other);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!(
            "{:?} {:?} {:?}",
            new_totp(Algorithm::Sha1, 6),
            Seed::new(&[1; 20]).unwrap(),
            CodeText::parse("123456").unwrap()
        );
        assert_eq!(shown, "NewTotp Seed CodeText");
    }
}
