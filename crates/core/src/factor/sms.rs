use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::typed::cleaned;

/// A telephone that codes are sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Its number.
    pub number: PhoneNumber,
}

/// A telephone number with its country code (ITU-T E.164, section 6): `+` and 8 to 15 digits.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// `+` and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last digits, by which its owner knows which one is meant: `…4567`.
    #[must_use]
    pub fn masked(&self) -> String {
        let skipped = self.0.len().saturating_sub(SHOWN);
        let end: String = self.0.chars().skip(skipped).collect();
        format!("…{end}")
    }
}

impl FromStr for PhoneNumber {
    type Err = BadNumber;

    /// Once it is [`cleaned`], dots and parentheses are left out as well.
    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let plain: String = cleaned(text).chars().filter(|c| !matches!(c, '.' | '(' | ')')).collect();
        let digits = plain.strip_prefix('+').ok_or(BadNumber)?;
        let is_number = (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if is_number { Ok(Self(plain)) } else { Err(BadNumber) }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = BadNumber;

    fn try_from(text: String) -> Result<Self, BadNumber> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

/// Not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number with its country code, such as +44 20 7946 0123")]
pub struct BadNumber;

const SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_country_code_and_one_form() {
        for (typed, read) in [
            ("+442079460123", "+442079460123"),
            ("+44 (20) 7946-0123", "+442079460123"),
            ("+86.138.0000.0000", "+8613800000000"),
            ("\u{202a}+44 20 7946 0123\u{202c}", "+442079460123"),
            ("＋４４　２０　７９４６－０１２３", "+442079460123"),
            ("\u{2066}+44\u{a0}(20)\u{2011}7946\u{2013}0123\u{2069}\r\n", "+442079460123"),
        ] {
            assert_eq!(typed.parse::<PhoneNumber>().unwrap().as_str(), read);
        }
        for bad in [
            "",
            "+",
            "2079460123",
            "+0442079460123",
            "+44207",
            "+4420794601234567",
            "+44 20x",
            "++4420794601",
            "+44 20 7946 0123 x1",
            "+44\u{661}20794601",
        ] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad:?}");
        }
        assert_eq!("+442079460123".parse::<PhoneNumber>().unwrap().masked(), "…0123");
    }
}
