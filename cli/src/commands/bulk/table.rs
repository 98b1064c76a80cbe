use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// One line of a table of accounts.
#[derive(Debug)]
pub(in crate::commands) struct Row {
    pub(in crate::commands) name: String,
    /// In the order of the columns that were requested. Empty for a column that the table does not have.
    fields: Vec<(&'static str, Zeroizing<String>)>,
}

impl Row {
    /// A line of a table with names alone.
    pub(in crate::commands) fn named(name: String) -> Self {
        Self { name, fields: Vec::new() }
    }

    /// The value of a column. Empty if there is none.
    pub(in crate::commands) fn get(&self, column: &str) -> &str {
        self.fields.iter().find(|(name, _)| *name == column).map_or("", |(_, text)| text.as_str())
    }
}

/// Reads a whole table with the column `name` and any of `known` before anything is changed. An unknown column, or a
/// line with too few values, is an error.
pub(in crate::commands) fn read(path: &Path, known: &[&'static str]) -> Result<Vec<Row>, Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::data(format!("{}: {error}", path.display()));
    let mut text = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(|error| Failure::io(format!("{}: {error}", path.display())))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(|error| at(&error))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(at(&"is larger than 256 MiB"));
    }
    parse(&text, known).map_err(|error| at(&error))
}

fn parse(text: &[u8], known: &[&'static str]) -> Result<Vec<Row>, String> {
    // The byte order mark that spreadsheets write before UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    if let Some(unknown) = headers.iter().find(|name| *name != "name" && !known.contains(name)) {
        let (unknown, known) = (unknown.escape_debug(), known.join(", "));
        return Err(format!("line 1 has to name the columns: name, {known}; it says \"{unknown}\""));
    }
    if let Some(twice) = headers.iter().find(|name| headers.iter().filter(|other| other == name).count() > 1)
    {
        return Err(format!("line 1 names the column {twice} twice"));
    }
    let column = |wanted: &str| headers.iter().position(|name| name == wanted);
    let name = column("name").ok_or("line 1 has to name the columns, with one \"name\" among them")?;
    let columns: Vec<(&'static str, Option<usize>)> =
        known.iter().map(|name| (*name, column(name))).collect();
    let field = |record: &StringRecord, column: Option<usize>| {
        column.and_then(|column| record.get(column)).unwrap_or_default().to_owned()
    };
    let row = |record: Result<StringRecord, csv::Error>| {
        let record = record.map_err(|error| error.to_string())?;
        let fields = columns.iter().map(|(name, column)| (*name, Zeroizing::new(field(&record, *column))));
        Ok(Row { name: field(&record, Some(name)), fields: fields.collect() })
    };
    reader.records().map(row).collect()
}

const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String, String)>, String> {
        let rows = parse(text.as_bytes(), &["label", "seed"])?;
        Ok(rows.iter().map(|row| user(&row.name, row.get("label"), row.get("seed"))).collect())
    }

    fn user(name: &str, label: &str, seed: &str) -> (String, String, String) {
        (name.to_owned(), label.to_owned(), seed.to_owned())
    }

    #[test]
    fn columns_are_found_by_their_names() {
        assert_eq!(read("name\nalice\nbob\n"), Ok(vec![user("alice", "", ""), user("bob", "", "")]));
        assert_eq!(
            read("\u{feff}seed,name,label\r\nABCD, alice ,\"token, blue\"\r\n,bob,\r\n"),
            Ok(vec![user("alice", "token, blue", "ABCD"), user("bob", "", "")])
        );
        assert_eq!(read("name\n"), Ok(vec![]));
    }

    #[test]
    fn a_malformed_table_is_refused_as_a_whole() {
        for text in [
            "",
            "alice\nbob\n",
            "label\nx\n",
            "name,colour\na,b\n",
            "name,label\na,b\nc\n",
            "name\na,b\n",
            "name,name\na,b\n",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(parse(b"name\n\xff\n", &[]).is_err());
    }
}
