//! The shape of codes that the options ask for.

use postern_core::factor::{Algorithm, BadShape, NewTotp, TotpShape, WrittenSeed};

use crate::args::Enrol;
use crate::failure::Failure;

/// The options for the shape of codes.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedShape {
    algorithm: Option<Algorithm>,
    digits: Option<u8>,
    period: Option<u64>,
}

impl WantedShape {
    pub(super) fn of(wanted: &Enrol) -> Result<Self, Failure> {
        let algorithm = wanted.algorithm.as_deref().map(|name| match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => Algorithm::Sha1,
        });
        let wanted = Self { algorithm, digits: wanted.digits, period: wanted.period };
        // Impossible values are reported before anything is asked.
        wanted.filled().map_err(Failure::usage)?;
        Ok(wanted)
    }

    fn filled(self) -> Result<TotpShape, BadShape> {
        TotpShape::new(
            self.algorithm.unwrap_or_default(),
            self.digits.unwrap_or(6),
            self.period.unwrap_or(30),
        )
    }

    /// The shape of codes for a seed that is generated here.
    pub(super) fn of_new_seed(self) -> Result<TotpShape, Failure> {
        self.filled().map_err(Failure::usage)
    }

    /// An app with an existing seed. If it is a URI, the URI must agree with the options.
    pub(super) fn app(self, text: &str) -> Result<NewTotp, Failure> {
        let WrittenSeed { seed, shape } = WrittenSeed::read(text)?;
        let Some(shape) = shape else { return Ok(NewTotp::new(self.of_new_seed()?, seed)) };
        let is_same = self.algorithm.is_none_or(|wanted| wanted == shape.algorithm)
            && self.digits.is_none_or(|wanted| wanted == shape.digits())
            && self.period.is_none_or(|wanted| wanted == shape.period.seconds());
        if is_same {
            Ok(NewTotp::new(shape, seed))
        } else {
            Err(Failure::data("the otpauth URI says another algorithm, digits or period than was asked for"))
        }
    }
}
