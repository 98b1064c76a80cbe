use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::ledger::{
    Admission, Attempt, CodeAdmission, CodeAttempt, CodeSettlement, Health, History, Ledger, LedgerError,
    NOTE_EVERY, REVISION_MEMORY, Settlement, Spend, Spent, Use,
};
use postern_core::limits::{AttemptLimits, CodeLimits, SOURCE_MEMORY, Source};
use rusqlite::{Connection, OptionalExtension, params};

use super::codes::{self, CodeRow};
use super::database::{Database, DatabaseError};
use super::devices;
use super::directory::integer;
use super::spent::SpentSteps;
use crate::codes::{credential_of, credential_text};

/// The ledger of a single host, in the directory's SQLite file.
#[derive(Debug, Clone)]
pub struct EmbeddedLedger {
    database: Database,
    spent: Arc<SpentSteps>,
}

impl EmbeddedLedger {
    pub(super) fn new(database: Database, spent: SpentSteps) -> Self {
        Self { database, spent: Arc::new(spent) }
    }
}

#[async_trait]
impl Ledger for EmbeddedLedger {
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError> {
        let (row, limits) = (AttemptRow::of(attempt)?, *limits);
        let forgotten = integer(attempt.at.minus(limits.window).as_unix())?;
        let trusted_since = integer(attempt.at.minus(SOURCE_MEMORY).as_unix())?;
        let admit = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM attempt WHERE at <= ?1")?.execute([forgotten])?;
            let known: Option<bool> = connection
                .prepare_cached(
                    "SELECT wrong FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3",
                )?
                .query_row(params![row.account, row.source, row.digest], |found| found.get(0))
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
                .query_row(params![row.account, row.source], |counts| Ok((counts.get(0)?, counts.get(1)?)))?;
            let is_limited = from_here >= limits.per_source
                || in_all >= limits.per_account
                    && !has_succeeded(connection, &row.account, &row.source, trusted_since)?;
            if is_limited {
                return Ok(Admission::Limited);
            }
            connection
                .prepare_cached(
                    "INSERT INTO attempt (account, source, digest, at, wrong) VALUES (?1, ?2, ?3, ?4, 0)",
                )?
                .execute(params![row.account, row.source, row.digest, row.at])?;
            Ok(Admission::Proceed)
        };
        Ok(self.database.write(BUDGET, admit).await?)
    }

    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError> {
        let row = AttemptRow::of(attempt)?;
        let query = match settlement {
            Settlement::Wrong => {
                "UPDATE attempt SET wrong = 1 WHERE account = ?1 AND source = ?2 AND digest = ?3"
            }
            Settlement::Withdrawn => {
                "DELETE FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3 AND wrong = 0"
            }
        };
        let settle = move |connection: &Connection| {
            connection.prepare_cached(query)?.execute(params![row.account, row.source, row.digest])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, settle).await?)
    }

    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError> {
        let (account, source) = (account.as_str().to_owned(), source.as_str().to_owned());
        let window_start = integer(now.minus(limits.window).as_unix())?;
        let trusted_since = integer(now.minus(SOURCE_MEMORY).as_unix())?;
        let history = self.database.read(BUDGET, move |connection| {
            let has_failed = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE account = ?1 AND source = ?2 AND wrong AND at > ?3)")?
                .query_row(params![account, source, window_start], |row| row.get(0))?;
            let has_succeeded = has_succeeded(connection, &account, &source, trusted_since)?;
            Ok(History { has_failed, has_succeeded })
        });
        Ok(history.await?)
    }

    async fn note_use(&self, account: &AccountId, source: &Source, used: &Use) -> Result<(), LedgerError> {
        let (account, source) = (account.as_str().to_owned(), source.as_str().to_owned());
        let (credential, at) = (credential_text(used.credential), integer(used.at.as_unix())?);
        let (service, address) = (used.service.clone(), used.address.map(|address| address.to_string()));
        let forgotten = integer(used.at.minus(SOURCE_MEMORY).as_unix())?;
        let note_every = integer(NOTE_EVERY.as_secs())?;
        let note = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO last_use (account, credential, at, service, address) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET at = excluded.at, service = excluded.service, address = excluded.address
                     WHERE excluded.at >= last_use.at + ?6",
                )?
                .execute(params![account, credential, at, service, address, note_every])?;
            connection
                .prepare_cached("DELETE FROM source WHERE account = ?1 AND at <= ?2")?
                .execute(params![account, forgotten])?;
            connection
                .prepare_cached(
                    "INSERT INTO source (account, source, at) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                )?
                .execute(params![account, source, at])?;
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
            let rows = select.query_map([account], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?))
            })?;
            rows.map(|row| {
                let (credential, at, service, address) = row?;
                Ok(Use {
                    credential: credential_of(&credential)
                        .ok_or_else(|| DatabaseError::Broken(format!("a last use of \"{credential}\"")))?,
                    at: Timestamp::from_unix(u64::try_from(at).unwrap_or(0)),
                    service,
                    address: address.and_then(|text| text.parse::<IpAddr>().ok()),
                })
            })
            .collect()
        });
        Ok(uses.await?)
    }

    async fn note_revision(
        &self,
        account: &AccountId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let forgotten = integer(at.minus(REVISION_MEMORY).as_unix())?;
        let (number, at) = (integer(revision.0)?, integer(at.as_unix())?);
        let note = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM revision WHERE at <= ?1")?.execute([forgotten])?;
            connection
                .prepare_cached(
                    "INSERT INTO revision (account, number, at) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET number = excluded.number, at = max(at, excluded.at)
                     WHERE excluded.number >= number",
                )?
                .execute(params![account, number, at])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, note).await?)
    }

    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Revision>, LedgerError> {
        let account = account.as_str().to_owned();
        let forgotten = integer(now.minus(REVISION_MEMORY).as_unix())?;
        let known = self.database.read(BUDGET, move |connection| {
            let number = connection
                .prepare_cached("SELECT number FROM revision WHERE account = ?1 AND at > ?2")?
                .query_row(params![account, forgotten], |row| row.get::<_, i64>(0))
                .optional()?;
            Ok(number.and_then(|number| u64::try_from(number).ok()).map(Revision))
        });
        Ok(known.await?)
    }

    async fn admit_code(
        &self,
        attempt: &CodeAttempt<'_>,
        limits: &CodeLimits,
    ) -> Result<CodeAdmission, LedgerError> {
        let (row, limits) = (CodeRow::of(attempt), *limits);
        Ok(self.database.write(BUDGET, move |connection| row.admit(connection, &limits)).await?)
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
        Ok(self.database.write(BUDGET, move |connection| codes::forget(connection, &account)).await?)
    }

    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError> {
        Ok(self.spent.spend(step, BUDGET).await?)
    }

    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let (account, device) = (account.as_str().to_owned(), device.clone());
        let put = move |connection: &Connection| devices::put(connection, &account, &device, at);
        Ok(self.database.write(BUDGET, put).await?)
    }

    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError> {
        let account = account.as_str().to_owned();
        Ok(self.database.read(BUDGET, move |connection| devices::list(connection, &account, now)).await?)
    }

    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError> {
        let (account, devices) = (account.as_str().to_owned(), devices.to_vec());
        let remove = move |connection: &Connection| devices::remove(connection, &account, &devices);
        Ok(self.database.write(BUDGET, remove).await?)
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        let answers = self.database.read(BUDGET, |connection| {
            connection.query_row("SELECT count(*) FROM attempt", [], |_| Ok(()))?;
            Ok(())
        });
        answers.await?;
        let warnings = match self.spent.probe(BUDGET).await {
            Ok(amiss) => amiss.into_iter().collect(),
            Err(DatabaseError::Down(why) | DatabaseError::Broken(why)) => {
                vec![format!("codes cannot be spent, so none is taken: {why}")]
            }
        };
        Ok(Health { what: "the embedded database".to_owned(), warnings })
    }
}

impl From<DatabaseError> for LedgerError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Down(why) => Self::Down(why),
            DatabaseError::Broken(why) => Self::Broken(why),
        }
    }
}

struct AttemptRow {
    account: String,
    source: String,
    digest: [u8; 16],
    at: i64,
}

impl AttemptRow {
    fn of(attempt: &Attempt<'_>) -> Result<Self, DatabaseError> {
        Ok(Self {
            account: attempt.account.as_str().to_owned(),
            source: attempt.source.as_str().to_owned(),
            digest: attempt.digest,
            at: integer(attempt.at.as_unix())?,
        })
    }
}

fn has_succeeded(
    connection: &Connection,
    account: &str,
    source: &str,
    since: i64,
) -> Result<bool, DatabaseError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM source WHERE account = ?1 AND source = ?2 AND at > ?3)",
        )?
        .query_row(params![account, source, since], |row| row.get(0))?)
}

/// What depends on the ledger gives up after this.
const BUDGET: Duration = Duration::from_millis(600);
