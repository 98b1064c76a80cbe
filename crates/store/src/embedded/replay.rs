//! Replay protection: a time step that was spent once is refused.
//!
//! Spent steps are in the volatile database, behind its fence: in a new generation only steps are accepted that cannot have been spent
//! before it began.

use std::sync::Arc;

use async_trait::async_trait;
use postern_core::clock::Timestamp;
use postern_core::ledger::{LedgerError, ReplayProtection, Spend, Spent, Token};
use rusqlite::{OptionalExtension, Transaction, params};

use super::error::DatabaseError;
use super::generation::Generation;
use super::integers::integer;
use super::ledger::{BUDGET, EmbeddedLedger};
use super::volatile_db::VolatileDb;

#[async_trait]
impl ReplayProtection for EmbeddedLedger {
    async fn spend(&self, step: &Spend<'_>) -> Result<Spent, LedgerError> {
        let (volatile, step) = (Arc::clone(&self.volatile), Step::of(step)?);
        Ok(self.volatile.run(BUDGET, move |transaction| step.spend(&volatile, transaction)).await?)
    }
}

/// A [`Spend`] that can be sent to another thread.
struct Step {
    account: String,
    factor: [u8; 16],
    step: i64,
    period: u64,
    is_first: bool,
    at: Timestamp,
    token: Token,
}

impl Step {
    fn of(step: &Spend<'_>) -> Result<Self, DatabaseError> {
        Ok(Self {
            account: step.account.as_str().to_owned(),
            factor: step.factor.bytes(),
            step: integer(step.step)?,
            period: step.period,
            is_first: step.is_first,
            at: step.at,
            token: step.token,
        })
    }

    /// Spends the step, unless it was spent before.
    fn spend(&self, volatile: &VolatileDb, transaction: &Transaction<'_>) -> Result<Spent, DatabaseError> {
        let (generation, since) = volatile.complete_since(transaction, self.at)?;
        let mut last: Option<(i64, Token, Generation)> = transaction
            .prepare_cached("SELECT step, token, memory FROM spent WHERE account = ?1 AND factor = ?2")?
            .query_row(params![self.account, self.factor], |row| {
                Ok((row.get(0)?, Token::new(row.get(1)?), row.get(2)?))
            })
            .optional()?;
        if matches!(last, Some((step, token, _)) if step == self.step && token == self.token) {
            return Ok(Spent::Now);
        }
        let now = volatile.clock.now().max(self.at);
        let first = integer(first_unspent(now.max(since), self.period))?;
        let mut is_ahead = matches!(last, Some((step, ..)) if step > first + FAR_AHEAD);
        if is_ahead && self.is_known(transaction, first)? {
            last = Some((self.begin_anew(transaction, first, generation)?, UNSPENT, generation));
            is_ahead = false;
        }
        if self.is_taken(transaction)? {
            return Ok(Spent::Replayed);
        }
        let is_complete = match last {
            // The factor began anew at this step, after a clock that was ahead, or it could not. Either way earlier steps are unknown.
            Some((step, token, _)) if step >= self.step && (token == UNSPENT || is_ahead) => {
                return Ok(unknown_to(step));
            }
            Some((step, ..)) if step >= self.step => return Ok(Spent::Replayed),
            Some(_) if !self.is_known(transaction, self.step)? => {
                return Ok(unknown_to(self.dropped(transaction)?));
            }
            // No record of this factor was lost since its last step was written.
            Some((_, _, of)) => of == generation,
            None => self.is_first,
        };
        let from = first_unspent(since, self.period);
        if !is_complete && self.step < integer(from)? {
            return Ok(Spent::Unknown { from });
        }
        transaction
            .prepare_cached(
                "INSERT INTO spent (account, factor, step, token, memory) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE
                 SET step = excluded.step, token = excluded.token, memory = excluded.memory",
            )?
            .execute(params![self.account, self.factor, self.step, self.token.bytes(), generation])?;
        self.note_taken(transaction)?;
        let earliest = u64::try_from(self.step.saturating_sub(1)).unwrap_or(0);
        volatile.note_high(transaction, Timestamp::from_unix(earliest.saturating_mul(self.period)))?;
        Ok(Spent::Now)
    }

    /// Whether this very step was taken, even if the clock was set back since.
    fn is_taken(&self, transaction: &Transaction<'_>) -> Result<bool, DatabaseError> {
        Ok(transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM taken WHERE account = ?1 AND factor = ?2 AND step = ?3)",
            )?
            .query_row(params![self.account, self.factor, self.step], |row| row.get(0))?)
    }

    /// Records that this step is taken. The latest steps of a factor are kept one by one.
    fn note_taken(&self, transaction: &Transaction<'_>) -> Result<(), DatabaseError> {
        let mut dropped = self.dropped(transaction)?;
        if self.step <= dropped {
            transaction
                .prepare_cached(
                    "UPDATE untaken SET low = ?3
                     WHERE account = ?1 AND factor = ?2 AND low < ?3 AND high > ?3",
                )?
                .execute(params![self.account, self.factor, self.step])?;
        }
        transaction
            .prepare_cached("INSERT OR IGNORE INTO taken (account, factor, step) VALUES (?1, ?2, ?3)")?
            .execute(params![self.account, self.factor, self.step])?;
        let all: Vec<i64> = transaction
            .prepare_cached("SELECT step FROM taken WHERE account = ?1 AND factor = ?2 ORDER BY step")?
            .query_map(params![self.account, self.factor], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let too_many = all.len().saturating_sub(MOST_TAKEN);
        for (oldest, next) in all.iter().zip(all.iter().skip(1)).take(too_many) {
            transaction
                .prepare_cached("DELETE FROM taken WHERE account = ?1 AND factor = ?2 AND step = ?3")?
                .execute(params![self.account, self.factor, oldest])?;
            if *oldest > dropped {
                dropped = *oldest;
                self.note_dropped(transaction, dropped, *next)?;
            }
        }
        Ok(())
    }

    /// Records that a step is no longer kept; `next` is the one that was taken after it.
    fn note_dropped(&self, transaction: &Transaction<'_>, step: i64, next: i64) -> Result<(), DatabaseError> {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO dropped (account, factor, step) VALUES (?1, ?2, ?3)")?
            .execute(params![self.account, self.factor, step])?;
        if next - step <= FAR_AHEAD {
            return Ok(());
        }
        // A clock that jumped ahead leaves a long gap behind it; earlier, shorter gaps say less.
        transaction
            .prepare_cached(
                "DELETE FROM untaken WHERE account = ?1 AND factor = ?2 AND (high - low <= ?3 OR low NOT IN
                 (SELECT low FROM untaken WHERE account = ?1 AND factor = ?2 ORDER BY low DESC LIMIT ?4))",
            )?
            .execute(params![self.account, self.factor, next - step, MOST_UNTAKEN - 1])?;
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO untaken (account, factor, low, high) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.account, self.factor, step, next])?;
        Ok(())
    }

    /// The latest taken step that is no longer kept: all taken steps after it are.
    fn dropped(&self, transaction: &Transaction<'_>) -> Result<i64, DatabaseError> {
        Ok(transaction
            .prepare_cached(
                "SELECT coalesce(
                     (SELECT step FROM dropped WHERE account = ?1 AND factor = ?2),
                     (SELECT CASE WHEN count(*) >= ?3 THEN min(step) - 1 WHEN count(*) > 0 THEN -1 END
                      FROM taken WHERE account = ?1 AND factor = ?2),
                     (SELECT step FROM spent WHERE account = ?1 AND factor = ?2),
                     -1)",
            )?
            .query_row(
                params![self.account, self.factor, i64::try_from(MOST_TAKEN).unwrap_or(i64::MAX)],
                |row| row.get(0),
            )?)
    }

    /// Whether it is known if this step was taken: steps after the last dropped one are kept, and so are some gaps before it.
    fn is_known(&self, transaction: &Transaction<'_>, step: i64) -> Result<bool, DatabaseError> {
        if step > self.dropped(transaction)? {
            return Ok(true);
        }
        Ok(transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM untaken
                 WHERE account = ?1 AND factor = ?2 AND low < ?3 AND high > ?3)",
            )?
            .query_row(params![self.account, self.factor, step], |row| row.get(0))?)
    }

    /// The last step was taken by a clock that was ahead. Its time is not waited for: as after a loss of records, steps from `first` on
    /// are available, except for those that were taken. Answers the last step as it is now.
    fn begin_anew(
        &self,
        transaction: &Transaction<'_>,
        first: i64,
        generation: Generation,
    ) -> Result<i64, DatabaseError> {
        transaction
            .prepare_cached(
                "UPDATE spent SET step = ?3, token = ?4, memory = ?5 WHERE account = ?1 AND factor = ?2",
            )?
            .execute(params![self.account, self.factor, first - 1, UNSPENT.bytes(), generation])?;
        Ok(first - 1)
    }
}

/// It is unknown whether steps up to `last` were taken.
fn unknown_to(last: i64) -> Spent {
    Spent::Unknown { from: u64::try_from(last + 1).unwrap_or(0) }
}

/// The first step that cannot have been spent before `since`. Codes are accepted one step early and one step late.
fn first_unspent(since: Timestamp, period: u64) -> u64 {
    (since.as_unix() / period.max(1)).saturating_add(2)
}

/// Marks a step that was not spent.
const UNSPENT: Token = Token::new([0; Token::BYTES]);
/// In steps; the time of a nearer step is waited for.
const FAR_AHEAD: i64 = 10;
/// How many steps of a factor are kept one by one.
const MOST_TAKEN: usize = 32;
/// How many gaps without a taken step are kept of a factor.
const MOST_UNTAKEN: u32 = 8;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::Duration;

    use postern_core::account::AccountId;
    use postern_core::clock::SystemClock;
    use postern_core::factor::FactorId;
    use rusqlite::Connection;

    use super::super::database::Database;
    use super::*;
    use crate::Access;

    /// Later than the machine's clock.
    const NOW: u64 = 4_000_000_000;

    struct Host(tempfile::TempDir);

    impl Host {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn open(&self) -> Arc<VolatileDb> {
            let database = Database::open(&self.0.path().join("postern.db")).unwrap();
            Arc::new(VolatileDb::new(self.0.path(), database, Arc::new(SystemClock), Access::Daemon))
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("postern.db.spent")
        }

        fn change(&self, sql: &str) {
            let file = Connection::open(self.path()).unwrap();
            assert_ne!(file.execute(sql, []).unwrap(), 0, "{sql}");
        }
    }

    async fn spend(volatile: &Arc<VolatileDb>, step: u64) -> Result<Spent, DatabaseError> {
        let (account, factor) = (AccountId::new("a".to_owned()), FactorId::new([1; 16]));
        let at = Timestamp::from_unix(NOW);
        let wanted = Spend {
            account: &account,
            factor,
            step,
            period: 30,
            is_first: false,
            at,
            token: Token::new([9; 16]),
        };
        let (this, wanted) = (Arc::clone(volatile), Step::of(&wanted)?);
        let spend = move |transaction: &Transaction<'_>| wanted.spend(&this, transaction);
        volatile.run(Duration::from_secs(3), spend).await
    }

    /// Spends the first step that is available, and answers which one that was.
    async fn begin(steps: &Arc<VolatileDb>) -> u64 {
        let Ok(Spent::Unknown { from }) = spend(steps, 0).await else { panic!("it had a memory") };
        assert!(matches!(spend(steps, from).await, Ok(Spent::Now)));
        from
    }

    #[test]
    fn the_step_after_next_is_the_first_that_cannot_have_been_spent() {
        let first = |since, period| first_unspent(Timestamp::from_unix(since), period);
        assert_eq!((first(0, 30), first(29, 30), first(30, 30), first(30, 60)), (2, 2, 3, 2));
    }

    #[tokio::test]
    async fn a_file_of_an_earlier_boot_is_incomplete() {
        let host = Host::new();
        let steps = host.open();
        let step = begin(&steps).await;
        assert!(
            matches!(spend(&host.open(), step + 1).await, Ok(Spent::Now)),
            "nothing is lost with a process"
        );
        host.change("UPDATE memory SET boot = 'another', since = 0");
        assert!(matches!(spend(&steps, step + 1).await, Ok(Spent::Now)), "the same question has it again");
        host.change("UPDATE spent SET token = x'00000000000000000000000000000000'");
        assert!(
            matches!(spend(&steps, step + 1).await, Ok(Spent::Replayed)),
            "what is there is true all the same"
        );
        host.change("DELETE FROM spent");
        host.change("DELETE FROM taken");
        assert!(
            matches!(spend(&steps, step).await, Ok(Spent::Unknown { from }) if from == step + 2),
            "the fence is where the last step could be had"
        );
    }

    #[tokio::test]
    async fn a_crash_between_the_two_files_leaves_two_that_do_not_belong_together() {
        let host = Host::new();
        let steps = host.open();
        _ = begin(&steps).await;
        let database = Connection::open(host.0.path().join("postern.db")).unwrap();
        assert_eq!(database.execute("UPDATE spent_memory SET instance = randomblob(16)", []).unwrap(), 1);
        host.change("UPDATE memory SET since = 0");
        host.change("DELETE FROM spent");
        host.change("DELETE FROM taken");
        assert!(
            matches!(spend(&steps, NOW / 30 + 1).await, Ok(Spent::Unknown { from }) if from == NOW / 30 + 3)
        );
    }

    #[tokio::test]
    async fn a_fence_is_never_lowered() {
        let host = Host::new();
        let steps = host.open();
        _ = begin(&steps).await;
        host.change("UPDATE memory SET boot = 'another', since = 5000000000");
        assert!(
            matches!(spend(&steps, NOW / 30 + 9).await, Ok(Spent::Unknown { from }) if from == 5_000_000_000 / 30 + 2)
        );
        let amiss = steps.probe(Duration::from_secs(3)).await.unwrap().unwrap();
        assert!(
            amiss.contains("2128-06-11T08:53:20Z") && amiss.contains(&host.path().display().to_string()),
            "{amiss}"
        );
    }

    #[tokio::test]
    async fn a_foreign_or_readable_file_is_named_with_the_remedy() {
        let host = Host::new();
        for (text, mode, expected) in [
            (&b"not a database, whatever it is; and long enough to have a header of one, which has a hundred bytes."[..], 0o600, "not a database"),
            (b"", 0o644, "chmod 0600"),
        ] {
            fs::write(host.path(), text).unwrap();
            fs::set_permissions(host.path(), fs::Permissions::from_mode(mode)).unwrap();
            let Err(DatabaseError::Broken(why)) = spend(&host.open(), 0).await else { panic!("{expected}") };
            assert!(why.contains(expected) && why.contains("may be removed"), "{why}");
            fs::remove_file(host.path()).unwrap();
        }
        _ = begin(&host.open()).await;
        assert_eq!(fs::metadata(host.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    }
}
