//! The recent logins of an account.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::{SKEW, Timestamp};
use postern_core::keyring::Digest;
use postern_core::ledger::{EventPut, LedgerError, LoginHistory};
use postern_core::limits::HistoryLimits;
use postern_core::login_event::{EventGroup, LoginEventId, LoginEventRecord};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl LoginHistory for EmbeddedLedger {
    /// Also removes the events of all accounts that are too old at `at`.
    async fn put_login_event(
        &self,
        account: &AccountId,
        record: &LoginEventRecord,
        replaces: Option<&str>,
        limits: &HistoryLimits,
        at: Timestamp,
    ) -> Result<EventPut, LedgerError> {
        let (account, record) = (account.as_str().to_owned(), record.clone());
        let (replaces, room) = (replaces.map(ToOwned::to_owned), limits.room(record.id.group));
        let (too_old, future) = (at.minus(limits.kept), at.plus(SKEW));
        let put = move |connection: &Connection| {
            let (group, id) = (record.id.group.as_str(), record.id.digest.bytes());
            let known: Option<String> = connection
                .prepare_cached("SELECT value FROM login_event WHERE account = ?1 AND kind = ?2 AND id = ?3")?
                .query_row(params![account, group, id], |row| row.get(0))
                .optional()?;
            if known != replaces && known.as_ref() != Some(&record.value) {
                return Ok(EventPut::Other(known));
            }
            connection
                .prepare_cached(
                    "INSERT INTO login_event (account, kind, id, value, last) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET value = excluded.value, last = excluded.last",
                )?
                .execute(params![account, group, id, record.value, integer(record.last.as_unix())?])?;
            connection
                .prepare_cached("DELETE FROM login_event WHERE last <= ?1")?
                .execute([integer(too_old.as_unix())?])?;
            // One of a clock that was ahead gives way first.
            connection
                .prepare_cached(
                    "DELETE FROM login_event WHERE account = ?1 AND kind = ?2 AND id IN (
                         SELECT id FROM login_event WHERE account = ?1 AND kind = ?2 AND id <> ?3
                         ORDER BY iif(last > ?5, 0, last) DESC LIMIT -1 OFFSET ?4)",
                )?
                .execute(params![account, group, id, room.saturating_sub(1), integer(future.as_unix())?])?;
            Ok(EventPut::Stored)
        };
        Ok(self.database.write(BUDGET, put).await?)
    }

    async fn login_events(
        &self,
        account: &AccountId,
        limits: &HistoryLimits,
        now: Timestamp,
    ) -> Result<Vec<LoginEventRecord>, LedgerError> {
        let (account, too_old) = (account.as_str().to_owned(), now.minus(limits.kept));
        let list = self.database.read(BUDGET, move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT kind, id, value, last FROM login_event WHERE account = ?1 AND last > ?2",
            )?;
            let rows = select.query_map(params![account, integer(too_old.as_unix())?], read_event)?;
            let mut events: Vec<_> = rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
            events.sort_by_key(|event| event.id);
            Ok(events)
        });
        Ok(list.await?)
    }

    async fn drop_login_events(&self, account: &AccountId) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let remove = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM login_event WHERE account = ?1")?.execute([account])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, remove).await?)
    }
}

/// `None` for a group of another version.
fn read_event(row: &Row<'_>) -> rusqlite::Result<Option<LoginEventRecord>> {
    let Some(group) = EventGroup::parse(&row.get::<_, String>(0)?) else { return Ok(None) };
    let id = LoginEventId { group, digest: Digest::new(row.get(1)?) };
    Ok(Some(LoginEventRecord { id, value: row.get(2)?, last: timestamp(row.get(3)?) }))
}
