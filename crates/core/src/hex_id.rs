//! 128-bit ids in text form: 32 hexadecimal digits in lower case.

use std::fmt::{self, Display, Formatter};

/// Writes the text form.
pub(crate) fn write(bytes: [u8; 16], to: &mut Formatter<'_>) -> fmt::Result {
    write!(to, "{:032x}", u128::from_be_bytes(bytes))
}

/// Reads the text form; `None` for any other notation, even of the same number.
pub(crate) fn parse(text: &str) -> Option<[u8; 16]> {
    let is_plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    is_plain.then_some(u128::from_str_radix(text, 16).ok()?.to_be_bytes())
}

/// Whether `text` designates `id`: the whole id, or at least 4 characters of its beginning.
pub(crate) fn is_meant_by(id: &impl Display, text: &str) -> bool {
    text.len() >= 4 && id.to_string().starts_with(&text.to_ascii_lowercase())
}
