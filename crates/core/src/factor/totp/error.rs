use crate::keyring::SealError;

use super::BadShape;

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
