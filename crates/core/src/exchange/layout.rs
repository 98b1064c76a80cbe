//! Lines for a terminal of a certain width.

use unicode_width::UnicodeWidthChar;

/// The line in rows of at most `columns` columns, all but the first one with `indent` before it. A row ends between two words, or
/// beside a wide character, as Chinese has no spaces. A word that is longer than a row stays whole.
pub(super) fn wrapped(line: &str, columns: usize, indent: &str) -> String {
    let mut rows = String::with_capacity(line.len() + line.len() / 8);
    let mut width = 0;
    let mut is_first = true;
    for piece in pieces(line) {
        let (word, spaces) = (piece.trim_end_matches(' '), piece.len() - piece.trim_end_matches(' ').len());
        let word_width: usize = word.chars().map(columns_of).sum();
        let is_begun = width > if is_first { 0 } else { indent.len() };
        if is_begun && width + word_width > columns {
            rows.truncate(rows.trim_end_matches(' ').len());
            rows.push('\n');
            rows.push_str(indent);
            (width, is_first) = (indent.len(), false);
        }
        rows.push_str(piece);
        width += word_width + spaces;
    }
    rows.truncate(rows.trim_end_matches(' ').len());
    rows
}

/// The line, cut wherever a row may end.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices().peekable();
        while let Some((_, c)) = chars.next() {
            let Some(&(end, next)) = chars.peek() else { break };
            let is_end = (c == ' ' && next != ' ')
                || (columns_of(c) == 2 && !OPENS.contains(c) && next != ' ' && !CLOSES.contains(next))
                || (columns_of(next) == 2 && c != ' ' && !OPENS.contains(c) && !CLOSES.contains(next));
            if is_end {
                let (piece, behind) = rest.split_at_checked(end)?;
                rest = behind;
                return Some(piece);
            }
        }
        let piece = std::mem::take(&mut rest);
        (!piece.is_empty()).then_some(piece)
    })
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// What no row ends with, and what none begins with.
const OPENS: &str = "“（《「";
const CLOSES: &str = "”）》」，。、：；！？…";

#[cfg(test)]
mod tests {
    use super::*;

    const INDENT: &str = "      ";

    #[test]
    fn a_line_ends_between_words_and_goes_on_indented() {
        assert_eq!(
            wrapped("GdGn…  Thunderbird, last used: never", 40, INDENT),
            "GdGn…  Thunderbird, last used: never"
        );
        let line = "GdGn…  Thunderbird (all mail services), last used: never";
        assert_eq!(
            wrapped(line, 30, INDENT),
            "GdGn…  Thunderbird (all mail\n      services), last used:\n      never"
        );
        assert_eq!(
            wrapped("a  word-that-is-longer-than-a-row x", 12, INDENT),
            "a\n      word-that-is-longer-than-a-row\n      x"
        );
        assert_eq!(wrapped("", 10, INDENT), "");
        assert_eq!(wrapped("one two three ", 7, ""), "one two\nthree");
    }

    #[test]
    fn chinese_ends_between_any_two_characters_but_before_no_comma() {
        let line = "GdGn…  手机（所有邮件服务），最近使用：从未";
        let rows = wrapped(line, 26, INDENT);
        assert_eq!(rows, "GdGn…  手机（所有邮件服\n      务），最近使用：从未");
        for columns in 12..50 {
            let rows = wrapped(line, columns, INDENT);
            assert!(rows.lines().all(|row| row.chars().map(columns_of).sum::<usize>() <= columns), "{rows}");
            assert!(rows.lines().all(|row| !row.trim_start().starts_with(['，', '）'])), "{rows}");
            assert_eq!(rows.replace("\n      ", ""), line, "{columns}");
        }
    }
}
