//! Values of which an account has several: JSON texts, each with an id.

use postern_core::account::FactorKey;
use rusqlite::{Connection, params};

use super::error::DatabaseError;

/// A table of an account's values, each with an id.
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

/// Keys are a set without values.
pub(super) fn replace_keys(
    connection: &Connection,
    account: &str,
    keys: &[FactorKey],
) -> Result<(), DatabaseError> {
    connection.prepare_cached("DELETE FROM factor_key WHERE account = ?1")?.execute([account])?;
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO factor_key (account, key) VALUES (?1, ?2)")?;
    for key in keys {
        insert.execute(params![account, key.to_string()])?;
    }
    Ok(())
}

pub(super) fn keys_of(connection: &Connection, account: &str) -> Result<Vec<String>, DatabaseError> {
    let mut select =
        connection.prepare_cached("SELECT key FROM factor_key WHERE account = ?1 ORDER BY key")?;
    Ok(select.query_map([account], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The accounts that have a key, at most `most`.
pub(super) fn holders_of(
    connection: &Connection,
    key: &FactorKey,
    most: usize,
) -> Result<Vec<String>, DatabaseError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut select = connection.prepare_cached("SELECT account FROM factor_key WHERE key = ?1 LIMIT ?2")?;
    Ok(select.query_map(params![key.to_string(), most], |row| row.get(0))?.collect::<Result<_, _>>()?)
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
