//! The rows of an SQL dump, as mysqldump and mariadb-dump write them: `CREATE TABLE` names the columns, `INSERT INTO` has the rows.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// A row of a table.
#[derive(Debug)]
pub(crate) struct SqlRow {
    pub(crate) table: String,
    pub(crate) line: usize,
    /// By column; `None` is NULL.
    pub(crate) values: BTreeMap<String, Option<Zeroizing<String>>>,
}

/// Reads the rows of these tables. The line and what is wrong with it, if the dump cannot be read.
pub(crate) fn read(text: &str, tables: &[&str]) -> Result<Vec<SqlRow>, (usize, &'static str)> {
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut open: Option<String> = None;
    let mut at = 0;
    let mut read = 0;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let start = at;
        at += line.len();
        // A text inside a statement may hold a line that looks like one.
        if start < read {
            continue;
        }
        if let Some(table) = &open {
            match line.trim_start().strip_prefix('`').and_then(|rest| rest.split_once('`')) {
                Some((column, _)) => columns.entry(table.clone()).or_default().push(column.to_owned()),
                None => open = None,
            }
            continue;
        }
        if let Some(table) = named(line, "CREATE TABLE ") {
            columns.remove(table);
            open = Some(table.to_owned());
        } else if let Some(table) = named(line, "INSERT INTO ").filter(|table| tables.contains(table)) {
            let rest = text.get(start..).unwrap_or_default();
            let known = columns.get(table).map(Vec::as_slice).unwrap_or_default();
            let (found, after) = Statement { rest, line: number }.rows(table, known)?;
            rows.extend(found);
            read = text.len() - after.len();
        }
    }
    Ok(rows)
}

fn named<'a>(line: &'a str, statement: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(statement)?;
    let rest = rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest);
    rest.strip_prefix('`')?.split_once('`').map(|(name, _)| name)
}

/// A statement that is read from its beginning.
struct Statement<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Statement<'a> {
    /// The rows, and the text behind the statement.
    fn rows(
        mut self,
        table: &str,
        known: &[String],
    ) -> Result<(Vec<SqlRow>, &'a str), (usize, &'static str)> {
        let (_, after) = self.rest.split_once("` ").ok_or((self.line, UNREADABLE))?;
        self.rest = after;
        let own = self.columns()?;
        let columns = if own.is_empty() { known.to_vec() } else { own };
        if columns.is_empty() {
            return Err((
                self.line,
                "has no names of columns; dump the table with its CREATE TABLE, or with --complete-insert",
            ));
        }
        self.expect("VALUES")?;
        let mut rows = Vec::new();
        loop {
            self.expect("(")?;
            let line = self.line;
            let mut values = Vec::new();
            loop {
                values.push(self.value()?);
                match self.next() {
                    Some(',') => {}
                    Some(')') => break,
                    _ => return Err((self.line, UNREADABLE)),
                }
            }
            if values.len() != columns.len() {
                return Err((line, "has a row with another number of values than the table has columns"));
            }
            rows.push(SqlRow {
                table: table.to_owned(),
                line,
                values: columns.iter().cloned().zip(values).collect(),
            });
            match self.next() {
                Some(',') => {}
                Some(';') => return Ok((rows, self.rest)),
                _ => return Err((self.line, UNREADABLE)),
            }
        }
    }

    /// The list of columns before VALUES; empty if there is none.
    fn columns(&mut self) -> Result<Vec<String>, (usize, &'static str)> {
        let Some(list) = self.rest.trim_start().strip_prefix('(') else { return Ok(Vec::new()) };
        let (list, after) = list.split_once(')').ok_or((self.line, UNREADABLE))?;
        self.rest = after;
        Ok(list.split(',').map(|column| column.trim().trim_matches('`').to_owned()).collect())
    }

    fn expect(&mut self, word: &str) -> Result<(), (usize, &'static str)> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(word).ok_or((self.line, UNREADABLE))?;
        Ok(())
    }

    /// A quoted text, a number or NULL.
    fn value(&mut self) -> Result<Option<Zeroizing<String>>, (usize, &'static str)> {
        self.skip_space();
        if let Some(after) = self.rest.strip_prefix('\'') {
            self.rest = after;
            return self.quoted().map(Some);
        }
        let end = self.rest.find([',', ')']).ok_or((self.line, UNREADABLE))?;
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        Ok((word.trim() != "NULL").then(|| Zeroizing::new(word.trim().to_owned())))
    }

    /// With the escapes of MySQL's string literals, up to the closing quote.
    fn quoted(&mut self) -> Result<Zeroizing<String>, (usize, &'static str)> {
        let mut text = Zeroizing::new(String::new());
        loop {
            match self.any() {
                Some('\\') => match self.any() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some('Z') => text.push('\u{1a}'),
                    Some(other) => text.push(other),
                    None => return Err((self.line, UNREADABLE)),
                },
                Some('\'') if self.rest.starts_with('\'') => {
                    self.any();
                    text.push('\'');
                }
                Some('\'') => return Ok(text),
                Some(other) => text.push(other),
                None => return Err((self.line, UNREADABLE)),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        self.skip_space();
        self.any()
    }

    fn skip_space(&mut self) {
        while self.rest.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.any();
        }
    }

    fn any(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next()?;
        self.rest = chars.as_str();
        self.line += usize::from(next == '\n');
        Some(next)
    }
}

const UNREADABLE: &str = "is not a statement as mysqldump writes it";

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "-- MariaDB dump\nCREATE TABLE `tfa` (\n  `id` int(11) NOT NULL,\n  `username` varchar(255) NOT NULL,\n  `secret` text,\n  PRIMARY KEY (`id`)\n);\n\
        INSERT INTO `tfa` VALUES\n(1,'o\\'neil, (pat)','A\\\\B'),\n(2,'it''s',NULL);\nINSERT INTO `mailbox` VALUES (1,'x');\n";

    type Line = (usize, String, Option<String>);

    fn rows(text: &str) -> Result<Vec<Line>, (usize, &'static str)> {
        let cell = |row: &SqlRow, name: &str| row.values[name].as_ref().map(|text| text.to_string());
        let row = |row: &SqlRow| (row.line, cell(row, "username").unwrap(), cell(row, "secret"));
        Ok(read(text, &["tfa"])?.iter().map(row).collect())
    }

    #[test]
    fn rows_have_the_columns_of_their_table() {
        let expected =
            vec![(9, "o'neil, (pat)".to_owned(), Some("A\\B".to_owned())), (10, "it's".to_owned(), None)];
        assert_eq!(rows(DUMP), Ok(expected));
        let named = "INSERT INTO `tfa` (`secret`, `username`) VALUES ('S','alice');";
        assert_eq!(rows(named), Ok(vec![(1, "alice".to_owned(), Some("S".to_owned()))]));
    }

    #[test]
    fn a_statement_inside_a_text_is_text() {
        let text = "INSERT INTO `tfa` (`username`, `secret`) VALUES ('mallory','\nINSERT INTO `tfa` (`username`, `secret`) VALUES (alice,S);\n');";
        let names: Vec<String> = rows(text).unwrap().into_iter().map(|(_, name, _)| name).collect();
        assert_eq!(names, ["mallory"]);
    }

    #[test]
    fn a_dump_that_is_cut_off_or_has_no_columns_is_refused_with_its_line() {
        for cut in [
            "INSERT INTO `tfa` VALUES (1,'alice','S');",
            "INSERT INTO `tfa` (`username`) VALUES ('alice','S');",
        ] {
            assert_eq!(rows(cut).unwrap_err().0, 1, "{cut}");
        }
        let end = DUMP.find(",NULL").unwrap();
        assert_eq!(rows(DUMP.get(..end).unwrap()).unwrap_err().0, 10);
        assert_eq!(rows(DUMP.get(..end - 3).unwrap()).unwrap_err().0, 10);
    }
}
