//! The volatile database: a file beside the daemon's socket for everything that no backup may bring back. Replay protection rests on it:
//! it holds the time steps that are spent, the recovery codes and tickets that are used, and the challenges that are open.
//!
//! Restoring the main database from a backup must not make spent codes acceptable again. So these records are kept apart from it, in
//! the folder of the daemon's socket, which is emptied when the host starts. A file that is new, that an earlier start of the host
//! has left, or that is not the one that the main database was used with last, is a new *generation*: it may lack records of the
//! generation before it. The fence, the moment since which a generation is complete, is then moved to the present.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postern_core::clock::{Clock, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use rustix::fs::Access as FileAccess;
use tokio::sync::{Notify, Semaphore};

use super::database::{self, Database, Journal};
use super::deadline::in_turn;
use super::error::{DatabaseError, OpenError};
use super::generation::Generation;
use super::integers::{integer, timestamp};
use super::schema;
use crate::Access;

/// One file for each main database; all processes of the host that use the one use the other.
pub(super) struct VolatileDb {
    path: PathBuf,
    database: Database,
    pub(super) clock: Arc<dyn Clock>,
    open: Mutex<Option<OpenFile>>,
    turns: Arc<Semaphore>,
    access: Access,
    /// The generation of a tool's own records, until posternd has begun one: only the tool can use them.
    tool_generation: Generation,
    /// Notified of changes that this process made.
    pub(super) changed: Notify,
}

impl VolatileDb {
    /// Opens nothing before it is needed.
    pub(super) fn new(folder: &Path, database: Database, clock: Arc<dyn Clock>, access: Access) -> Self {
        let mut name = database.path().file_name().unwrap_or_default().to_owned();
        name.push(".spent");
        let (open, changed, turns) = (Mutex::default(), Notify::new(), Arc::new(Semaphore::new(THREADS)));
        let tool_generation = Generation::new();
        Self { path: folder.join(name), database, clock, open, turns, access, tool_generation, changed }
    }

    /// Tries to write to it. The answer is a warning, if no code is accepted for long. A generation that has to begin begins now and
    /// not with the first code, so that later logins need not wait.
    pub(super) async fn probe(self: &Arc<Self>, budget: Duration) -> Result<Option<String>, DatabaseError> {
        self.may_be_made()?;
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

    /// Runs one transaction, within `budget`. A few threads at most wait for their turn: while the disk does not answer, others need
    /// the threads.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        budget: Duration,
        change: impl Fn(&Transaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let this = Arc::clone(self);
        let work = move || this.run_here(change);
        in_turn(&self.turns, budget, "a change did not come to its end", work).await
    }

    /// Transactions run one at a time, as SQLite requires anyway. A file that was replaced meanwhile is left for the new one.
    fn run_here<T>(
        &self,
        change: impl Fn(&Transaction<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let mut slot = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.access == Access::Tool && matches!(self.path.try_exists(), Ok(false)) {
            // A code that the tool sends is typed to the tool, so its records have to last until it ends.
            let known = slot.take().filter(|file| file.identity == NO_FILE);
            let mut open = known.map_or_else(OpenFile::none, Ok).map_err(|error| self.unusable(error))?;
            let result = open.run(&change);
            *slot = Some(open);
            return result;
        }
        for _ in 0..MOST_FILES {
            let known = slot.take().filter(|file| file.is_at(&self.path));
            let opened = known.map_or_else(|| OpenFile::at(&self.path), |file| Ok(Some(file)));
            let Some(mut open) = opened.map_err(|error| self.unusable(error))? else { continue };
            let result = open.run(&change);
            if result.is_ok() || open.is_at(&self.path) {
                *slot = Some(open);
                return result;
            }
        }
        Err(DatabaseError::Down(format!("{} is replaced all the time", self.path.display())))
    }

    /// The generation of this file, and its fence: the moment since which every spent step is in it. A new generation begins now.
    pub(super) fn complete_since(
        &self,
        transaction: &Transaction<'_>,
        at: Timestamp,
    ) -> Result<(Generation, Timestamp), DatabaseError> {
        let known: Option<(Generation, String, i64)> = transaction
            .prepare_cached("SELECT instance, boot, since FROM memory")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let known = known
            .map(|(generation, boot, since)| (generation, boot, u64::try_from(since).unwrap_or(u64::MAX)));
        let in_use = self.database.read_here(|connection| {
            let select = "SELECT instance FROM spent_memory";
            Ok(connection
                .prepare_cached(select)?
                .query_row([], |row| row.get::<_, Generation>(0))
                .optional()?)
        })?;
        let is_in_use = |generation| in_use == Some(generation);
        if self.access == Access::Tool {
            return Ok(match known {
                Some((generation, _, since)) if is_in_use(generation) => {
                    (generation, Timestamp::from_unix(since))
                }
                // A generation that no other record belongs to.
                Some(_) | None => (self.tool_generation, self.clock.now().max(at)),
            });
        }
        let boot = boot()?;
        let earlier = match known {
            Some((generation, of, since)) if is_in_use(generation) && of == boot => {
                return Ok((generation, Timestamp::from_unix(since)));
            }
            Some((_, _, since)) => Timestamp::from_unix(since),
            None => Timestamp::from_unix(0),
        };
        // The clock may have been ahead of what it is now: no step was spent that becomes available later than this.
        let high = high_in(transaction, FILE_HIGH)?
            .max(self.database.read_here(|connection| high_in(connection, DATABASE_HIGH))?);
        // First the main database, so that another volatile database that it was used with is out of use before this generation
        // begins. A crash in between leaves two files that do not belong together, as before.
        let generation = Generation::new();
        self.database.write_here(|connection| {
            connection.execute(
                "INSERT INTO spent_memory (one, instance) VALUES (1, ?1)
                 ON CONFLICT DO UPDATE SET instance = excluded.instance",
                [generation],
            )?;
            Ok(())
        })?;
        let since = self.clock.now().max(at).max(earlier).max(high);
        transaction.execute(
            "INSERT INTO memory (one, instance, boot, since) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET instance = excluded.instance, boot = excluded.boot, since = excluded.since",
            params![generation, boot, integer(since.as_unix())?],
        )?;
        Ok((generation, since))
    }

    /// Records in both files that a step was spent that is available from `earliest` on: either file may be lost, or restored from a
    /// backup.
    pub(super) fn note_high(
        &self,
        transaction: &Transaction<'_>,
        earliest: Timestamp,
    ) -> Result<(), DatabaseError> {
        if high_in(transaction, FILE_HIGH)? < earliest {
            set_high(transaction, SET_FILE_HIGH, earliest)?;
        }
        if self.database.read_here(|connection| high_in(connection, DATABASE_HIGH))? < earliest {
            self.database.write_here(|connection| set_high(connection, SET_DATABASE_HIGH, earliest))?;
        }
        Ok(())
    }

    /// A tool creates no file, but reports if posternd could not either.
    fn may_be_made(&self) -> Result<(), DatabaseError> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        if self.access == Access::Daemon || !matches!(self.path.try_exists(), Ok(false)) {
            return Ok(());
        }
        rustix::fs::access(folder, FileAccess::WRITE_OK | FileAccess::EXEC_OK)
            .map_err(|error| self.unusable(OpenError::Io(error.into())))
    }

    /// A value that changes whenever another process writes to the file.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let meta = fs::metadata(&self.path).ok()?;
        Some(Stamp { identity: FileIdentity::of(&meta), modified: (meta.mtime(), meta.mtime_nsec()) })
    }

    fn unusable(&self, error: OpenError) -> DatabaseError {
        let at = |error: &dyn fmt::Display| {
            format!(
                "{}: {error}; it remembers what was spent and what waits for an answer, and may be removed",
                self.path.display()
            )
        };
        match error {
            OpenError::Sqlite(error) => match DatabaseError::from(error) {
                DatabaseError::Down(why) => DatabaseError::Down(why),
                DatabaseError::Broken(why) => DatabaseError::Broken(at(&why)),
            },
            OpenError::Io(error) => {
                let folder = self.path.parent().unwrap_or(Path::new("/")).display();
                let path = self.path.display();
                DatabaseError::Broken(format!(
                    "{path} cannot be opened: {error}; the folder has to exist and belong to user postern; fix it with: \
                     install -d -o postern -g postern -m 0755 {folder}"
                ))
            }
            error @ (OpenError::At(..)
            | OpenError::Missing
            | OpenError::Mode(_)
            | OpenError::Owner { .. }
            | OpenError::Version(_)
            | OpenError::Foreign) => DatabaseError::Broken(at(&error)),
        }
    }
}

impl fmt::Debug for VolatileDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VolatileDb").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The state of the file at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    identity: FileIdentity,
    modified: (i64, i64),
}

/// The open file, and which file it is: another one may be put in its place.
struct OpenFile {
    connection: Connection,
    identity: FileIdentity,
}

/// Device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    inode: u64,
}

/// No inode has the number 0.
const NO_FILE: FileIdentity = FileIdentity { device: 0, inode: 0 };

impl FileIdentity {
    fn of(meta: &fs::Metadata) -> Self {
        Self { device: meta.dev(), inode: meta.ino() }
    }
}

impl OpenFile {
    /// `None` if another file took its place meanwhile.
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

    /// In memory, if there is no file, for a tool, which may not create it.
    fn none() -> Result<Self, OpenError> {
        let mut connection = Connection::open_in_memory()?;
        schema::prepare(&mut connection, &schema::SPENT)?;
        Ok(Self { connection, identity: NO_FILE })
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

fn identity_of(path: &Path) -> io::Result<FileIdentity> {
    let meta = fs::metadata(path)?;
    Ok(FileIdentity::of(&meta))
}

fn high_in(connection: &Connection, query: &str) -> Result<Timestamp, DatabaseError> {
    let at: Option<i64> = connection.prepare_cached(query)?.query_row([], |row| row.get(0)).optional()?;
    Ok(timestamp(at.unwrap_or(0)))
}

fn set_high(connection: &Connection, statement: &str, at: Timestamp) -> Result<(), DatabaseError> {
    connection.prepare_cached(statement)?.execute([integer(at.as_unix())?])?;
    Ok(())
}

const FILE_HIGH: &str = "SELECT at FROM high";
const DATABASE_HIGH: &str = "SELECT at FROM spent_high";
const SET_FILE_HIGH: &str =
    "INSERT INTO high (one, at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";
const SET_DATABASE_HIGH: &str =
    "INSERT INTO spent_high (one, at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)";

/// Identifies this start of the host (random(4)).
fn boot() -> Result<String, DatabaseError> {
    let boot = fs::read_to_string(BOOT_ID).map_err(|error| {
        DatabaseError::Broken(format!("{BOOT_ID} cannot be read: {error}; posternd has to see /proc/sys"))
    })?;
    Ok(boot.trim().to_owned())
}

/// A moment further ahead than this comes from a clock that was wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(600);
const MOST_FILES: u32 = 5;
/// Those that wait in a thread follow each other without the scheduler in between.
const THREADS: usize = 8;
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a disk that takes its time")]
mod tests {
    use postern_core::clock::SystemClock;

    use super::*;

    #[tokio::test]
    async fn changes_that_wait_for_a_disk_that_hangs_keep_no_thread_from_reads() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("postern.db")).unwrap();
        let clock = Arc::new(SystemClock);
        let volatile = Arc::new(VolatileDb::new(dir.path(), database.clone(), clock, Access::Daemon));
        let of = |hangs: Duration| {
            let volatile = Arc::clone(&volatile);
            let change = move |_: &Transaction<'_>| {
                std::thread::sleep(hangs);
                Ok(())
            };
            tokio::spawn(async move { volatile.run(Duration::from_secs(20), change).await })
        };
        let hanging = of(Duration::from_secs(1));
        let waiting: Vec<_> = (0..THREADS_OF_TOKIO).map(|_| of(Duration::ZERO)).collect();
        tokio::task::yield_now().await;
        database.read(Duration::from_millis(500), |_| Ok(())).await.unwrap();
        assert!(!hanging.is_finished());
        for task in waiting.into_iter().chain([hanging]) {
            task.await.unwrap().unwrap();
        }
    }

    /// How many threads may block at once, if nothing else is said.
    const THREADS_OF_TOKIO: usize = 512;
}
