//! What may go to a person's terminal, and to a line of a log.

use zeroize::Zeroizing;

/// Cuts a text into lines that a host may show one by one: without control characters, each of at most [`MAX_LINE`] bytes.
/// There is at least one, which may be empty.
pub(crate) fn lines(text: &str) -> Vec<Zeroizing<String>> {
    text.split('\n').flat_map(cut).collect()
}

fn cut(line: &str) -> Vec<Zeroizing<String>> {
    let mut pieces = vec![piece()];
    for c in line.chars().filter_map(shown) {
        let is_full = pieces.last().is_some_and(|last| last.len() + c.len_utf8() > MAX_LINE);
        if is_full {
            pieces.push(piece());
        }
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

// With all its room at once: one that grows would leave copies of what it held.
fn piece() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(MAX_LINE))
}

// What could move the cursor, or make a terminal show words in another order than they have.
fn shown(c: char) -> Option<char> {
    match c {
        '\t' => Some(' '),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// A value in a line of the log, in the grammar of posternd's audit lines: letters, digits and `._:@/+-` stand as they are;
/// anything else is quoted, and in it everything but printable ASCII, and `"` and `\`, is written `\xHH`.
pub(crate) fn logged(value: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:@/+-".contains(byte);
    if value.iter().all(is_plain) {
        return value.iter().copied().map(char::from).collect();
    }
    let mut quoted = String::from("\"");
    for &byte in value {
        match byte {
            b'"' | b'\\' => quoted.push_str(&format!("\\x{byte:02x}")),
            b' '..=b'~' => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

/// PAM_MAX_MSG_SIZE of <security/_pam_types.h>, without the NUL at the end.
const MAX_LINE: usize = 511;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_lines(text: &str) -> Vec<String> {
        lines(text).iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn a_text_becomes_its_lines() {
        assert_eq!(shown_lines("Code: "), ["Code: "]);
        assert_eq!(shown_lines(""), [""]);
        assert_eq!(shown_lines("1) app\n\n2) 手机"), ["1) app", "", "2) 手机"]);
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(
            shown_lines("a\u{1b}[2Jb\r\u{7}\u{8}c\0\u{9b}d\u{7f}\u{202e}e\u{2028}f\tg"),
            ["a[2Jbcdef g"]
        );
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_loses_nothing() {
        let long = "é▀語😀x".repeat(300);
        let pieces = shown_lines(&long);
        assert!(pieces.iter().all(|piece| piece.len() <= MAX_LINE) && pieces.len() > 1);
        assert_eq!(pieces.concat(), long);
        assert_eq!(shown_lines(&"x".repeat(MAX_LINE)).len(), 1);
        assert_eq!(shown_lines(&"x".repeat(MAX_LINE + 1)).len(), 2);
    }

    #[test]
    fn a_logged_value_is_one_word_or_quoted() {
        assert_eq!(logged(b"alice@example.org"), "alice@example.org");
        assert_eq!(logged(b""), "");
        assert_eq!(logged(b"x rhost=192.0.2.9"), "\"x rhost=192.0.2.9\"");
        assert_eq!(logged(b"a\"b\\c\nd\xff"), "\"a\\x22b\\x5cc\\x0ad\\xff\"");
    }
}
