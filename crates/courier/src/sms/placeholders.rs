//! The placeholders for a phone number in the templates of a gateway or a command.

use postern_core::factor::PhoneNumber;

/// The value of a placeholder; `None` if it does not stand for the number.
pub(super) fn number<'a>(to: &'a PhoneNumber, placeholder: &str) -> Option<&'a str> {
    match placeholder {
        "to" => Some(to.as_str()),
        "to_digits" => Some(to.as_str().trim_start_matches('+')),
        _ => None,
    }
}
