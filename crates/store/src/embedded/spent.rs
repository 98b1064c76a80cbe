//! Which time steps are spent, in a file that no backup brings back.
//!
//! Whoever restores the database from a backup must not make it forget what was spent since. So that is kept apart from it,
//! in the folder of the daemon's socket, which is emptied when the host starts. A file that is new, that an earlier start of
//! the host has left, or that is not the one that the database was used with last, may lack what was spent before: from
//! then on only steps are to be had that nobody can have spent by then.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postern_core::clock::{Clock, Timestamp};
use postern_core::ledger::{Spend, Spent, Token};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::database::{self, Database, DatabaseError, Journal, OpenError};
use super::directory::integer;
use super::schema;
use crate::codes::first_unspent;

/// The memory of spent steps. One file for each database; all processes of the host that use the one use the other.
pub(super) struct SpentSteps {
    path: PathBuf,
    database: Database,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<OpenFile>>,
}

impl SpentSteps {
    /// Nothing is opened before it is needed.
    pub(super) fn new(folder: &Path, database: Database, clock: Arc<dyn Clock>) -> Self {
        let mut name = database.path().file_name().unwrap_or_default().to_owned();
        name.push(".spent");
        Self { path: folder.join(name), database, clock, open: Mutex::default() }
    }

    /// Spends a step, within `budget`.
    pub(super) async fn spend(
        self: &Arc<Self>,
        step: &Spend<'_>,
        budget: Duration,
    ) -> Result<Spent, DatabaseError> {
        let (this, step) = (Arc::clone(self), Step::of(step)?);
        self.run(budget, move |transaction| this.spend_in(transaction, &step)).await
    }

    /// Whether it can be written to. The answer is what is amiss all the same. Where it may lack what was spent before, its
    /// time begins now and not with the first code, so that whoever comes later need not wait.
    pub(super) async fn probe(self: &Arc<Self>, budget: Duration) -> Result<Option<String>, DatabaseError> {
        let this = Arc::clone(self);
        let (_, since) =
            self.run(budget, move |transaction| this.complete_since(transaction, this.clock.now())).await?;
        Ok((since > self.clock.now().plus(WRONG_CLOCK)).then(|| {
            let path = self.path.display();
            format!(
                "no code is taken before {since}, for the clock was wrong once; remove {path} to end that"
            )
        }))
    }

    async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        budget: Duration,
        change: impl Fn(&Transaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let this = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || this.run_here(change));
        match tokio::time::timeout(budget, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(DatabaseError::Down("a change did not come to its end".to_owned())),
            Err(_) => Err(DatabaseError::Down("no answer in time".to_owned())),
        }
    }

    /// One at a time, as SQLite would have it anyway. A file that went away meanwhile is left for the one that is there now.
    fn run_here<T>(
        &self,
        change: impl Fn(&Transaction<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let mut slot = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..MOST_FILES {
            let kept = slot.take().filter(|kept| kept.is_at(&self.path));
            let opened = kept.map_or_else(|| OpenFile::at(&self.path), |kept| Ok(Some(kept)));
            let Some(mut open) = opened.map_err(|error| self.unusable(error))? else { continue };
            let result = open.run(&change);
            if result.is_ok() || open.is_at(&self.path) {
                *slot = Some(open);
                return result;
            }
        }
        Err(DatabaseError::Down(format!("{} is replaced all the time", self.path.display())))
    }

    fn spend_in(&self, transaction: &Transaction<'_>, wanted: &Step) -> Result<Spent, DatabaseError> {
        let (memory, since) = self.complete_since(transaction, wanted.at)?;
        let last: Option<(i64, Token, Instance)> = transaction
            .prepare_cached("SELECT step, token, memory FROM spent WHERE account = ?1 AND factor = ?2")?
            .query_row(params![wanted.account, wanted.factor], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let is_complete = match last {
            Some((step, token, _)) if step == wanted.step && token == wanted.token => return Ok(Spent::Now),
            Some((step, ..)) if step >= wanted.step => return Ok(Spent::Replayed),
            // Nothing of this factor was forgotten since its last step was written.
            Some((_, _, of)) => of == memory,
            None => wanted.is_first,
        };
        let from = first_unspent(since, wanted.period);
        if !is_complete && wanted.step < integer(from)? {
            return Ok(Spent::Unknown { from });
        }
        transaction
            .prepare_cached(
                "INSERT INTO spent (account, factor, step, token, memory) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE
                 SET step = excluded.step, token = excluded.token, memory = excluded.memory",
            )?
            .execute(params![wanted.account, wanted.factor, wanted.step, wanted.token, memory])?;
        Ok(Spent::Now)
    }

    /// Which memory this is, and since when every step that was spent is in it. Where nobody knows, that begins now.
    fn complete_since(
        &self,
        transaction: &Transaction<'_>,
        at: Timestamp,
    ) -> Result<(Instance, Timestamp), DatabaseError> {
        let boot = boot()?;
        let known: Option<(Instance, String, i64)> = transaction
            .prepare_cached("SELECT instance, boot, since FROM memory")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let known =
            known.map(|(instance, boot, since)| (instance, boot, u64::try_from(since).unwrap_or(u64::MAX)));
        let in_use = self.database.read_here(|connection| {
            let select = "SELECT instance FROM spent_memory";
            Ok(connection
                .prepare_cached(select)?
                .query_row([], |row| row.get::<_, Instance>(0))
                .optional()?)
        })?;
        let earlier = match known {
            Some((instance, of, since)) if in_use == Some(instance) && of == boot => {
                return Ok((instance, Timestamp::from_unix(since)));
            }
            Some((_, _, since)) => Timestamp::from_unix(since),
            None => Timestamp::from_unix(0),
        };
        // First the database, so that another file which it was used with hears of it before this one's time begins. A crash
        // in between leaves two that do not belong together, which is where it began.
        let instance = Uuid::new_v4().into_bytes();
        self.database.write_here(|connection| {
            connection.execute(
                "INSERT INTO spent_memory (one, instance) VALUES (1, ?1)
                 ON CONFLICT DO UPDATE SET instance = excluded.instance",
                [instance],
            )?;
            Ok(())
        })?;
        let since = self.clock.now().max(at).max(earlier);
        transaction.execute(
            "INSERT INTO memory (one, instance, boot, since) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET instance = excluded.instance, boot = excluded.boot, since = excluded.since",
            params![instance, boot, integer(since.as_unix())?],
        )?;
        Ok((instance, since))
    }

    fn unusable(&self, error: OpenError) -> DatabaseError {
        let at = |error: &dyn fmt::Display| {
            format!(
                "{}: {error}; nothing is in it but spent codes, so it may be removed",
                self.path.display()
            )
        };
        match error {
            OpenError::Sqlite(error) => match DatabaseError::from(error) {
                DatabaseError::Down(why) => DatabaseError::Down(why),
                DatabaseError::Broken(why) => DatabaseError::Broken(at(&why)),
            },
            error @ (OpenError::Io(_)
            | OpenError::At(..)
            | OpenError::Missing
            | OpenError::Mode(_)
            | OpenError::Owner { .. }
            | OpenError::Version(_)
            | OpenError::Foreign) => DatabaseError::Broken(at(&error)),
        }
    }
}

impl fmt::Debug for SpentSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpentSteps").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A [`Spend`] that another thread may take along.
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
}

/// The file, and which one it is: somebody may put another in its place.
struct OpenFile {
    connection: Connection,
    identity: Identity,
}

type Identity = (u64, u64);
type Instance = [u8; 16];

impl OpenFile {
    /// `None` where another one took its place meanwhile.
    fn at(path: &Path) -> Result<Option<Self>, OpenError> {
        database::ensure_private(path)?;
        let identity = identity_of(path);
        let connection = database::prepare(path, Journal::Truncate, &schema::SPENT);
        match (identity, identity_of(path)) {
            (Ok(before), Ok(after)) if before == after => {
                Ok(Some(Self { connection: connection?, identity: after }))
            }
            (Ok(_) | Err(_), Ok(_) | Err(_)) => Ok(None),
        }
    }

    fn is_at(&self, path: &Path) -> bool {
        identity_of(path).is_ok_and(|identity| identity == self.identity)
    }

    fn run<T>(
        &mut self,
        change: impl Fn(&Transaction<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

fn identity_of(path: &Path) -> io::Result<Identity> {
    let meta = fs::metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

/// Which start of the host this is (random(4)).
fn boot() -> Result<String, DatabaseError> {
    let boot = fs::read_to_string(BOOT_ID).map_err(|error| {
        DatabaseError::Broken(format!("{BOOT_ID} cannot be read: {error}; posternd has to see /proc/sys"))
    })?;
    Ok(boot.trim().to_owned())
}

/// A moment that is further ahead than this comes from a clock that was wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(600);
const MOST_FILES: u32 = 5;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use postern_core::account::AccountId;
    use postern_core::clock::SystemClock;
    use postern_core::factor::FactorId;

    use super::*;

    /// Later than the machine's clock.
    const NOW: u64 = 4_000_000_000;

    struct Host(tempfile::TempDir);

    impl Host {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn open(&self) -> Arc<SpentSteps> {
            let database = Database::open(&self.0.path().join("postern.db")).unwrap();
            Arc::new(SpentSteps::new(self.0.path(), database, Arc::new(SystemClock)))
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("postern.db.spent")
        }

        fn change(&self, sql: &str) {
            let file = Connection::open(self.path()).unwrap();
            assert_eq!(file.execute(sql, []).unwrap(), 1, "{sql}");
        }
    }

    async fn spend(steps: &Arc<SpentSteps>, step: u64) -> Result<Spent, DatabaseError> {
        let (account, factor) = (AccountId::new("a".to_owned()), FactorId::new([1; 16]));
        let at = Timestamp::from_unix(NOW);
        let wanted =
            Spend { account: &account, factor, step, period: 30, is_first: false, at, token: [9; 16] };
        steps.spend(&wanted, Duration::from_secs(3)).await
    }

    /// Has spent the first step that is to be had; which one that was.
    async fn begin(steps: &Arc<SpentSteps>) -> u64 {
        let Ok(Spent::Unknown { from }) = spend(steps, 0).await else { panic!("it had a memory") };
        assert!(matches!(spend(steps, from).await, Ok(Spent::Now)));
        from
    }

    #[tokio::test]
    async fn what_an_earlier_start_of_the_host_has_left_is_incomplete() {
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
        assert!(matches!(spend(&steps, step).await, Ok(Spent::Now)), "the fence is where it was raised: now");
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
        assert!(
            matches!(spend(&steps, NOW / 30 + 1).await, Ok(Spent::Unknown { from }) if from == NOW / 30 + 2)
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
    async fn a_file_that_is_none_of_ours_is_named_with_its_mend() {
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
