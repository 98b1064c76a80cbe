//! What no backup may bring back, in a file beside the daemon's socket: time steps that are spent, recovery codes and tickets that
//! are used, challenges that are open.
//!
//! Whoever restores the database from a backup must not make it forget what was spent since, nor have it give once more what was
//! taken. So that is kept apart from it, in the folder of the daemon's socket, which is emptied when the host starts. A file that
//! is new, that an earlier start of the host has left, or that is not the one that the database was used with last, is another
//! memory, and may lack what the one before it knew.

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
use tokio::sync::Notify;
use uuid::Uuid;

use super::database::{self, Database, DatabaseError, Journal, OpenError};
use super::directory::integer;
use super::schema;

/// One file for each database; all processes of the host that use the one use the other.
pub(super) struct Memory {
    path: PathBuf,
    database: Database,
    pub(super) clock: Arc<dyn Clock>,
    open: Mutex<Option<OpenFile>>,
    access: Access,
    /// What a guest writes down belongs to this, where no time of posternd's has begun: it is good for the guest alone.
    guest_instance: Instance,
    /// Tells of changes that this process made.
    pub(super) changed: Notify,
}

/// Who opens the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// posternd: it makes the file, and says when what was spent is known from then on.
    Keeper,
    /// Any other program. It finds out nothing about the start of the host, as it may be shown another one than posternd, and asking
    /// changes nothing: neither is a file made, nor does a time begin.
    Guest,
}

/// Which memory it is.
pub(super) type Instance = [u8; 16];

impl Memory {
    /// Nothing is opened before it is needed.
    pub(super) fn new(folder: &Path, database: Database, clock: Arc<dyn Clock>, access: Access) -> Self {
        let mut name = database.path().file_name().unwrap_or_default().to_owned();
        name.push(".spent");
        let (open, changed) = (Mutex::default(), Notify::new());
        let guest_instance = Uuid::new_v4().into_bytes();
        Self { path: folder.join(name), database, clock, open, access, guest_instance, changed }
    }

    /// Whether it can be written to. The answer is what is amiss all the same. Where it may lack what was spent before, its
    /// time begins now and not with the first code, so that whoever comes later need not wait.
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

    /// Makes one change, within `budget`.
    pub(super) async fn run<T: Send + 'static>(
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
        if self.access == Access::Guest && matches!(self.path.try_exists(), Ok(false)) {
            // A code that the guest sends is typed to the guest, so what it wrote down has to be there until it ends.
            let kept = slot.take().filter(|kept| kept.identity == NO_FILE);
            let mut open = kept.map_or_else(OpenFile::none, Ok).map_err(|error| self.unusable(error))?;
            let result = open.run(&change);
            *slot = Some(open);
            return result;
        }
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

    /// Which memory this is, and since when every step that was spent is in it. Where nobody knows, that begins now.
    pub(super) fn complete_since(
        &self,
        transaction: &Transaction<'_>,
        at: Timestamp,
    ) -> Result<(Instance, Timestamp), DatabaseError> {
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
        let is_in_use = |instance| in_use == Some(instance);
        if self.access == Access::Guest {
            return Ok(match known {
                Some((instance, _, since)) if is_in_use(instance) => (instance, Timestamp::from_unix(since)),
                // One that nothing belongs to.
                Some(_) | None => (self.guest_instance, self.clock.now().max(at)),
            });
        }
        let boot = boot()?;
        let earlier = match known {
            Some((instance, of, since)) if is_in_use(instance) && of == boot => {
                return Ok((instance, Timestamp::from_unix(since)));
            }
            Some((_, _, since)) => Timestamp::from_unix(since),
            None => Timestamp::from_unix(0),
        };
        // The clock may have been ahead of what it is now: no step was spent that can be had later than this.
        let high = high_in(transaction, FILE_HIGH)?
            .max(self.database.read_here(|connection| high_in(connection, DATABASE_HIGH))?);
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
        let since = self.clock.now().max(at).max(earlier).max(high);
        transaction.execute(
            "INSERT INTO memory (one, instance, boot, since) VALUES (1, ?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET instance = excluded.instance, boot = excluded.boot, since = excluded.since",
            params![instance, boot, integer(since.as_unix())?],
        )?;
        Ok((instance, since))
    }

    /// Notes that a step was spent that can be had from `earliest` on, in both files: either may be lost, or come back from a
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

    /// A guest makes no file, and says all the same where posternd could not.
    fn may_be_made(&self) -> Result<(), DatabaseError> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        if self.access == Access::Keeper || !matches!(self.path.try_exists(), Ok(false)) {
            return Ok(());
        }
        rustix::fs::access(folder, FileAccess::WRITE_OK | FileAccess::EXEC_OK)
            .map_err(|error| self.unusable(OpenError::Io(error.into())))
    }

    /// What changes whenever another process writes to the file.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let meta = fs::metadata(&self.path).ok()?;
        Some(Stamp { identity: (meta.dev(), meta.ino()), modified: (meta.mtime(), meta.mtime_nsec()) })
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
                    "{path} cannot be opened: {error}; the folder has to exist and belong to user postern; mend it with: \
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

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("path", &self.path).finish_non_exhaustive()
    }
}

/// How a file is at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    identity: Identity,
    modified: (i64, i64),
}

/// The file, and which one it is: somebody may put another in its place.
struct OpenFile {
    connection: Connection,
    identity: Identity,
}

type Identity = (u64, u64);

/// No inode has the number 0.
const NO_FILE: Identity = (0, 0);

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

    /// Where there is none, for one who may not make it.
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

fn identity_of(path: &Path) -> io::Result<Identity> {
    let meta = fs::metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

fn high_in(connection: &Connection, query: &str) -> Result<Timestamp, DatabaseError> {
    let at: Option<i64> = connection.prepare_cached(query)?.query_row([], |row| row.get(0)).optional()?;
    Ok(Timestamp::from_unix(at.and_then(|at| u64::try_from(at).ok()).unwrap_or(0)))
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
