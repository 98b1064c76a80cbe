//! A code as it is typed.

use std::fmt;

use zeroize::Zeroizing;

use crate::typed::cleaned;

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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn debug_shows_no_code() {
        assert_eq!(format!("{:?}", CodeText::parse("123456").unwrap()), "CodeText");
    }
}
