//! Integers as SQLite stores them: signed, 64 bits.

use postern_core::clock::Timestamp;

use super::error::DatabaseError;

pub(super) fn integer(value: u64) -> Result<i64, DatabaseError> {
    i64::try_from(value).map_err(|_| DatabaseError::Broken("a number is beyond SQLite's".to_owned()))
}

/// A time as stored; a negative one is that of 1970.
pub(super) fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_unix(u64::try_from(seconds).unwrap_or(0))
}
