//! The newest revision of each account.

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::clock::{SKEW, Timestamp};
use postern_core::keyring::Digest;
use postern_core::ledger::{LedgerError, REVISION_RETENTION, RevisionNote, Revisions};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl Revisions for EmbeddedLedger {
    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let forgotten = integer(note.at.minus(REVISION_RETENTION).as_unix())?;
        let future = integer(note.at.plus(SKEW).as_unix())?;
        let (number, at, mac) = (integer(note.revision.0)?, integer(note.at.as_unix())?, note.mac.bytes());
        let note = move |connection: &Connection| {
            connection
                .prepare_cached("DELETE FROM revision_note WHERE at <= ?1 OR account = ?2 AND at > ?3")?
                .execute(params![forgotten, account, future])?;
            connection
                .prepare_cached(
                    "INSERT INTO revision_note (account, number, at, mac) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET number = excluded.number, at = excluded.at, mac = excluded.mac
                     WHERE excluded.number > number OR excluded.number = number AND excluded.at >= at",
                )?
                .execute(params![account, number, at, mac])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, note).await?)
    }

    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<RevisionNote>, LedgerError> {
        let account = account.as_str().to_owned();
        let forgotten = integer(now.minus(REVISION_RETENTION).as_unix())?;
        let future = integer(now.plus(SKEW).as_unix())?;
        let known = self.database.read(BUDGET, move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT number, at, mac FROM revision_note WHERE account = ?1 AND at > ?2 AND at <= ?3",
            )?;
            Ok(select.query_row(params![account, forgotten, future], read_note).optional()?)
        });
        Ok(known.await?)
    }
}

fn read_note(row: &Row<'_>) -> rusqlite::Result<RevisionNote> {
    let (number, at): (i64, i64) = (row.get(0)?, row.get(1)?);
    let revision = Revision(u64::try_from(number).unwrap_or(u64::MAX));
    Ok(RevisionNote { revision, at: timestamp(at), mac: Digest::new(row.get(2)?) })
}
