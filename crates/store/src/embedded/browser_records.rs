//! Records of browsers, in the volatile database: no backup may bring back a session that was ended.

use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{BrowserRecords, LedgerError, MOST_BROWSER_RECORDS};
use rusqlite::{OptionalExtension, Transaction, params};

use super::error::DatabaseError;
use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl BrowserRecords for EmbeddedLedger {
    async fn put_browser_record(
        &self,
        account: &AccountId,
        record: &BrowserRecord,
        replaces: Option<&BrowserRecord>,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let (account, record, replaces) = (account.as_str().to_owned(), record.clone(), replaces.cloned());
        let volatile = Arc::clone(&self.volatile);
        let put = move |transaction: &Transaction<'_>| {
            let (generation, _) = volatile.complete_since(transaction, at)?;
            // A record that is expired for one caller is expired for all.
            let now = integer(volatile.clock.now().max(at).as_unix())?;
            transaction
                .prepare_cached("DELETE FROM browser WHERE memory <> ?1 OR account = ?2 AND expires <= ?3")?
                .execute(params![generation, account, now])?;
            if let Some(old) = &replaces {
                if value(transaction, &account, old.id)?.as_ref() != Some(&old.value) {
                    return Ok(value(transaction, &account, record.id)?.as_ref() == Some(&record.value));
                }
                delete(transaction, &account, old.id)?;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO browser (account, kind, id, value, expires, memory) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires",
                )?
                .execute(params![
                    account,
                    record.id.kind.as_str(),
                    record.id.digest.bytes(),
                    record.value,
                    integer(record.expires.as_unix())?,
                    generation
                ])?;
            transaction
                .prepare_cached(
                    "DELETE FROM browser WHERE account = ?1 AND kind = ?2 AND id IN (
                         SELECT id FROM browser WHERE account = ?1 AND kind = ?2 AND id <> ?3
                         ORDER BY expires DESC LIMIT -1 OFFSET ?4)",
                )?
                .execute(params![
                    account,
                    record.id.kind.as_str(),
                    record.id.digest.bytes(),
                    integer(MOST_BROWSER_RECORDS as u64 - 1)?
                ])?;
            Ok(true)
        };
        Ok(self.volatile.run(BUDGET, put).await?)
    }

    async fn browser_records(
        &self,
        account: &AccountId,
        kind: BrowserRecordKind,
        now: Timestamp,
    ) -> Result<Vec<BrowserRecord>, LedgerError> {
        let (volatile, account) = (Arc::clone(&self.volatile), account.as_str().to_owned());
        let list = move |transaction: &Transaction<'_>| {
            let (generation, _) = volatile.complete_since(transaction, now)?;
            let mut select = transaction.prepare_cached(
                "SELECT id, value, expires FROM browser
                 WHERE account = ?1 AND kind = ?2 AND expires > ?3 AND memory = ?4 ORDER BY id",
            )?;
            let now = integer(volatile.clock.now().max(now).as_unix())?;
            let rows = select.query_map(params![account, kind.as_str(), now, generation], |row| {
                let id = BrowserRecordId { kind, digest: Digest::new(row.get(0)?) };
                Ok(BrowserRecord { id, value: row.get(1)?, expires: timestamp(row.get(2)?) })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        Ok(self.volatile.run(BUDGET, list).await?)
    }

    async fn drop_browser_records(
        &self,
        account: &AccountId,
        ids: &[BrowserRecordId],
    ) -> Result<(), LedgerError> {
        let (account, ids) = (account.as_str().to_owned(), ids.to_vec());
        let remove = move |transaction: &Transaction<'_>| {
            ids.iter().try_for_each(|id| delete(transaction, &account, *id))
        };
        Ok(self.volatile.run(BUDGET, remove).await?)
    }

    async fn forget_browsers(&self) -> Result<(), LedgerError> {
        let remove = |transaction: &Transaction<'_>| {
            transaction.execute("DELETE FROM browser", [])?;
            Ok(())
        };
        Ok(self.volatile.run(BUDGET, remove).await?)
    }
}

fn value(
    transaction: &Transaction<'_>,
    account: &str,
    id: BrowserRecordId,
) -> Result<Option<String>, DatabaseError> {
    let select = "SELECT value FROM browser WHERE account = ?1 AND kind = ?2 AND id = ?3";
    let key = params![account, id.kind.as_str(), id.digest.bytes()];
    Ok(transaction.prepare_cached(select)?.query_row(key, |row| row.get(0)).optional()?)
}

fn delete(transaction: &Transaction<'_>, account: &str, id: BrowserRecordId) -> Result<(), DatabaseError> {
    transaction
        .prepare_cached("DELETE FROM browser WHERE account = ?1 AND kind = ?2 AND id = ?3")?
        .execute(params![account, id.kind.as_str(), id.digest.bytes()])?;
    Ok(())
}
