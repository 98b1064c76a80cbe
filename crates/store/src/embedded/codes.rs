//! Codes that were tried: each counts until one was right.

use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::ledger::{CodeAdmission, CodeAttempt, CodeSettlement, Token};
use postern_core::limits::CodeLimits;
use rusqlite::{Connection, params};

use super::database::DatabaseError;
use super::directory::integer;
use crate::codes::{CODES_MEMORY, MOST_CODES, closed_until};

/// A [`CodeAttempt`] that the writer may take along.
pub(super) struct CodeRow {
    account: String,
    /// Empty for the whole account.
    source: String,
    token: Token,
    at: Timestamp,
}

impl CodeRow {
    pub(super) fn of(attempt: &CodeAttempt<'_>) -> Self {
        Self {
            account: attempt.account.as_str().to_owned(),
            source: attempt.source.map_or_else(String::new, |source| source.as_str().to_owned()),
            token: attempt.token,
            at: attempt.at,
        }
    }

    pub(super) fn admit(
        &self,
        connection: &Connection,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, DatabaseError> {
        let before = |span: Duration| integer(self.at.minus(span).as_unix());
        let lasts = limits.window + limits.pause;
        connection.prepare_cached("DELETE FROM code WHERE at <= ?1")?.execute([before(CODES_MEMORY)?])?;
        // What strangers do is not in a row with anything, and would fill the disk.
        connection
            .prepare_cached("DELETE FROM code WHERE source <> '' AND at <= ?1")?
            .execute([before(lasts)?])?;
        // What lies in the future was written by a clock that was wrong, and counts as of now.
        connection
            .prepare_cached("UPDATE code SET at = ?3 WHERE account = ?1 AND source = ?2 AND at > ?3")?
            .execute(params![self.account, self.source, integer(self.at.as_unix())?])?;
        let (known, in_a_row): (bool, u32) = connection
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE token = ?3), count(*) FROM code WHERE account = ?1 AND source = ?2",
            )?
            .query_row(params![self.account, self.source, self.token], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if known {
            return Ok(CodeAdmission::Proceed { in_a_row });
        }
        let recent: Vec<i64> = connection
            .prepare_cached("SELECT at FROM code WHERE account = ?1 AND source = ?2 AND at > ?3 ORDER BY at")?
            .query_map(params![self.account, self.source, before(lasts)?], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let recent: Vec<u64> = recent.into_iter().filter_map(|at| u64::try_from(at).ok()).collect();
        if let Some(until) = closed_until(&recent, self.at.as_unix(), limits) {
            return Ok(CodeAdmission::Limited { until: Timestamp::from_unix(until) });
        }
        connection
            .prepare_cached("INSERT INTO code (account, source, token, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.account, self.source, self.token, integer(self.at.as_unix())?])?;
        if in_a_row >= MOST_CODES {
            connection
                .prepare_cached(
                    "DELETE FROM code WHERE account = ?1 AND source = ?2 AND token =
                     (SELECT token FROM code WHERE account = ?1 AND source = ?2 ORDER BY at LIMIT 1)",
                )?
                .execute(params![self.account, self.source])?;
        }
        Ok(CodeAdmission::Proceed { in_a_row: in_a_row.saturating_add(1).min(MOST_CODES) })
    }

    /// Has no effect where the code is not counted, or no longer: it may be told twice.
    pub(super) fn settle(
        &self,
        connection: &Connection,
        settlement: CodeSettlement,
    ) -> Result<(), DatabaseError> {
        let query = match settlement {
            CodeSettlement::Right => {
                "DELETE FROM code WHERE account = ?1 AND source = ?2
                 AND EXISTS (SELECT 1 FROM code WHERE account = ?1 AND source = ?2 AND token = ?3)"
            }
            CodeSettlement::Withdrawn => "DELETE FROM code WHERE account = ?1 AND source = ?2 AND token = ?3",
        };
        connection.prepare_cached(query)?.execute(params![self.account, self.source, self.token])?;
        Ok(())
    }
}

pub(super) fn forget(connection: &Connection, account: &str) -> Result<(), DatabaseError> {
    connection.prepare_cached("DELETE FROM code WHERE account = ?1")?.execute([account])?;
    Ok(())
}
