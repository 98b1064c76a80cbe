//! The main password with a code behind it, in one field: for programs that can ask for nothing more.

use crate::factor::CodeText;
use crate::secret::Password;
use crate::typed::cleaned;

/// The main password as it is, and the code of so many digits behind it, which is read like any other. What stands before the
/// first digit of the code belongs to the main password, white space too.
#[must_use]
pub fn split(secret: &str, digits: u8) -> Option<(Password, CodeText)> {
    let mut missing = usize::from(digits);
    for (start, c) in secret.char_indices().rev() {
        let clean = cleaned(c.encode_utf8(&mut [0; 4]));
        if !clean.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        missing = missing.checked_sub(clean.len())?;
        if missing == 0 {
            let (main, code) = secret.split_at_checked(start)?;
            return Some((Password::new(main.to_owned()).ok()?, CodeText::parse(code)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_digits_at_the_end_and_something_has_to_be_before_it() {
        let main = |text: &str, digits| split(text, digits).map(|(main, _)| main.expose().to_owned());
        assert_eq!(main("secret123456", 6).as_deref(), Some("secret"));
        assert_eq!(main("secret12345678", 8).as_deref(), Some("secret"));
        assert_eq!(main("sécret9 123456", 6).as_deref(), Some("sécret9 "));
        for text in
            ["secret12-3456", "secret１２３４５６", "secret123\u{a0}456\r\n", "secret\u{feff}123\u{200b}456"]
        {
            let expected = if text.contains('\u{feff}') { "secret\u{feff}" } else { "secret" };
            assert_eq!(main(text, 6).as_deref(), Some(expected), "{text:?}");
        }
        for text in ["123456", "", "secret", "secret 12345", "secret12x3456", "secré12345", "sec\nret123456"]
        {
            assert_eq!(main(text, 6), None, "{text}");
        }
    }
}
