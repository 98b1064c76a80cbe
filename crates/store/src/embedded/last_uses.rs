//! Accepted logins: where they came from, and when each credential was last used.

use std::net::IpAddr;

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::ledger::{LastUses, LedgerError, NOTE_EVERY, SourceNote, Use};
use postern_core::limits::{SOURCE_RETENTION, Source};
use rusqlite::{Connection, Row, params};

use super::error::DatabaseError;
use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};
use crate::credentials::{credential_of, credential_text};

#[async_trait]
impl LastUses for EmbeddedLedger {
    async fn note_use(
        &self,
        account: &AccountId,
        source: &Source,
        note: &SourceNote,
        used: &Use,
    ) -> Result<(), LedgerError> {
        let (account, source) = (account.as_str().to_owned(), source.as_str().to_owned());
        let (credential, at) = (credential_text(used.credential), integer(used.at.as_unix())?);
        let (service, address) = (used.service.clone(), used.address.map(|address| address.to_string()));
        let forgotten = integer(used.at.minus(SOURCE_RETENTION).as_unix())?;
        let note_every = integer(NOTE_EVERY.as_secs())?;
        let (noted_at, mac) = (integer(note.at.as_unix())?, note.mac.bytes());
        let note = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO last_use (account, credential, at, service, address) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET at = excluded.at, service = excluded.service, address = excluded.address
                     WHERE excluded.at >= last_use.at + ?6 OR last_use.at > excluded.at + ?6",
                )?
                .execute(params![account, credential, at, service, address, note_every])?;
            connection
                .prepare_cached("DELETE FROM source_note WHERE account = ?1 AND at <= ?2")?
                .execute(params![account, forgotten])?;
            connection
                .prepare_cached(
                    "INSERT INTO source_note (account, source, at, mac) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET at = excluded.at, mac = excluded.mac",
                )?
                .execute(params![account, source, noted_at, mac])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, note).await?)
    }

    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError> {
        let account = account.as_str().to_owned();
        let uses = self.database.read(BUDGET, move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT credential, at, service, address FROM last_use WHERE account = ?1 ORDER BY at DESC, credential",
            )?;
            let rows = select.query_map([account], UseRow::read)?;
            rows.map(|row| row?.into_use()).collect()
        });
        Ok(uses.await?)
    }
}

struct UseRow {
    credential: String,
    at: i64,
    service: String,
    address: Option<String>,
}

impl UseRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { credential: row.get(0)?, at: row.get(1)?, service: row.get(2)?, address: row.get(3)? })
    }

    fn into_use(self) -> Result<Use, DatabaseError> {
        let unknown = || DatabaseError::Broken(format!("a last use of \"{}\"", self.credential));
        Ok(Use {
            credential: credential_of(&self.credential).ok_or_else(unknown)?,
            at: timestamp(self.at),
            service: self.service,
            address: self.address.and_then(|text| text.parse::<IpAddr>().ok()),
        })
    }
}
