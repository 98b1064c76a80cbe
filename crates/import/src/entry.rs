//! What a file of another system holds.

use postern_core::factor::{NewTotp, Seed, TotpError, TotpShape};
use zeroize::Zeroizing;

/// One thing that another system has of an account.
#[derive(Debug)]
pub struct Entry {
    /// The file, and where in it.
    pub place: String,
    /// Whose it is, as the file says; empty if it does not.
    pub user: String,
    /// The issuer or realm; empty if the format has none.
    pub issuer: String,
    /// How its owner knows it, such as a serial number; empty if the format has no such thing.
    pub name: String,
    /// What it is.
    pub content: Content,
}

/// What an entry is.
#[derive(Debug)]
pub enum Content {
    /// A seed that can be bound.
    Seed(Box<NewTotp>),
    /// A seed that cannot, and why.
    UnusableSeed(String),
    /// Something of a person who has no account here, whoever has one of that name.
    NotOurs {
        /// What it is, as a word of the report.
        kind: &'static str,
        /// Why it belongs to no account here.
        why: &'static str,
    },
    /// Something else that cannot be carried over.
    Other {
        /// What it is, as a word of the report.
        kind: &'static str,
        /// Why it cannot be carried over, and what to do.
        why: String,
    },
}

impl Content {
    /// The content for a seed of these bytes, in the format of codes that the file states.
    pub(crate) fn of_bytes(seed: &[u8], shape: Result<TotpShape, String>) -> Self {
        Self::of_seed(Seed::new(seed).map_err(|error| seed_error(seed.len(), error)), shape)
    }

    /// The content for a seed in base32.
    pub(crate) fn of_base32(text: &str, shape: Result<TotpShape, String>) -> Self {
        Self::of_seed(Seed::from_base32(text).map_err(|error| error.to_string()), shape)
    }

    pub(crate) fn of_seed(seed: Result<Seed, String>, shape: Result<TotpShape, String>) -> Self {
        match (seed, shape) {
            (Ok(seed), Ok(shape)) => Self::Seed(Box::new(NewTotp::new(shape, seed))),
            (Err(why), _) | (Ok(_), Err(why)) => Self::UnusableSeed(why),
        }
    }

    /// Counted codes (RFC 4226), which Postern does not check.
    pub(crate) fn counted() -> Self {
        Self::Other {
            kind: "hotp",
            why: "its codes are counted (HOTP, RFC 4226), and Postern takes time-based ones alone; enrol a new app".to_owned(),
        }
    }

    /// What it is, as a word of the report.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Seed(_) | Self::UnusableSeed(_) => "totp",
            Self::NotOurs { kind, .. } | Self::Other { kind, .. } => kind,
        }
    }
}

fn seed_error(bytes: usize, error: TotpError) -> String {
    format!("{error}, and this one {bytes}; enrol a new app")
}

/// Reads hexadecimal digits in pairs; `None` for anything else.
pub(crate) fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Zeroizing<Vec<u32>> =
        Zeroizing::new(text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?);
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |pair: &[u32]| {
        let [high, low] = pair else { return None };
        u8::try_from(16 * high + low).ok()
    };
    Some(Zeroizing::new(digits.chunks(2).map(byte).collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(hex("00ffA5").unwrap().as_slice(), [0, 255, 165]);
        for text in ["", "0", "0g", "0x00", "00 ff"] {
            assert!(hex(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_seed_that_is_too_short_is_refused_with_its_length() {
        let short = Content::of_bytes(&[1; 10], Ok(TotpShape::default()));
        let Content::UnusableSeed(why) = short else { panic!("it is too short") };
        assert_eq!(why, "a seed has 16 to 64 bytes, and this one 10; enrol a new app");
    }
}
