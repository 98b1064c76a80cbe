//! A file of another system, and what is said of one that cannot be read.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A file that was read completely. Its text is wiped when it is dropped.
pub struct SourceFile {
    path: PathBuf,
    text: Zeroizing<String>,
    user: String,
    trouble: Option<String>,
}

impl SourceFile {
    /// A file whose contents say whose its entries are.
    #[must_use]
    pub fn new(path: PathBuf, text: Zeroizing<String>) -> Self {
        Self { path, text: without_mark(text), user: String::new(), trouble: None }
    }

    /// The file of one user of many, whom its place names. `text` is its contents, or why it is left out.
    #[must_use]
    pub fn of_user(path: PathBuf, user: String, text: Result<Zeroizing<String>, String>) -> Self {
        match text {
            Ok(text) => Self { path, text: without_mark(text), user, trouble: None },
            Err(trouble) => Self { path, text: Zeroizing::default(), user, trouble: Some(trouble) },
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The user whom its place names; empty for a format whose files name their users.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Its contents.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its contents; an error with the reason if it is left out.
    pub(crate) fn usable_text(&self) -> Result<&str, String> {
        self.trouble.as_ref().map_or(Ok(&self.text), |trouble| Err(trouble.clone()))
    }

    /// The error that something in the file makes the whole of it unusable.
    pub(crate) fn bad(&self, place: &str, what: &str) -> Unreadable {
        let path = self.path.display();
        let colon = if place.is_empty() { "" } else { ": " };
        Unreadable(format!("{path}: {place}{colon}{what}"))
    }

    pub(crate) fn bad_line(&self, line: usize, what: &str) -> Unreadable {
        self.bad(&format!("line {line}"), what)
    }

    /// As [`bad_line`](Self::bad_line), from serde_json. Its message is not passed on, because it may quote a seed.
    pub(crate) fn bad_json(&self, error: &serde_json::Error) -> Unreadable {
        let what = if error.is_data() { "is not what this format has here" } else { "is not JSON" };
        // A value that was read before has no place.
        let place = match error.line() {
            0 => String::new(),
            line => format!("line {line}, column {}", error.column()),
        };
        self.bad(&place, what)
    }

    /// Where an entry stands, for people.
    pub(crate) fn place(&self, place: &str) -> String {
        format!("{}: {place}", self.path.display())
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("path", &self.path)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The text without the byte order mark that programs on Windows write in front.
fn without_mark(text: Zeroizing<String>) -> Zeroizing<String> {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Zeroizing::new(rest.to_owned()),
        None => text,
    }
}

/// What makes a whole file unusable, and where in it. It quotes no seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use postern_core::factor::Algorithm;

    use super::*;
    use crate::{aegis, mailcow, privacyidea};

    fn file(text: &str) -> SourceFile {
        SourceFile::new(PathBuf::from("export"), Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_value() {
        let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let table = file(&format!("\u{feff}alice@example,T1,{seed},totp,6,30\n"));
        assert_eq!(privacyidea::read(&table, Algorithm::Sha1).unwrap()[0].user, "alice");
        let rows = r#"[{"username":"alice","authmech":"totp","secret":"","active":1}]"#;
        assert_eq!(mailcow::read(&file(&format!("\u{feff}{rows}"))).unwrap()[0].user, "alice");
    }

    #[test]
    fn a_value_that_is_wrong_is_told_with_its_place_or_without() {
        let why = |text: &str| aegis::read(&file(text)).unwrap_err().to_string();
        assert_eq!(
            why("{\n\"version\": true}"),
            "export: line 2, column 15: is not what this format has here"
        );
        assert_eq!(why(r#"{"version":1,"db":{}}"#), "export: is not what this format has here");
    }
}
