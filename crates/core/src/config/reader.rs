//! Reads a TOML document key by key, so that all problems are found in one pass, with their lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problems::{Problem, Problems};

/// Collects the problems of a document.
pub(super) struct Findings<'t> {
    text: &'t str,
    list: RefCell<Vec<Problem>>,
}

impl<'t> Findings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, list: RefCell::default() }
    }

    pub(super) fn add(&self, offset: Option<usize>, key: &str, what: impl Display) {
        let line =
            offset.map(|offset| self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1);
        self.list.borrow_mut().push(Problem { line, key: key.to_owned(), what: what.to_string() });
    }

    /// The problems that were found, or `value` if there are none.
    pub(super) fn conclude<T>(self, path: &Path, value: Option<T>) -> Result<T, Problems> {
        let mut list = self.list.into_inner();
        match value {
            Some(value) if list.is_empty() => Ok(value),
            _ => {
                list.sort_by_key(|problem| problem.line);
                Err(Problems { file: path.to_owned(), list })
            }
        }
    }
}

/// A table of the document, which may be absent.
pub(super) struct Section<'a, 'i> {
    findings: &'a Findings<'a>,
    path: String,
    offset: Option<usize>,
    table: Option<&'a DeTable<'i>>,
    known: Vec<String>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(super) fn root(findings: &'a Findings<'a>, table: &'a DeTable<'i>) -> Self {
        Self { findings, path: String::new(), offset: None, table: Some(table), known: Vec::new() }
    }

    pub(super) fn section(&mut self, key: &str) -> Self {
        let value = self.take(key);
        let table = value.and_then(|value| {
            let table = value.get_ref().as_table();
            if table.is_none() {
                self.wrong(key, value, format!("is a {}; make it a table", value.get_ref().type_str()));
            }
            table
        });
        let offset = value.map(|value| value.span().start);
        Self { findings: self.findings, path: self.full(key), offset, table, known: Vec::new() }
    }

    pub(super) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// All keys of a table whose keys the admin chooses.
    pub(super) fn names(&self) -> Vec<String> {
        self.table.map_or_else(Vec::new, |table| table.keys().map(|key| key.get_ref().to_string()).collect())
    }

    pub(super) fn string(&mut self, key: &str) -> Option<String> {
        let value = self.take(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, value, format!("is a {}; put it in quotes", value.get_ref().type_str()));
        }
        text.map(ToOwned::to_owned)
    }

    pub(super) fn required(&mut self, key: &str, example: &str) -> Option<String> {
        if !self.has(key) {
            self.known.push(key.to_owned());
            let full = self.full(key);
            self.findings.add(self.offset, &full, format!("is missing; add {key} = {example}"));
            return None;
        }
        self.string(key)
    }

    pub(super) fn boolean(&mut self, key: &str) -> Option<bool> {
        let value = self.take(key)?;
        let yes = value.get_ref().as_bool();
        if yes.is_none() {
            self.wrong(key, value, format!("is a {}; write true or false", value.get_ref().type_str()));
        }
        yes
    }

    pub(super) fn number(&mut self, key: &str, allowed: RangeInclusive<u32>) -> Option<u32> {
        let value = self.take(key)?;
        let number = value.get_ref().as_integer().filter(|number| number.radix() == 10);
        let number: Option<u32> = number.and_then(|number| number.as_str().parse().ok());
        let number = number.filter(|number| allowed.contains(number));
        if number.is_none() {
            self.wrong(key, value, format!("is not a number from {} to {}", allowed.start(), allowed.end()));
        }
        number
    }

    pub(super) fn duration(&mut self, key: &str, allowed: RangeInclusive<Duration>) -> Option<Duration> {
        let offset = self.offset_of(key);
        let text = self.string(key)?;
        match humantime::parse_duration(&text) {
            Ok(duration) if allowed.contains(&duration) => Some(duration),
            Ok(_) => {
                let (least, most) = (
                    humantime::format_duration(*allowed.start()),
                    humantime::format_duration(*allowed.end()),
                );
                self.findings.add(
                    offset,
                    &self.full(key),
                    format!("\"{text}\" is not between {least} and {most}"),
                );
                None
            }
            Err(_) => {
                self.findings.add(
                    offset,
                    &self.full(key),
                    format!("\"{text}\" is not a duration such as \"15m\" or \"30d\""),
                );
                None
            }
        }
    }

    /// A string that is parsed as a value of a type.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let offset = self.offset_of(key);
        let text = self.string(key)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let shown = error.to_string();
                let what = if shown.contains(&text) && !text.is_empty() {
                    shown
                } else {
                    format!("\"{text}\" {shown}")
                };
                self.findings.add(offset, &self.full(key), what);
                None
            }
        }
    }

    /// The same, and a problem where it is missing.
    pub(super) fn needed<T: FromStr<Err: Display>>(&mut self, key: &str, example: &str) -> Option<T> {
        if self.has(key) { self.parsed(key) } else { self.required(key, example).and(None) }
    }

    /// A string that is one of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let offset = self.offset_of(key);
        let text = self.string(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.findings.add(offset, &self.full(key), format!("\"{text}\" is none of: {}", all.join(", ")));
        }
        found
    }

    pub(super) fn absolute_path(&mut self, key: &str) -> Option<PathBuf> {
        let offset = self.offset_of(key);
        let path = PathBuf::from(self.string(key)?);
        if path.is_absolute() {
            return Some(path);
        }
        self.findings.add(offset, &self.full(key), format!("\"{}\" is not an absolute path", path.display()));
        None
    }

    pub(super) fn strings(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.take(key)?;
        let list = value.get_ref().as_array().and_then(|list| {
            list.iter().map(|one| one.get_ref().as_str().map(ToOwned::to_owned)).collect::<Option<Vec<_>>>()
        });
        if list.is_none() {
            self.wrong(key, value, "is not a list of strings such as [\"imap\", \"smtp\"]");
        }
        list
    }

    /// A list of strings, each parsed as a value of a type.
    pub(super) fn list<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<Vec<T>> {
        let texts = self.strings(key)?;
        let mut list = Vec::new();
        for text in texts {
            match text.parse() {
                Ok(value) => list.push(value),
                Err(error) => self.complain(key, format!("\"{text}\" {error}")),
            }
        }
        Some(list)
    }

    pub(super) fn string_map(&mut self, key: &str) -> Option<BTreeMap<String, String>> {
        let mut section = self.section(key);
        if !section.is_present() {
            return None;
        }
        let names = section.names();
        Some(names.into_iter().filter_map(|name| section.string(&name).map(|value| (name, value))).collect())
    }

    /// A name for people: 1 to 64 bytes on one line.
    pub(super) fn name(&mut self, key: &str) -> Option<String> {
        let name = self.string(key)?;
        let is_plain = !name.trim().is_empty() && name.len() <= 64 && !name.chars().any(char::is_control);
        if !is_plain {
            self.complain(key, "has to have 1 to 64 bytes on one line");
        }
        is_plain.then_some(name)
    }

    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.and_then(|table| table.get(key)).is_some_and(|value| value.get_ref().is_table())
    }

    /// Declares a key of this section as known, even if it is not read.
    pub(super) fn know(&mut self, key: &str) {
        self.known.push(key.to_owned());
    }

    /// Adds a problem with a key of this section.
    pub(super) fn complain(&self, key: &str, what: impl Display) {
        self.findings.add(self.offset_of(key).or(self.offset), &self.full(key), what);
    }

    /// Reports every key that was not read as a problem.
    pub(super) fn done(self) {
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if self.known.iter().any(|known| known == name) {
                continue;
            }
            let near = self.known.iter().find(|known| is_near(known, name));
            let remedy = match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.findings.add(
                Some(key.span().start),
                &self.full(name),
                format!("is not a known key; {remedy}"),
            );
        }
    }

    fn take(&mut self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.push(key.to_owned());
        self.table?.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    fn offset_of(&self, key: &str) -> Option<usize> {
        self.table?.get(key).map(|value| value.span().start)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'i>>, what: impl Display) {
        self.findings.add(Some(value.span().start), &self.full(key), what);
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Whether two keys differ by one typing error: one letter more, less or different, or two swapped.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same_front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let same_back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let longest = a.len().max(b.len());
    a.len().abs_diff(b.len()) <= 1 && longest > 2 && same_front + same_back + 2 >= longest
}

/// The authorities that are trusted if a section names no file.
pub(super) const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";
