//! Authenticator apps and tokens that show codes (RFC 6238).

pub(crate) mod enrolment;
mod error;
mod generator;
mod new_totp;
mod otpauth;
mod sealed;
mod seed;
mod shape;

pub use error::TotpError;
pub use new_totp::NewTotp;
pub use otpauth::WrittenSeed;
pub use sealed::Totp;
pub use seed::Seed;
pub use shape::{Algorithm, BadShape, Period, TotpShape};
