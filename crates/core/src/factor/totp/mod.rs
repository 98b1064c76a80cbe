//! Authenticator apps and tokens that show codes (RFC 6238).

pub(crate) mod enrolment;
mod error;
pub(crate) mod first_code;
mod generator;
mod new_totp;
mod otpauth;
mod record;
mod sealed;
mod seed;
mod shape;

pub use enrolment::default_app_label;
pub use error::TotpError;
pub use first_code::{FirstCode, FirstCodeError, FirstCodeProblem};
pub use new_totp::NewTotp;
pub use otpauth::{UriNames, WrittenSeed};
pub use sealed::Totp;
pub(crate) use seed::SEED_BYTES;
pub use seed::Seed;
pub use shape::{Algorithm, BadShape, Period, TotpShape};
