//! The only writer to standard output: text for people or one JSON document for scripts.

use std::io::{IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use postern_core::account::Account;
use postern_core::clock::{Clock, SystemClock, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::screen;

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    is_json: bool,
    is_coloured: bool,
}

impl Output {
    /// Colour on a terminal only, and not if NO_COLOR is set (no-color.org).
    pub(crate) fn new(is_json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { is_json, is_coloured: !is_json && !no_color && std::io::stdout().is_terminal() }
    }

    /// For a command whose result is a document for programs in any case.
    pub(crate) fn as_json(self) -> Self {
        Self { is_json: true, is_coloured: false }
    }

    /// Prints `text` for people, or `value` under `name` beside the version of the JSON format.
    pub(crate) fn print(self, text: &str, name: &str, value: impl Serialize) -> Result<(), Failure> {
        self.print_all(text, [(name, json!(value))])
    }

    /// As [`Output::print`], with any number of names.
    pub(crate) fn print_all<N: Into<String>>(
        self,
        text: &str,
        values: impl IntoIterator<Item = (N, Value)>,
    ) -> Result<(), Failure> {
        if !self.is_json {
            return write(text);
        }
        let mut document = Map::from_iter([("version".to_owned(), json!(JSON_VERSION))]);
        document.extend(values.into_iter().map(|(name, value)| (name.into(), value)));
        let shown = serde_json::to_string_pretty(&document).map_err(Failure::system)?;
        write(&Zeroizing::new(shown))
    }

    /// The output of a command that shows or changes one account, which it names.
    pub(crate) fn about(self, account: &Account) -> About {
        About { output: self, name: account.name.clone(), id: account.id.to_string() }
    }

    /// Prints `text` alone, for commands that print before their end.
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        write(text)
    }

    /// Prints to standard error, so that standard output holds only the result.
    pub(crate) fn aside(self, text: &str) -> Result<(), Failure> {
        let mut stderr = std::io::stderr().lock();
        for line in text.lines() {
            // Without standard error there is no place to report to.
            drop(writeln!(stderr, "{line}"));
        }
        Ok(())
    }

    /// Whether the output is one JSON document and nothing else.
    pub(crate) fn is_json(self) -> bool {
        self.is_json
    }

    /// `text` in the colour of its severity.
    pub(crate) fn mark(self, text: &str, colour: Colour) -> String {
        if self.is_coloured { format!("\x1b[{}m{text}\x1b[0m", colour as u8) } else { text.to_owned() }
    }
}

/// The output of a command about one account.
#[derive(Debug)]
pub(crate) struct About {
    output: Output,
    name: String,
    id: String,
}

impl About {
    /// As [`Output::print`].
    pub(crate) fn print(&self, text: &str, name: &str, value: impl Serialize) -> Result<(), Failure> {
        self.print_all(text, [(name, json!(value))])
    }

    /// As [`Output::print_all`].
    pub(crate) fn print_all<N: Into<String>>(
        &self,
        text: &str,
        values: impl IntoIterator<Item = (N, Value)>,
    ) -> Result<(), Failure> {
        let break_before = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let text = Zeroizing::new(format!("{text}{break_before}{}\n", self.line()));
        let values = values.into_iter().map(|(name, value)| (name.into(), value));
        self.output.print_all(&text, values.chain([self.value()]))
    }

    /// Names the account in a line.
    pub(crate) fn line(&self) -> String {
        format!("account {} (id {})", self.name, self.id)
    }

    /// Names the account for scripts.
    pub(crate) fn value(&self) -> (String, Value) {
        ("for_account".to_owned(), json!({ "name": self.name, "id": self.id }))
    }
}

/// SGR parameters (ECMA-48, section 8.3.117).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
}

/// Columns as wide as they need to be, with headings if there are any. On a terminal a row that is too wide goes on below.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if std::io::stdout().is_terminal() {
        let columns = u16::try_from(screen::of_process().columns).unwrap_or(u16::MAX);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    }
    if !headings.is_empty() {
        table.set_header(headings.to_vec());
    }
    let mut is_empty = true;
    for row in rows {
        is_empty = false;
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    if is_empty { String::new() } else { table.trim_fmt() }
}

/// A time for people, with the zone of this host. Scripts read RFC 3339 in UTC.
pub(crate) fn local(at: Timestamp) -> String {
    SystemClock.local(at)
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(end.as_bytes()))
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::of_output(&error))
}

/// The version of the JSON format.
pub(crate) const JSON_VERSION: u32 = 1;
