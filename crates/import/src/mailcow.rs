//! The tables `tfa` and `app_passwd` of mailcow, as `data/web/inc/init_db.inc.php` makes them: an SQL dump, CSV with the names of the
//! columns first, or a JSON list of rows. mailcow's codes are RobThree's TwoFactorAuth with SHA-1, 6 digits and 30 seconds.
//!
//! An app password is hashed as a whole there. Here its first group is stored in the clear and the rest hashed, so no hash of
//! mailcow can be checked, whatever its scheme.

use std::collections::BTreeMap;

use csv::ReaderBuilder;
use postern_core::factor::TotpShape;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::entry::{Content, Entry};
use crate::source_file::{SourceFile, Unreadable};
use crate::sql;

/// Reads one file.
///
/// # Errors
/// [`Unreadable`] if it is none of the three, or has neither table.
pub fn read(file: &SourceFile) -> Result<Vec<Entry>, Unreadable> {
    let text = file.text().trim_start();
    let rows = if text.starts_with('[') {
        json(file)?
    } else if text.contains("INSERT INTO ") || text.contains("CREATE TABLE ") {
        dump(file)?
    } else {
        table(file)?
    };
    Ok(rows.into_iter().filter_map(Row::into_entry).collect())
}

/// A row of either table.
struct Row {
    place: String,
    values: BTreeMap<String, Zeroizing<String>>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.values.get(column).map_or("", |value| value.as_str())
    }

    fn is_of_tfa(&self) -> bool {
        self.values.contains_key("authmech")
    }

    fn is_of_app_passwd(&self) -> bool {
        self.values.contains_key("mailbox") && self.values.contains_key("password")
    }

    /// `None` for what its owner never finished or an administrator switched off.
    fn into_entry(self) -> Option<Entry> {
        let other = |kind, why: &str| Content::Other { kind, why: why.to_owned() };
        let (user, name, content) = if self.is_of_tfa() {
            let content = match self.get("authmech") {
                _ if !self.get("username").contains('@') => {
                    Content::NotOurs { kind: "totp", why: ADMINISTRATOR }
                }
                _ if self.get("active") != "1" => other("totp", "it is not active in mailcow"),
                "totp" => Content::of_base32(self.get("secret"), Ok(TotpShape::default())),
                "hotp" => Content::counted(),
                "webauthn" | "u2f" => other(
                    "passkey",
                    "a security key is bound to mailcow's own address; set up a passkey here",
                ),
                "yubi_otp" => other("yubikey", "codes of a YubiKey are checked by Yubico's servers"),
                _ => other("other", "its method is unknown to Postern"),
            };
            (self.get("username"), self.get("key_id"), content)
        } else {
            let why = "mailcow hashes it as a whole, and Postern could not check it; create a new one: postern app-password create";
            (self.get("mailbox"), self.get("name"), other("app password", why))
        };
        (!user.is_empty()).then(|| Entry {
            place: self.place.clone(),
            user: user.to_owned(),
            issuer: String::new(),
            name: name.to_owned(),
            content,
        })
    }
}

fn dump(file: &SourceFile) -> Result<Vec<Row>, Unreadable> {
    let rows =
        sql::read(file.text(), &["tfa", "app_passwd"]).map_err(|(line, what)| file.bad_line(line, what))?;
    rows.into_iter()
        .map(|row| {
            let values =
                row.values.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect();
            checked(file, Row { place: file.place(&format!("line {}", row.line)), values }, &row.table)
        })
        .collect()
}

fn table(file: &SourceFile) -> Result<Vec<Row>, Unreadable> {
    let mut reader = ReaderBuilder::new().from_reader(file.text().as_bytes());
    let bad = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        file.bad(&format!("line {line}"), "is not CSV, or has another number of fields than the first line")
    };
    let names = reader.headers().map_err(|error| bad(&error))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| bad(&error))?;
        let values = names
            .iter()
            .zip(&record)
            .map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned())));
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(checked(
            file,
            Row { place: file.place(&format!("line {line}")), values: values.collect() },
            "",
        )?);
    }
    if rows.is_empty() { Err(file.bad("", NO_TABLE)) } else { Ok(rows) }
}

fn json(file: &SourceFile) -> Result<Vec<Row>, Unreadable> {
    let rows: Vec<Map<String, Value>> =
        serde_json::from_str(file.text()).map_err(|error| file.bad_json(&error))?;
    let numbered = (1..).zip(rows);
    numbered
        .map(|(number, row)| {
            let plain = |value: Value| match value.as_str() {
                Some(text) => text.to_owned(),
                None if value.is_null() => String::new(),
                None => value.to_string(),
            };
            let values = row.into_iter().map(|(name, value)| (name, Zeroizing::new(plain(value)))).collect();
            checked(file, Row { place: file.place(&format!("row {number}")), values }, "")
        })
        .collect()
}

/// The row, if it has the columns of one of the two tables.
fn checked(file: &SourceFile, row: Row, table: &str) -> Result<Row, Unreadable> {
    let is_known = match table {
        "tfa" => row.is_of_tfa(),
        "app_passwd" => row.is_of_app_passwd(),
        _ => row.is_of_tfa() || row.is_of_app_passwd(),
    };
    if is_known { Ok(row) } else { Err(file.bad("", NO_TABLE)) }
}

/// The table `tfa` has the administrators of mailcow and of its domains beside the mailboxes, whose names are addresses.
const ADMINISTRATOR: &str = "it is of an administrator of mailcow: the name is no address of a mailbox";
const NO_TABLE: &str = "has not the columns of mailcow's tables tfa (username, authmech, secret, active) or app_passwd (mailbox, name, \
                        password)";
