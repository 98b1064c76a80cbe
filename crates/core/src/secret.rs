//! Types for secrets: they are wiped when dropped, and cannot be shown, compared or copied by accident.

use std::fmt;

use zeroize::Zeroizing;

/// A typed password: 1 to [`MAX_SECRET`] bytes of UTF-8 without control characters.
///
/// The constructor refuses an empty password, because a simple bind with an empty password succeeds as an unauthenticated bind
/// (RFC 4513, section 5.1.2).
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes ownership of `text`, and wipes it whether or not it is accepted.
    ///
    /// # Errors
    /// [`BadSecret`] says what is wrong, and never quotes the text.
    pub fn new(text: String) -> Result<Self, BadSecret> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            Err(BadSecret::Empty)
        } else if text.len() > MAX_SECRET {
            Err(BadSecret::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(BadSecret::ControlCharacter)
        } else {
            Ok(Self(text))
        }
    }

    /// The text. The caller must not copy it into memory that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// The input at a password prompt, unchanged: 1 to [`MAX_SECRET`] bytes of UTF-8 without NUL.
///
/// Programs add line ends and similar characters to pasted text. With control characters the input is not a main password, which
/// is never normalised, but it can still be an app password, or end in a code.
pub struct Offered(OfferedAs);

enum OfferedAs {
    Password(Password),
    WithControlCharacters(Zeroizing<String>),
}

impl Offered {
    /// Takes ownership of `text`, and wipes it whether or not it is accepted.
    ///
    /// # Errors
    /// [`BadSecret`] says what is wrong, and never quotes the text.
    pub fn new(text: String) -> Result<Self, BadSecret> {
        let is_pasted =
            text.len() <= MAX_SECRET && text.chars().any(char::is_control) && !text.contains('\0');
        if is_pasted {
            Ok(Self(OfferedAs::WithControlCharacters(Zeroizing::new(text))))
        } else {
            Password::new(text).map(Self::from)
        }
    }

    /// The input as a main password; `None` if it cannot be one.
    #[must_use]
    pub fn password(&self) -> Option<&Password> {
        match &self.0 {
            OfferedAs::Password(password) => Some(password),
            OfferedAs::WithControlCharacters(_) => None,
        }
    }

    /// The text. The caller must not copy it into memory that is not wiped.
    #[must_use]
    pub fn expose(&self) -> &str {
        match &self.0 {
            OfferedAs::Password(password) => password.expose(),
            OfferedAs::WithControlCharacters(text) => text,
        }
    }
}

impl From<Password> for Offered {
    fn from(password: Password) -> Self {
        Self(OfferedAs::Password(password))
    }
}

impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offered")
    }
}

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// An empty text.
    #[error("is empty")]
    Empty,
    /// Over [`MAX_SECRET`] bytes.
    #[error("is longer than {MAX_SECRET} bytes")]
    TooLong,
    /// A control character, such as NUL or a newline.
    #[error("holds a control character")]
    ControlCharacter,
}

/// The longest password, in bytes.
pub const MAX_SECRET: usize = 512;

/// The text in groups of four, for reading and typing. The buffer is wiped, and never reallocated.
pub(crate) fn grouped(secret: &str, between: char) -> Zeroizing<String> {
    let mut shown = Zeroizing::new(String::with_capacity(secret.len() + secret.len() / GROUP));
    for (index, c) in secret.chars().enumerate() {
        if index > 0 && index % GROUP == 0 {
            shown.push(between);
        }
        shown.push(c);
    }
    shown
}

const GROUP: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constructor_refuses_empty_oversized_and_control_characters() {
        let refused = |text: &str| Password::new(text.to_owned()).err();
        assert_eq!(refused(""), Some(BadSecret::Empty));
        assert_eq!(refused("a\0b"), Some(BadSecret::ControlCharacter));
        assert_eq!(refused("a\nb"), Some(BadSecret::ControlCharacter));
        assert_eq!(refused("\u{85}"), Some(BadSecret::ControlCharacter));
        assert_eq!(refused(&"x".repeat(513)), Some(BadSecret::TooLong));
        assert_eq!(refused(&"x".repeat(512)), None);
        assert_eq!(refused("pässwörd with spaces"), None);
    }

    #[test]
    fn input_with_control_characters_is_accepted_but_is_not_a_main_password() {
        let offered = |text: &str| Offered::new(text.to_owned());
        assert_eq!(offered("a b").unwrap().password().unwrap().expose(), "a b");
        for text in ["\tsecret", "secret\r\n", "sec\u{85}ret"] {
            let offered = offered(text).unwrap();
            assert!(offered.password().is_none(), "{text:?}");
            assert_eq!(offered.expose(), text);
        }
        assert_eq!(offered("").err(), Some(BadSecret::Empty));
        assert_eq!(offered("a\0\n").err(), Some(BadSecret::ControlCharacter));
        assert_eq!(offered(&"\n".repeat(513)).err(), Some(BadSecret::TooLong));
        assert_eq!(format!("{:?}", offered("hunter2\n").unwrap()), "Offered");
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(format!("{:?}", Password::new("hunter2".to_owned()).unwrap()), "Password");
    }
}
