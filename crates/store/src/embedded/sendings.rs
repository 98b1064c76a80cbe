//! Messages that were sent: their number is limited.

use std::time::Duration;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{LedgerError, SendAdmission, Sending, Sendings};
use postern_core::limits::SendLimits;
use rusqlite::{Connection, Transaction, params};

use super::error::DatabaseError;
use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl Sendings for EmbeddedLedger {
    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError> {
        let (sending, limits) = (*sending, *limits);
        let admit = move |connection: &Connection| admit(connection, &sending, &limits);
        Ok(self.database.write(BUDGET, admit).await?)
    }

    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError> {
        let sending = *sending;
        let withdraw = move |connection: &Connection| {
            connection
                .prepare_cached("DELETE FROM sending WHERE subject = ?1 AND token = ?2")?
                .execute(params![sending.subject.bytes(), sending.token.bytes()])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, withdraw).await?)
    }

    async fn count_sendings(
        &self,
        subject: Digest,
        window: Duration,
        at: Timestamp,
    ) -> Result<u64, LedgerError> {
        let count = move |connection: &Transaction<'_>| {
            let after = integer(at.minus(window).as_unix())?;
            let count: u32 = connection
                .prepare_cached("SELECT count(*) FROM sending WHERE subject = ?1 AND at > ?2")?
                .query_row(params![subject.bytes(), after], |row| row.get(0))?;
            Ok(count.into())
        };
        Ok(self.database.read(BUDGET, count).await?)
    }
}

fn admit(
    connection: &Connection,
    sending: &Sending,
    limits: &SendLimits,
) -> Result<SendAdmission, DatabaseError> {
    let (subject, token) = (sending.subject.bytes(), sending.token.bytes());
    let at = integer(sending.at.as_unix())?;
    connection.prepare_cached("DELETE FROM sending WHERE over <= ?1")?.execute([at])?;
    // A time in the future was written by a clock that was wrong, and counts as of now.
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
    let after_gap = newest_first.first().map(|newest| timestamp(*newest).plus(limits.gap));
    let most = usize::try_from(limits.count.max(1)).unwrap_or(usize::MAX);
    // When the oldest of the greatest number leaves the window, one more may be sent.
    let after_window =
        newest_first.get(most.saturating_sub(1)).map(|oldest| timestamp(*oldest).plus(limits.window));
    if let Some(until) = after_gap.max(after_window).filter(|until| *until > sending.at) {
        return Ok(SendAdmission::Limited { until });
    }
    let over = integer(sending.at.plus(limits.window.max(limits.gap)).as_unix())?;
    connection
        .prepare_cached("INSERT INTO sending (subject, token, at, over) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![subject, token, at, over])?;
    Ok(SendAdmission::Proceed)
}
