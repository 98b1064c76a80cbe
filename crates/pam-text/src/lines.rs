use zeroize::Zeroizing;

/// Splits a text into lines that a host can show one by one. They have no control characters and at most [`MAX_LINE`] bytes
/// each. There is at least one line, which may be empty.
#[must_use]
pub fn lines(text: &str) -> Vec<Zeroizing<String>> {
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

// Allocated at once: a string that grows would leave copies of a secret in freed memory.
fn piece() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(MAX_LINE))
}

// Drops what could move the cursor or make a terminal reorder words.
fn shown(c: char) -> Option<char> {
    match c {
        '\t' => Some(' '),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// `PAM_MAX_MSG_SIZE` of `<security/_pam_types.h>` without the final NUL, in bytes.
pub const MAX_LINE: usize = 511;

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
    fn control_characters_of_a_terminal_are_removed() {
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
}
