use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// One line of the table of accounts.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) seed: Zeroizing<String>,
}

/// Reads a whole table before anything is changed: a column that nobody knows, or a line with too few, ends it there.
pub(super) fn read(path: &Path) -> Result<Vec<User>, Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::data(format!("{}: {error}", path.display()));
    let mut text = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(|error| Failure::io(format!("{}: {error}", path.display())))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut text).map_err(|error| at(&error))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(at(&"is larger than 256 MiB"));
    }
    parse(&text).map_err(|error| at(&error))
}

fn parse(text: &[u8]) -> Result<Vec<User>, String> {
    // What spreadsheets put in front of UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |wanted: &str| headers.iter().position(|name| name == wanted);
    if let Some(unknown) = headers.iter().find(|name| !["name", "label", "seed"].contains(name)) {
        let unknown = unknown.escape_debug();
        return Err(format!("line 1 has to name the columns name, label and seed; it says \"{unknown}\""));
    }
    let name = column("name").ok_or("line 1 has to name the columns, with one \"name\" among them")?;
    let (label, seed) = (column("label"), column("seed"));
    let field = |record: &StringRecord, column: Option<usize>| {
        column.and_then(|column| record.get(column)).unwrap_or_default().to_owned()
    };
    let user = |record: Result<StringRecord, csv::Error>| {
        let record = record.map_err(|error| error.to_string())?;
        Ok(User {
            name: field(&record, Some(name)),
            label: field(&record, label),
            seed: Zeroizing::new(field(&record, seed)),
        })
    };
    reader.records().map(user).collect()
}

const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String, String)>, String> {
        let users = parse(text.as_bytes())?;
        Ok(users.into_iter().map(|user| (user.name, user.label, user.seed.to_string())).collect())
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
    fn what_is_no_such_table_is_refused_as_a_whole() {
        for text in
            ["", "alice\nbob\n", "label\nx\n", "name,colour\na,b\n", "name,label\na,b\nc\n", "name\na,b\n"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(parse(b"name\n\xff\n").is_err());
    }
}
