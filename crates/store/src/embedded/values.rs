//! What an account has several of: JSON texts, each under an id of its own.

use rusqlite::{Connection, params};

use super::database::DatabaseError;

/// A table of an account's values, each with an id of its own.
pub(super) struct List {
    clear: &'static str,
    insert: &'static str,
    select: &'static str,
}

pub(super) fn replace(
    connection: &Connection,
    list: &List,
    account: &str,
    values: impl Iterator<Item = (String, String)>,
) -> Result<(), DatabaseError> {
    connection.prepare_cached(list.clear)?.execute([account])?;
    let mut insert = connection.prepare_cached(list.insert)?;
    for (id, value) in values {
        insert.execute(params![account, id, value])?;
    }
    Ok(())
}

pub(super) fn values_of(
    connection: &Connection,
    list: &List,
    account: &str,
) -> Result<Vec<String>, DatabaseError> {
    let mut select = connection.prepare_cached(list.select)?;
    Ok(select.query_map([account], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn parse<T, E: std::fmt::Display>(
    values: &[String],
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, String> {
    values.iter().map(|value| read(value).map_err(|error| error.to_string())).collect()
}

pub(super) const APP_PASSWORDS: List = List {
    clear: "DELETE FROM app_password WHERE account = ?1",
    insert: "INSERT INTO app_password (account, selector, value) VALUES (?1, ?2, ?3)",
    select: "SELECT value FROM app_password WHERE account = ?1 ORDER BY selector",
};
pub(super) const FACTORS: List = List {
    clear: "DELETE FROM factor WHERE account = ?1",
    insert: "INSERT INTO factor (account, id, value) VALUES (?1, ?2, ?3)",
    select: "SELECT value FROM factor WHERE account = ?1",
};
pub(super) const RECOVERY_CODES: List = List {
    clear: "DELETE FROM recovery_code WHERE account = ?1",
    insert: "INSERT INTO recovery_code (account, id, value) VALUES (?1, ?2, ?3)",
    select: "SELECT value FROM recovery_code WHERE account = ?1 ORDER BY id",
};
