//! The typed user name, before it is looked up.

use std::fmt;

/// A user name of 1 to [`MAX_NAME`] bytes of UTF-8 without control characters. It is a claim, not an identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoginName(String);

impl LoginName {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`BadName`] says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, BadName> {
        if text.is_empty() {
            Err(BadName::Empty)
        } else if text.len() > MAX_NAME {
            Err(BadName::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(BadName::ControlCharacter)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The name, as typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// An empty text.
    #[error("is empty")]
    Empty,
    /// Over [`MAX_NAME`] bytes.
    #[error("is longer than {MAX_NAME} bytes")]
    TooLong,
    /// A control character, such as NUL or a newline.
    #[error("holds a control character")]
    ControlCharacter,
}

/// The longest name, in bytes.
pub const MAX_NAME: usize = 255;
