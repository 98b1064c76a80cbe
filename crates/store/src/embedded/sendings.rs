//! Messages that are sent, and names that somebody has taken.

use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{SendAdmission, Sending, Token};
use postern_core::limits::SendLimits;
use rusqlite::{Connection, OptionalExtension, params};

use super::database::DatabaseError;
use super::directory::integer;

pub(super) fn admit(
    connection: &Connection,
    sending: &Sending,
    limits: &SendLimits,
) -> Result<SendAdmission, DatabaseError> {
    let (subject, token, at) = (sending.subject, sending.token, integer(sending.at.as_unix())?);
    connection.prepare_cached("DELETE FROM sending WHERE over <= ?1")?.execute([at])?;
    // What lies in the future was written by a clock that was wrong, and counts as of now.
    connection
        .prepare_cached("UPDATE sending SET over = over - at + ?2, at = ?2 WHERE subject = ?1 AND at > ?2")?
        .execute(params![subject, at])?;
    let is_known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sending WHERE subject = ?1 AND token = ?2)")?
        .query_row(params![subject, token], |row| row.get(0))?;
    if is_known {
        return Ok(SendAdmission::Proceed);
    }
    let newest_first: Vec<i64> = connection
        .prepare_cached("SELECT at FROM sending WHERE subject = ?1 ORDER BY at DESC")?
        .query_map([subject], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let newest_first =
        newest_first.into_iter().filter_map(|at| u64::try_from(at).ok()).map(Timestamp::from_unix);
    let newest_first: Vec<Timestamp> = newest_first.collect();
    let after_gap = newest_first.first().map(|newest| newest.plus(limits.gap));
    let most = usize::try_from(limits.count.max(1)).unwrap_or(usize::MAX);
    // With the oldest of as many as there may be, one place is free again.
    let after_window = newest_first.get(most.saturating_sub(1)).map(|oldest| oldest.plus(limits.window));
    if let Some(until) = after_gap.max(after_window).filter(|until| *until > sending.at) {
        return Ok(SendAdmission::Limited { until });
    }
    let over = integer(sending.at.plus(limits.window.max(limits.gap)).as_unix())?;
    connection
        .prepare_cached("INSERT INTO sending (subject, token, at, over) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![subject, token, at, over])?;
    Ok(SendAdmission::Proceed)
}

pub(super) fn withdraw(connection: &Connection, sending: &Sending) -> Result<(), DatabaseError> {
    connection
        .prepare_cached("DELETE FROM sending WHERE subject = ?1 AND token = ?2")?
        .execute(params![sending.subject, sending.token])?;
    Ok(())
}

pub(super) fn claim(
    connection: &Connection,
    name: Digest,
    token: Token,
    term: Duration,
    at: Timestamp,
) -> Result<bool, DatabaseError> {
    let over = integer(at.plus(term.max(Duration::from_secs(1))).as_unix())?;
    connection.prepare_cached("DELETE FROM claim WHERE over <= ?1")?.execute([integer(at.as_unix())?])?;
    let holder: Option<Token> = connection
        .prepare_cached("SELECT token FROM claim WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    if let Some(holder) = holder {
        // Nobody claims for longer than a term: a clock was ahead.
        connection
            .prepare_cached("UPDATE claim SET over = ?2 WHERE name = ?1 AND over > ?2")?
            .execute(params![name, over])?;
        return Ok(holder == token);
    }
    connection
        .prepare_cached("INSERT INTO claim (name, token, over) VALUES (?1, ?2, ?3)")?
        .execute(params![name, token, over])?;
    Ok(true)
}
