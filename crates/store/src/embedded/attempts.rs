//! Passwords that were tried: the wrong ones are counted and remembered.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Admission, Attempt, Attempts, History, LedgerError, Settlement, SourceNote};
use postern_core::limits::{AttemptLimits, Source};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::database::Database;
use super::error::DatabaseError;
use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl Attempts for EmbeddedLedger {
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
        let history = self
            .database
            .read(BUDGET, move |connection| history_of(connection, &account, &source, window_start));
        Ok(history.await?)
    }

    async fn forget_attempts(&self, account: &AccountId) -> Result<(), LedgerError> {
        let account = account.as_str().to_owned();
        let forget = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM attempt WHERE account = ?1")?.execute([account])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, forget).await?)
    }
}

/// An attempt at a name without an account, which takes the time of one at an account and leaves nothing. A row that is left because
/// the process ends is forgotten after its window, as others are.
///
/// There are as many at one time as one source may make at one name. Under a flood of invented names others do without, so that it
/// does not keep the disk busy.
pub(super) struct StandInAttempt {
    row: AttemptRow,
    database: Database,
    _place: SemaphorePermit<'static>,
}

impl StandInAttempt {
    /// Does what is done before a main password is verified, if there is a place. Errors change nothing, as at an account.
    pub(super) async fn begin(database: &Database, at: Timestamp) -> Option<Self> {
        static PLACES: Semaphore = Semaphore::const_new(AT_ONE_TIME);
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let place = PLACES.try_acquire().ok()?;
        // No account has an empty id.
        let source = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let row = AttemptRow { account: String::new(), source, digest: Digest::default(), at };
        let (source, writes) = (row.source.clone(), row.clone());
        let history = database.read(BUDGET, move |connection| history_of(connection, "", &source, 0));
        drop(history.await);
        // A shorter window than the site's would forget what is counted at accounts.
        let limits =
            AttemptLimits { per_source: u32::MAX, per_account: u32::MAX, window: AttemptLimits::MAX_WINDOW };
        drop(database.write(BUDGET, move |connection| writes.admit(connection, &limits)).await);
        Some(Self { row, database: database.clone(), _place: place })
    }

    /// Does what is done after it.
    pub(super) async fn end(self) {
        let Self { row, database, _place } = self;
        drop(database.write(BUDGET, move |connection| row.settle(connection, Settlement::Withdrawn)).await);
    }
}

/// An [`Attempt`] that can be sent to the writer.
#[derive(Clone)]
struct AttemptRow {
    account: String,
    source: String,
    digest: Digest,
    at: Timestamp,
}

impl AttemptRow {
    fn of(attempt: &Attempt<'_>) -> Self {
        Self {
            account: attempt.account.as_str().to_owned(),
            source: attempt.source.as_str().to_owned(),
            digest: attempt.digest,
            at: attempt.at,
        }
    }

    fn admit(&self, connection: &Connection, limits: &AttemptLimits) -> Result<Admission, DatabaseError> {
        let forgotten = integer(self.at.minus(limits.window).as_unix())?;
        connection.prepare_cached("DELETE FROM attempt WHERE at <= ?1")?.execute([forgotten])?;
        // A time in the future was written by a clock that was wrong, and counts as of now.
        connection
            .prepare_cached("UPDATE attempt SET at = ?2 WHERE account = ?1 AND at > ?2")?
            .execute(params![self.account, integer(self.at.as_unix())?])?;
        let known: Option<bool> = connection
            .prepare_cached("SELECT wrong FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3")?
            .query_row(params![self.account, self.source, self.digest.bytes()], |found| found.get(0))
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
            .execute(params![self.account, self.source, self.digest.bytes(), integer(self.at.as_unix())?])?;
        Ok(Admission::Proceed)
    }

    fn settle(&self, connection: &Connection, settlement: Settlement) -> Result<(), DatabaseError> {
        let query = match settlement {
            Settlement::Wrong => {
                "UPDATE attempt SET wrong = 1 WHERE account = ?1 AND source = ?2 AND digest = ?3"
            }
            Settlement::Withdrawn => {
                "DELETE FROM attempt WHERE account = ?1 AND source = ?2 AND digest = ?3 AND wrong = 0"
            }
        };
        connection.prepare_cached(query)?.execute(params![self.account, self.source, self.digest.bytes()])?;
        Ok(())
    }
}

const AT_ONE_TIME: usize = 10;

fn history_of(
    connection: &Connection,
    account: &str,
    source: &str,
    window_start: i64,
) -> Result<History, DatabaseError> {
    let has_failed = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM attempt WHERE account = ?1 AND source = ?2 AND wrong AND at > ?3)",
        )?
        .query_row(params![account, source, window_start], |row| row.get(0))?;
    let succeeded = connection
        .prepare_cached("SELECT at, mac FROM source_note WHERE account = ?1 AND source = ?2")?
        .query_row([account, source], |row| {
            Ok(SourceNote { at: timestamp(row.get(0)?), mac: Digest::new(row.get(1)?) })
        })
        .optional()?;
    Ok(History { has_failed, succeeded })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_without_an_account_makes_nobody_forget_what_was_counted() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("postern.db")).unwrap();
        let (now, hour) = (Timestamp::from_unix(4_000_000_000), std::time::Duration::from_secs(3_600));
        let of = |at| AttemptRow {
            account: "a".to_owned(),
            source: "s".to_owned(),
            digest: Digest::default(),
            at,
        };
        let limits = AttemptLimits { window: AttemptLimits::MAX_WINDOW, ..AttemptLimits::default() };
        let wrong = of(now.minus(hour * 23));
        let counted = database.write(BUDGET, move |connection| {
            wrong.admit(connection, &limits)?;
            wrong.settle(connection, Settlement::Wrong)
        });
        counted.await.unwrap();
        StandInAttempt::begin(&database, now).await.unwrap().end().await;
        let again = of(now);
        let admission = database.write(BUDGET, move |connection| again.admit(connection, &limits)).await;
        assert_eq!(admission.unwrap(), Admission::KnownWrong);
    }
}
