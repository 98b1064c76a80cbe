//! Secrets that were tried: a wrong one counts once.

use postern_core::clock::Timestamp;
use postern_core::ledger::{Admission, Attempt, Settlement, SourceNote};
use postern_core::limits::AttemptLimits;
use rusqlite::{Connection, OptionalExtension, params};

use super::database::DatabaseError;
use super::directory::integer;

/// An [`Attempt`] that the writer may take along.
pub(super) struct AttemptRow {
    account: String,
    source: String,
    digest: [u8; 16],
    at: Timestamp,
}

impl AttemptRow {
    pub(super) fn of(attempt: &Attempt<'_>) -> Self {
        Self {
            account: attempt.account.as_str().to_owned(),
            source: attempt.source.as_str().to_owned(),
            digest: attempt.digest,
            at: attempt.at,
        }
    }

    pub(super) fn admit(
        &self,
        connection: &Connection,
        limits: &AttemptLimits,
    ) -> Result<Admission, DatabaseError> {
        let forgotten = integer(self.at.minus(limits.window).as_unix())?;
        connection.prepare_cached("DELETE FROM attempt WHERE at <= ?1")?.execute([forgotten])?;
        // What lies in the future was written by a clock that was wrong, and counts as of now.
        connection
            .prepare_cached("UPDATE attempt SET at = ?2 WHERE account = ?1 AND at > ?2")?
            .execute(params![self.account, integer(self.at.as_unix())?])?;
        let known: Option<bool> = connection
            .prepare_cached("SELECT wrong FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3")?
            .query_row(params![self.account, self.source, self.digest], |found| found.get(0))
            .optional()?;
        match known {
            Some(true) => return Ok(Admission::KnownWrong),
            Some(false) => return Ok(Admission::Proceed),
            None => {}
        }
        let (from_here, in_all): (u32, u32) = connection
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE source = ?2), count(*) FROM attempt WHERE account = ?1",
            )?
            .query_row(params![self.account, self.source], |counts| Ok((counts.get(0)?, counts.get(1)?)))?;
        if from_here >= limits.per_source || in_all >= limits.per_account {
            return Ok(Admission::Limited);
        }
        connection
            .prepare_cached(
                "INSERT INTO attempt (account, source, digest, at, wrong) VALUES (?1, ?2, ?3, ?4, 0)",
            )?
            .execute(params![self.account, self.source, self.digest, integer(self.at.as_unix())?])?;
        Ok(Admission::Proceed)
    }

    pub(super) fn settle(
        &self,
        connection: &Connection,
        settlement: Settlement,
    ) -> Result<(), DatabaseError> {
        let query = match settlement {
            Settlement::Wrong => {
                "UPDATE attempt SET wrong = 1 WHERE account = ?1 AND source = ?2 AND digest = ?3"
            }
            Settlement::Withdrawn => {
                "DELETE FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3 AND wrong = 0"
            }
        };
        connection.prepare_cached(query)?.execute(params![self.account, self.source, self.digest])?;
        Ok(())
    }
}

pub(super) fn forget(connection: &Connection, account: &str) -> Result<(), DatabaseError> {
    connection.prepare_cached("DELETE FROM attempt WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// The note of a login from there that was let in.
pub(super) fn succeeded(
    connection: &Connection,
    account: &str,
    source: &str,
) -> Result<Option<SourceNote>, DatabaseError> {
    let mut select =
        connection.prepare_cached("SELECT at, mac FROM source_note WHERE account = ?1 AND source = ?2")?;
    let note = select.query_row([account, source], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    Ok(note
        .optional()?
        .map(|(at, mac)| SourceNote { at: Timestamp::from_unix(u64::try_from(at).unwrap_or(0)), mac }))
}
