//! Codes that were tried: each counts until one is right.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{CodeAdmission, CodeAttempt, CodeAttempts, CodeSettlement, LedgerError, Token};
use postern_core::limits::CodeLimits;
use rusqlite::{Connection, params};

use super::error::DatabaseError;
use super::integers::integer;
use super::ledger::{BUDGET, EmbeddedLedger};
use crate::code_limits::{CODE_RETENTION, MOST_CODES, closed_until};

#[async_trait]
impl CodeAttempts for EmbeddedLedger {
    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError> {
        let (row, limits) = (CodeRow::of(attempt), *limits);
        Ok(self.database.write(BUDGET, move |connection| row.admit(connection, &limits)).await?)
    }

    async fn code_pause(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let (row, limits) = (CodeRow::of(attempt), *limits);
        if self.database.read(BUDGET, move |connection| row.pause(connection, &limits)).await?.is_none() {
            return Ok(None);
        }
        // Times in the future are put right, or the pause that begins with them would never end.
        let row = CodeRow::of(attempt);
        let look = move |connection: &Connection| {
            row.age(connection)?;
            row.pause(connection, &limits)
        };
        Ok(self.database.write(BUDGET, look).await?)
    }

    async fn settle_code(
        &self,
        attempt: &CodeAttempt<'_>,
        settlement: CodeSettlement,
    ) -> Result<(), LedgerError> {
        let row = CodeRow::of(attempt);
        Ok(self.database.write(BUDGET, move |connection| row.settle(connection, settlement)).await?)
    }

    async fn forget_codes(&self, account: &AccountId) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let forget = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM code WHERE account = ?1")?.execute([account])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, forget).await?)
    }
}

/// A [`CodeAttempt`] that can be sent to the writer.
struct CodeRow {
    account: String,
    /// Empty for the whole account.
    source: String,
    token: Token,
    at: Timestamp,
}

impl CodeRow {
    fn of(attempt: &CodeAttempt<'_>) -> Self {
        Self {
            account: attempt.account.as_str().to_owned(),
            source: attempt.source.map_or_else(String::new, |source| source.as_str().to_owned()),
            token: attempt.token,
            at: attempt.at,
        }
    }

    fn admit(&self, connection: &Connection, limits: &CodeLimits) -> Result<CodeAdmission, DatabaseError> {
        let before = |span: Duration| integer(self.at.minus(span).as_unix());
        let lasts = limits.window + limits.pause;
        connection.prepare_cached("DELETE FROM code WHERE at <= ?1")?.execute([before(CODE_RETENTION)?])?;
        // Codes of strangers are not in a row with any other, and must not fill the disk.
        connection
            .prepare_cached("DELETE FROM code WHERE source <> '' AND at <= ?1")?
            .execute([before(lasts)?])?;
        self.age(connection)?;
        let (known, in_a_row): (bool, u32) = connection
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE token = ?3), count(*) FROM code WHERE account = ?1 AND source = ?2",
            )?
            .query_row(params![self.account, self.source, self.token.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if known {
            return Ok(CodeAdmission::Proceed { in_a_row });
        }
        if let Some(until) = self.pause(connection, limits)? {
            return Ok(CodeAdmission::Limited { until });
        }
        connection
            .prepare_cached("INSERT INTO code (account, source, token, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![self.account, self.source, self.token.bytes(), integer(self.at.as_unix())?])?;
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

    /// A time in the future was written by a clock that was wrong. From now on it counts as of now.
    fn age(&self, connection: &Connection) -> Result<(), DatabaseError> {
        connection
            .prepare_cached("UPDATE code SET at = ?3 WHERE account = ?1 AND source = ?2 AND at > ?3")?
            .execute(params![self.account, self.source, integer(self.at.as_unix())?])?;
        Ok(())
    }

    /// Until when no code may be tried.
    fn pause(
        &self,
        connection: &Connection,
        limits: &CodeLimits,
    ) -> Result<Option<Timestamp>, DatabaseError> {
        let now = self.at.as_unix();
        let since = integer(self.at.minus(limits.window + limits.pause).as_unix())?;
        let recent: Vec<i64> = connection
            .prepare_cached("SELECT at FROM code WHERE account = ?1 AND source = ?2 AND at > ?3 ORDER BY at")?
            .query_map(params![self.account, self.source, since], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let recent: Vec<u64> =
            recent.into_iter().filter_map(|at| u64::try_from(at).ok()).map(|at| at.min(now)).collect();
        Ok(closed_until(&recent, now, limits).map(Timestamp::from_unix))
    }

    /// Has no effect if the code is not counted, or no longer, so the call may be repeated.
    fn settle(&self, connection: &Connection, settlement: CodeSettlement) -> Result<(), DatabaseError> {
        let query = match settlement {
            CodeSettlement::Right => {
                "DELETE FROM code WHERE account = ?1 AND source = ?2
                 AND EXISTS (SELECT 1 FROM code WHERE account = ?1 AND source = ?2 AND token = ?3)"
            }
            CodeSettlement::Withdrawn => "DELETE FROM code WHERE account = ?1 AND source = ?2 AND token = ?3",
        };
        connection.prepare_cached(query)?.execute(params![self.account, self.source, self.token.bytes()])?;
        Ok(())
    }
}
