//! What a stranger may type, on its way to posternd: any bytes, of any length. posternd refuses what is no name and no password, and
//! logs that it did; so a front door sends everything, in a form that fits into a line and stays refused.

use serde::Serializer;

use crate::Secret;

/// The text that a client sent as a name or an address. Where it is not UTF-8 there is a NUL, which posternd refuses in a name.
#[must_use]
pub fn typed_text(bytes: &[u8]) -> String {
    // Allocated at once, since it may be a secret: a string that grows leaves pieces of it in freed memory.
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('\0');
        }
    }
    text
}

impl Secret {
    /// The secret that a client sent. Where it is not UTF-8 there is a NUL, which posternd refuses in a secret. Of one that is too long
    /// for posternd, it is a part that is still too long.
    #[must_use]
    pub fn typed(bytes: &[u8]) -> Self {
        // A character has at most 4 bytes.
        Self::new(typed_text(bytes.get(..LONGEST_SECRET + 4).unwrap_or(bytes)))
    }
}

/// For names and the like in `Begin`: a text that is too long is sent in part, and is still too long.
pub(crate) fn serialize_text<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(beginning(text, LONGEST_TEXT))
}

/// The same where there may be none.
#[allow(clippy::ref_option, reason = "serde calls it so")]
pub(crate) fn serialize_some_text<S: Serializer>(text: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => to.serialize_some(beginning(text, LONGEST_TEXT)),
        None => to.serialize_none(),
    }
}

/// The same for secrets.
#[allow(clippy::ref_option, reason = "serde calls it so")]
pub(crate) fn serialize_secret<S: Serializer>(secret: &Option<Secret>, to: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => to.serialize_some(beginning(secret.expose(), LONGEST_SECRET)),
        None => to.serialize_none(),
    }
}

/// All of `text`, or the shortest beginning of it that is longer than `longest` bytes.
fn beginning(text: &str, longest: usize) -> &str {
    let mut ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = if text.len() <= longest { None } else { ends.find(|end| *end > longest) };
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The longest name that posternd takes, in bytes, and the most that it looks at of an address, a session or a service.
const LONGEST_TEXT: usize = 255;
/// The longest secret that posternd takes, in bytes.
const LONGEST_SECRET: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Begin, ClientMessage, Flow, MAX_FRAME, decode_begin, encode};

    /// A login as a mail program can fill it: the longest on the wire are control characters.
    fn login(of: &str) -> Begin {
        let text = || Some(of.to_owned());
        Begin {
            secret: Some(Secret::new(of.to_owned())),
            rhost: text(),
            local: text(),
            peer_address: text(),
            secured: Some(true),
            session: text(),
            persistent: true,
            ..Begin::new(Flow::Login, of, of)
        }
    }

    #[test]
    fn a_login_of_any_length_fits_into_a_line_and_what_was_too_long_still_is() {
        for of in ["\u{2}".repeat(100_000), "€".repeat(50_000), "a".repeat(513)] {
            let line = encode(&ClientMessage::Begin(Box::new(login(&of)))).unwrap();
            assert!(line.len() <= MAX_FRAME, "{}", line.len());
            let read = decode_begin(&line).unwrap();
            let secret = read.secret.unwrap();
            assert!(read.user.len() > LONGEST_TEXT && secret.expose().len() > LONGEST_SECRET);
            assert!(of.starts_with(&read.user) && of.starts_with(secret.expose()));
        }
    }

    #[test]
    fn what_is_short_enough_is_sent_as_it_is() {
        for length in [0, 1, 254, 255] {
            let of = "x".repeat(length);
            let read = decode_begin(&encode(&ClientMessage::Begin(Box::new(login(&of)))).unwrap()).unwrap();
            assert_eq!((read.user, read.session), (of.clone(), Some(of)));
        }
        let longest = "€".repeat(170) + "ab";
        assert_eq!((longest.len(), beginning(&longest, LONGEST_SECRET)), (512, longest.as_str()));
    }

    #[test]
    fn bytes_that_are_not_utf_8_become_what_no_name_and_no_secret_holds() {
        assert_eq!(typed_text(b"al\xffice"), "al\0ice");
        assert_eq!(typed_text(b"\xe2\x82"), "\0");
        assert_eq!(typed_text("müller".as_bytes()), "müller");
        assert_eq!(Secret::typed(b"s\xfe").expose(), "s\0");
        assert!(Secret::typed("€".repeat(1000).as_bytes()).expose().len() > LONGEST_SECRET);
    }
}
