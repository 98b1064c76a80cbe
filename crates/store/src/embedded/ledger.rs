use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{AccountId, Revision};
use postern_core::challenge::ChallengeId;
use postern_core::clock::{SKEW, Timestamp};
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Answered, Attempt, ChallengeAdmission, CodeAdmission, CodeAttempt, CodeSettlement, Health,
    History, KeptChallenge, Ledger, LedgerError, NOTE_EVERY, NewChallenge, REVISION_MEMORY, RevisionNote,
    SendAdmission, Sending, Settlement, SourceNote, Spend, Spent, Token, Use,
};
use postern_core::limits::{AttemptLimits, CodeLimits, PushLimits, SOURCE_MEMORY, SendLimits, Source};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::attempts::{self, AttemptRow};
use super::challenges::{Desk, New};
use super::codes::{self, CodeRow};
use super::database::{Database, DatabaseError};
use super::devices;
use super::directory::integer;
use super::memory::Memory;
use super::sendings;
use crate::challenges::bounded;
use crate::codes::{credential_of, credential_text};

/// The ledger of a single host, in the directory's SQLite file.
#[derive(Debug, Clone)]
pub struct EmbeddedLedger {
    database: Database,
    memory: Arc<Memory>,
}

impl EmbeddedLedger {
    pub(super) fn new(database: Database, memory: Memory) -> Self {
        Self { database, memory: Arc::new(memory) }
    }
}

#[async_trait]
impl Ledger for EmbeddedLedger {
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError> {
        let (row, limits) = (AttemptRow::of(attempt), *limits);
        let admit = move |connection: &Connection| row.admit(connection, &limits);
        Ok(self.database.write(BUDGET, admit).await?)
    }

    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError> {
        let row = AttemptRow::of(attempt);
        let settle = move |connection: &Connection| row.settle(connection, settlement);
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
        let history = self.database.read(BUDGET, move |connection| {
            let has_failed = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE account = ?1 AND source = ?2 AND wrong AND at > ?3)")?
                .query_row(params![account, source, window_start], |row| row.get(0))?;
            let succeeded = attempts::succeeded(connection, &account, &source)?;
            Ok(History { has_failed, succeeded })
        });
        Ok(history.await?)
    }

    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        Ok(self.database.write(BUDGET, move |connection| attempts::forget(connection, &account)).await?)
    }

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
        let forgotten = integer(used.at.minus(SOURCE_MEMORY).as_unix())?;
        let note_every = integer(NOTE_EVERY.as_secs())?;
        let (noted_at, mac) = (integer(note.at.as_unix())?, note.mac);
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

    async fn note_revision(&self, account: &AccountId, note: &RevisionNote) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let forgotten = integer(note.at.minus(REVISION_MEMORY).as_unix())?;
        let future = integer(note.at.plus(SKEW).as_unix())?;
        let (number, at, mac) = (integer(note.revision.0)?, integer(note.at.as_unix())?, note.mac);
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
        let forgotten = integer(now.minus(REVISION_MEMORY).as_unix())?;
        let future = integer(now.plus(SKEW).as_unix())?;
        let known = self.database.read(BUDGET, move |connection| {
            let note = connection
                .prepare_cached(
                    "SELECT number, at, mac FROM revision_note WHERE account = ?1 AND at > ?2 AND at <= ?3",
                )?
                .query_row(params![account, forgotten, future], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?))
                })
                .optional()?;
            Ok(note.map(|(number, at, mac)| RevisionNote {
                revision: Revision(u64::try_from(number).unwrap_or(u64::MAX)),
                at: Timestamp::from_unix(u64::try_from(at).unwrap_or(0)),
                mac,
            }))
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
        Ok(self.memory.spend(step, BUDGET).await?)
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

    async fn admit_sending(
        &self,
        sending: &Sending,
        limits: &SendLimits,
    ) -> Result<SendAdmission, LedgerError> {
        let (sending, limits) = (*sending, *limits);
        let admit = move |connection: &Connection| sendings::admit(connection, &sending, &limits);
        Ok(self.database.write(BUDGET, admit).await?)
    }

    async fn withdraw_sending(&self, sending: &Sending) -> Result<(), LedgerError> {
        let sending = *sending;
        Ok(self.database.write(BUDGET, move |connection| sendings::withdraw(connection, &sending)).await?)
    }

    async fn claim(
        &self,
        name: Digest,
        token: Token,
        term: Duration,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        // Not in the database, whose backup must not give once more what somebody has.
        let claim = move |file: &Transaction<'_>| sendings::claim(file, name, token, term, at);
        Ok(self.memory.run(BUDGET, claim).await?)
    }

    async fn put_challenge(
        &self,
        account: &AccountId,
        challenge: &NewChallenge<'_>,
        limits: &PushLimits,
    ) -> Result<ChallengeAdmission, LedgerError> {
        let (new, limits) = (New::of(challenge), *limits);
        let put = move |desk: &Desk<'_>| desk.put(&new, &limits);
        let admission = self.memory.at_desk(account, challenge.at, put).await?;
        // It may have taken another one's place.
        self.memory.changed.notify_waiters();
        Ok(admission)
    }

    async fn challenges(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Vec<KeptChallenge>, LedgerError> {
        Ok(self.memory.at_desk(account, now, |desk| desk.open()).await?)
    }

    async fn answer_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        answer: &str,
        at: Timestamp,
    ) -> Result<Answered, LedgerError> {
        let answer = bounded(answer)?.to_owned();
        let answered = self.memory.at_desk(account, at, move |desk| desk.answer(id, &answer)).await?;
        self.memory.changed.notify_waiters();
        Ok(answered)
    }

    async fn try_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        most: u32,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError> {
        Ok(self.memory.at_desk(account, at, move |desk| desk.look(id, most, token)).await?)
    }

    async fn take_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        token: Token,
        at: Timestamp,
    ) -> Result<Option<KeptChallenge>, LedgerError> {
        let taken = self.memory.at_desk(account, at, move |desk| desk.take(id, token)).await?;
        self.memory.changed.notify_waiters();
        Ok(taken)
    }

    async fn await_challenge(
        &self,
        account: &AccountId,
        id: ChallengeId,
        longest: Duration,
    ) -> Result<bool, LedgerError> {
        Ok(self.memory.await_challenge(account, id, longest).await?)
    }

    async fn quiet_phones(
        &self,
        account: &AccountId,
        until: Timestamp,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        Ok(self.memory.at_desk(account, at, move |desk| desk.quiet(until)).await?)
    }

    async fn time(&self) -> Result<Option<Timestamp>, LedgerError> {
        Ok(None)
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        let answers = self.database.read(BUDGET, |connection| {
            connection.query_row("SELECT count(*) FROM attempt", [], |_| Ok(()))?;
            Ok(())
        });
        answers.await?;
        let mut health = Health { what: "the embedded database".to_owned(), ..Health::default() };
        if let Err(DatabaseError::Down(why) | DatabaseError::Broken(why)) =
            self.database.try_to_write(TRIAL).await
        {
            let path = self.database.path().display();
            health.failures.push(format!(
                "{path} cannot be written to: {why}; until it can, neither codes nor recovery codes are taken, and nothing is \
                 changed; make room on its disk, and see: df {path}"
            ));
        }
        match self.memory.probe(BUDGET).await {
            Ok(amiss) => health.warnings.extend(amiss),
            Err(DatabaseError::Down(why) | DatabaseError::Broken(why)) => {
                health.failures.push(format!("codes cannot be spent, so none is taken: {why}"));
            }
        }
        Ok(health)
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

/// What depends on the ledger gives up after this.
const BUDGET: Duration = Duration::from_millis(600);
/// Nobody waits for it at a prompt.
const TRIAL: Duration = Duration::from_secs(3);
