use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::typed::cleaned;

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

    /// The last digits, by which the owner recognises the number: `…4567`.
    #[must_use]
    pub fn masked(&self) -> String {
        let skipped = self.0.len().saturating_sub(SHOWN);
        let end: String = self.0.chars().skip(skipped).collect();
        format!("…{end}")
    }

    /// The digits, without a trunk zero after the country code: how a gateway may dial a number that was bound before trunk zeros
    /// were refused.
    #[must_use]
    pub fn dialled(&self) -> String {
        let digits = self.0.trim_start_matches('+');
        let (country, rest) = by_country(digits);
        let rest = if KEEP_ZERO.contains(&country) { rest } else { rest.trim_start_matches('0') };
        format!("{country}{rest}")
    }

    /// Reads a number as people of `country` type it: without a country code it is one of that country, and its trunk zero is
    /// dropped. Digits that begin with the country's own code are refused without a `+`, as they could be read either way.
    ///
    /// # Errors
    /// As for [`PhoneNumber::from_str`].
    pub fn typed(text: &str, country: Option<&CountryCode>) -> Result<Self, BadNumber> {
        let clean = cleaned(text);
        let national = without_punctuation(&clean);
        let Some(CountryCode(code)) =
            country.filter(|_| !national.starts_with('+') && !national.starts_with("00"))
        else {
            return text.parse();
        };
        let keeps_zero = KEEP_ZERO.contains(&code.as_str());
        let digits = if keeps_zero { &*national } else { national.strip_prefix('0').unwrap_or(&national) };
        if digits.starts_with(code.as_str()) {
            return Err(BadNumber);
        }
        format!("+{code}{digits}").parse()
    }

    fn of_digits(plain: String) -> Result<Self, BadNumber> {
        let digits = plain.strip_prefix('+').ok_or(BadNumber)?;
        let is_number = (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if is_number { Ok(Self(plain)) } else { Err(BadNumber) }
    }
}

impl FromStr for PhoneNumber {
    type Err = BadNumber;

    /// Reads a typed number. It is [`cleaned`], and dots, parentheses and a `(0)` after the country code are dropped. `00` in front
    /// stands for the plus (ITU-T E.123, section 3.2). A bare 0
    /// there is an error in countries where it is a trunk prefix for domestic calls: the number is then not in international
    /// form, and gateways that drop the 0 would send to another number than the one that [`SmsRules`] checked.
    ///
    /// [`SmsRules`]: crate::sms_rules::SmsRules
    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let clean = cleaned(text);
        let clean = clean.strip_prefix("00").map_or_else(|| clean.to_string(), |rest| format!("+{rest}"));
        let mut plain = without_punctuation(&clean);
        if let Some((before, after)) = clean.split_once("(0)") {
            let before = without_punctuation(before);
            let (country, rest) = by_country(before.trim_start_matches('+'));
            if !country.is_empty() && rest.is_empty() && !KEEP_ZERO.contains(&country) {
                plain = before + &without_punctuation(after);
            }
        }
        let number = Self::of_digits(plain)?;
        if number.dialled() == number.0.trim_start_matches('+') { Ok(number) } else { Err(BadNumber) }
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = BadNumber;

    /// Reads a stored number. A trunk zero is accepted, so that an account that has one can still be read.
    fn try_from(text: String) -> Result<Self, BadNumber> {
        Self::of_digits(text)
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

/// A country code (ITU-T E.164, list of assigned country codes), without a plus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCode(String);

impl FromStr for CountryCode {
    type Err = BadCountryCode;

    fn from_str(text: &str) -> Result<Self, BadCountryCode> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_number =
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        let (code, rest) = by_country(digits);
        if is_number && code == digits && rest.is_empty() {
            Ok(Self(code.to_owned()))
        } else {
            Err(BadCountryCode)
        }
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

/// The text is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a country code, such as \"+86\"")]
pub struct BadCountryCode;

/// The text is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number with its country code, such as +44 20 7946 0123")]
pub struct BadNumber;

fn without_punctuation(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '.' | '(' | ')')).collect()
}

/// Splits off the country code (ITU-T E.164, list of assigned country codes).
fn by_country(digits: &str) -> (&str, &str) {
    let length = match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7' | b'8', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    };
    digits.split_at_checked(length).unwrap_or(("", digits))
}

const SHOWN: usize = 4;
/// Country codes after which a 0 may be part of the number: Italy, San Marino and the Vatican, African countries with closed
/// numbering plans, Tajikistan, and satellite and relief networks, which belong to no country.
const KEEP_ZERO: &[&str] = &["39", "225", "226", "229", "241", "242", "378", "379", "881", "888", "992"];

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

    #[test]
    fn zero_zero_stands_for_the_plus() {
        for typed in
            ["00442079460123", "0044 20 7946 0123", "0044 (0)20 7946 0123", "００４４ ２０７９４６０１２３"]
        {
            assert_eq!(typed.parse::<PhoneNumber>().unwrap().as_str(), "+442079460123", "{typed}");
        }
        for bad in ["0000442079460123", "+00442079460123", "00079460123", "0044020 7946 0123"] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_without_a_country_code_is_of_the_default_country() {
        let read = |text: &str, country: &str| {
            PhoneNumber::typed(text, Some(&country.parse().unwrap())).map(|number| number.as_str().to_owned())
        };
        for (typed, country, number) in [
            ("138 0013 8000", "+86", "+8613800138000"),
            ("020 7946 0123", "44", "+442079460123"),
            ("2079460123", "+44", "+442079460123"),
            ("06 6982 1234", "+39", "+390669821234"),
            ("(212) 555-0100", "+1", "+12125550100"),
            ("+44 20 7946 0123", "+86", "+442079460123"),
            ("0044 20 7946 0123", "+86", "+442079460123"),
        ] {
            assert_eq!(read(typed, country).as_deref(), Ok(number), "{typed}");
        }
        for (typed, country) in
            [("8613800138000", "+86"), ("", "+86"), ("12", "+86"), ("1 212 555 0100", "+1")]
        {
            assert!(read(typed, country).is_err(), "{typed} could be read in two ways, or is no number");
        }
        assert!(PhoneNumber::typed("13800138000", None).is_err());
        for bad in ["", "+", "0", "+044", "8", "4420", "+86 ", "CN", "++86"] {
            assert!(bad.parse::<CountryCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_trunk_zero_is_dropped_where_it_is_marked_and_refused_where_it_is_not() {
        for (typed, read) in [
            ("+44 (0)20 7946 0123", "+442079460123"),
            ("+44(0)20 7946 0123", "+442079460123"),
            ("(+44) (0) 20 7946 0123", "+442079460123"),
            ("＋４４（０）２０ ７９４６ ０１２３", "+442079460123"),
            ("+353 (0)1 234 5678", "+35312345678"),
            ("+49 (0) 171-2345678", "+491712345678"),
            // Here the 0 is part of the number.
            ("+39 06 6982 1234", "+390669821234"),
            ("+39 (0)6 6982 1234", "+390669821234"),
            ("+378 0549 882345", "+3780549882345"),
            ("+225 07 12 34 56 78", "+2250712345678"),
            ("+229 01 95 12 34 56", "+2290195123456"),
            ("+242 06 612 3456", "+242066123456"),
            ("+992 00 123 4567", "+992001234567"),
            // Not after the country code.
            ("+44 20 (0)946 0123", "+442009460123"),
            ("+1 (800) 555 0100", "+18005550100"),
        ] {
            assert_eq!(typed.parse::<PhoneNumber>().unwrap().as_str(), read, "{typed}");
        }
        for bad in [
            "+4409098790000",
            "+44 (0)0909 879 000",
            "+44 (020) 7946 0123",
            "+490900123456",
            "+330899123456",
            "+43 0930 123456",
            "+1 0 212 555 0100",
            "+86 0138 0000 0000",
            "+353 01 234 5678",
            "+36 06 20 123 4567",
        ] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_that_was_bound_with_a_trunk_zero_can_still_be_read() {
        let read = |text: &str| serde_json::from_str::<PhoneNumber>(text);
        let number = read("\"+4402079460123\"").unwrap();
        assert_eq!((number.as_str(), number.dialled().as_str()), ("+4402079460123", "442079460123"));
        assert_eq!(read("\"+390669821234\"").unwrap().dialled(), "390669821234");
        assert!(read("\"+044207946012\"").is_err() && read("\"+44 207946012\"").is_err());
    }
}
