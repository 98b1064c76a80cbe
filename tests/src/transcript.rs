//! Transcripts of what people see, kept in docs/transcripts, so that a change of words is seen in review.
//!
//! What differs from run to run (names, codes, ids, times) is replaced before a transcript is compared. `make transcripts`
//! writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use postern_core::words::Language;
use unicode_width::UnicodeWidthChar;

/// A transcript in the making.
#[derive(Debug)]
pub struct Transcript {
    file: PathBuf,
    text: String,
    replacements: Vec<(String, String)>,
}

impl Transcript {
    /// The transcript `docs/transcripts/LANGUAGE/NAME.txt`, which begins with `title`.
    #[must_use]
    pub fn new(language: Language, name: &str, title: &str) -> Self {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/transcripts");
        let file = docs.join(language.as_str()).join(format!("{name}.txt"));
        Self { file, text: format!("{title}\n"), replacements: Vec::new() }
    }

    /// From now on `value` stands in the transcript as `stand_in`.
    pub fn replace(&mut self, value: &str, stand_in: &str) {
        self.replacements.push((value.to_owned(), stand_in.to_owned()));
    }

    /// A heading within the transcript.
    pub fn heading(&mut self, text: &str) {
        self.text += &format!("\n=== {text}\n\n");
    }

    /// Text as it is, such as a mail.
    pub fn text(&mut self, text: &str) {
        let text = self.settled(text);
        self.text += text.trim_end();
        self.text.push('\n');
    }

    /// What a terminal of 80 columns showed.
    pub fn screen(&mut self, text: &str) {
        let text = self.settled(text);
        for line in wrapped(text.trim_end()) {
            self.text += line.trim_end();
            self.text.push('\n');
        }
    }

    /// Compares the transcript with the one that is kept, or writes that one if `POSTERN_WRITE_TRANSCRIPTS` is set.
    ///
    /// # Panics
    /// If they differ.
    pub fn finish(self) {
        if std::env::var_os("POSTERN_WRITE_TRANSCRIPTS").is_some() {
            let dir = self.file.parent().expect("a directory");
            fs::create_dir_all(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
            fs::write(&self.file, &self.text)
                .unwrap_or_else(|error| panic!("{}: {error}", self.file.display()));
            return;
        }
        let kept = fs::read_to_string(&self.file).unwrap_or_default();
        assert!(
            kept == self.text,
            "{} is not what people see; if the change is wanted, run `make transcripts` and commit it:\n{}",
            self.file.display(),
            difference(&kept, &self.text)
        );
    }

    fn settled(&self, text: &str) -> String {
        let mut text = with_all_the_time(&text.replace('\r', ""));
        for (value, stand_in) in &self.replacements {
            text = text.replace(value, stand_in);
        }
        without_qr_codes(&without_digits(&text))
    }
}

/// The text as on a machine with nothing else to do, where all the time for an enrolment is left.
#[must_use]
pub fn with_all_the_time(text: &str) -> String {
    (1..9).fold(text.to_owned(), |text, tens| {
        let (seconds, in_chinese) = (format!("You have {tens}0 seconds"), format!("请在 {tens}0 秒"));
        text.replace(&seconds, "You have 90 seconds").replace(&in_chinese, "请在 90 秒")
    })
}

/// How many rows of 80 columns a text takes.
#[must_use]
pub fn rows(text: &str) -> usize {
    wrapped(text).len()
}

fn wrapped(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let (mut row, mut width) = (String::new(), 0);
        for c in line.chars() {
            let wide = c.width().unwrap_or(0);
            if width + wide > COLUMNS {
                rows.push(std::mem::take(&mut row));
                width = 0;
            }
            row.push(c);
            width += wide;
        }
        rows.push(row);
    }
    rows
}

/// A QR code is random, and its size depends on the names in it. It has to leave room for the lines around it.
fn without_qr_codes(text: &str) -> String {
    let is_code = |line: &str| line.contains(['█', '▀', '▄']) || (line.len() > 20 && line.trim().is_empty());
    let mut left = String::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        if is_code(line) {
            let mut height = 1;
            while lines.next_if(|line| is_code(line)).is_some() {
                height += 1;
            }
            assert!(height <= MOST_ROWS_OF_A_CODE, "a QR code of {height} rows");
            left += "[a QR code]\n";
        } else {
            left += line;
            if lines.peek().is_some() {
                left.push('\n');
            }
        }
    }
    left
}

/// Dates, times of day and codes, whose digits become those of one.
fn without_digits(text: &str) -> String {
    let mut left: Vec<char> = text.chars().collect();
    for (shape, stand_in) in SHAPES {
        let (shape, stand_in): (Vec<char>, Vec<char>) = (shape.chars().collect(), stand_in.chars().collect());
        let mut at = 0;
        while at + shape.len() <= left.len() {
            let is_digit = |at: usize| left.get(at).is_some_and(char::is_ascii_digit);
            let stands_alone = (at == 0 || !is_digit(at - 1)) && !is_digit(at + shape.len());
            let has_shape = shape.iter().zip(&left[at..]).all(|(wanted, found)| match wanted {
                'd' => found.is_ascii_digit(),
                'x' => found.is_ascii_hexdigit(),
                _ => wanted == found,
            });
            if stands_alone && has_shape {
                left.splice(at..at + shape.len(), stand_in.iter().copied());
                at += stand_in.len();
            } else {
                at += 1;
            }
        }
    }
    left.into_iter().collect()
}

fn difference(kept: &str, now: &str) -> String {
    let (kept, now): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), now.lines().collect());
    let same = kept.iter().zip(&now).take_while(|(kept, now)| kept == now).count();
    let show = |sign: char, lines: &[&str]| -> String {
        lines.iter().skip(same).take(12).map(|line| format!("{sign} {line}\n")).collect()
    };
    format!("line {}:\n{}{}", same + 1, show('-', &kept), show('+', &now))
}

const COLUMNS: usize = 80;
const MOST_ROWS_OF_A_CODE: usize = 21;
/// `d` is any digit, `x` any hexadecimal one: an id, with two spaces after it.
const SHAPES: [(&str, &str); 7] = [
    ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ("xxxxxxxx  ", "0a1b2c3d  "),
    ("dddd-dd-dd", "2027-03-04"),
    ("dd:dd:dd", "10:20:30"),
    ("dd:dd", "10:20"),
    ("dddddd", "123456"),
    ("ddd ddd", "314 159"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_wrap_at_eighty_columns_and_chinese_takes_two_each() {
        assert_eq!(rows(&"x".repeat(80)), 1);
        assert_eq!(rows(&"x".repeat(81)), 2);
        assert_eq!(rows(&"验".repeat(41)), 2);
        assert_eq!(rows("one\ntwo"), 2);
    }

    #[test]
    fn a_qr_code_and_a_time_become_any() {
        assert_eq!(without_qr_codes("scan\n█▀▄\n▀▀█\nnext"), "scan\n[a QR code]\nnext");
        assert_eq!(without_digits("at 2026-11-28T17:53:15Z"), "at 2027-03-04T10:20:30Z");
        assert_eq!(without_digits("12026-11-28"), "12026-11-28");
        assert_eq!(without_digits("code 993120, number +442079460123"), "code 123456, number +442079460123");
    }
}
