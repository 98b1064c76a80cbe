//! The codes of a seed (RFC 6238).

use crate::clock::Timestamp;
use crate::factor::CodeText;

use super::{Algorithm, Seed, TotpError, TotpShape};

/// The time step of `code`, within one step of `at` on either side (RFC 6238, section 5.2), or `None` if the code is wrong.
pub(super) fn matching_step(
    seed: &Seed,
    shape: TotpShape,
    code: &CodeText,
    at: Timestamp,
) -> Result<Option<u64>, TotpError> {
    if code.digits() != shape.digits() {
        return Ok(None);
    }
    let generator = builder(seed, shape).build().map_err(|_| TotpError::SeedLength)?;
    Ok(generator.check(code.expose(), at.as_unix()))
}

pub(super) fn builder(seed: &Seed, shape: TotpShape) -> totp_rs::Builder {
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
        .with_secret(seed.bytes())
}

/// The number of accepted time steps on either side of the current one.
const WINDOW: u16 = 1;
