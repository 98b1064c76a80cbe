use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{Semaphore, oneshot};

use super::deadline::{in_time, in_turn};
use super::error::{DatabaseError, OpenError};
use super::integers::integer;
use super::schema::{self, Schema};

/// One SQLite file: any number of readers, and one writer that commits all waiting changes together.
///
/// A write is answered after its commit has reached the disk (`synchronous=FULL`), so what was answered survives both
/// kill -9 and loss of power. Writes that arrive while one commits share the next commit.
#[derive(Clone)]
pub(super) struct Database {
    path: Arc<Path>,
    readers: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    writer: mpsc::SyncSender<Write>,
}

impl Database {
    /// Opens or creates the file, which this process's user must own alone.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let wrap = |error: OpenError| OpenError::At(path.to_owned(), Box::new(error));
        let mut connection = prepare(path, Journal::Wal, &schema::DATABASE).map_err(wrap)?;
        let (writer, queue) = mpsc::sync_channel(MOST_WAITING);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_all(&mut connection, &queue))
            .map_err(|error| wrap(OpenError::Io(error)))?;
        let turns = Arc::new(Semaphore::new(READERS));
        Ok(Self { path: path.into(), readers: Arc::default(), turns, writer })
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `query` on a snapshot.
    pub(super) async fn read<T, F>(&self, budget: Duration, query: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, DatabaseError> + Send + 'static,
    {
        let database = self.clone();
        let work = move || database.read_here(query);
        in_turn(&self.turns, budget, "a query did not come to its end", work).await
    }

    /// As [`Database::read`] in this thread, which may block.
    pub(super) fn read_here<T>(
        &self,
        query: impl FnOnce(&Transaction<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        self.run_here(TransactionBehavior::Deferred, query)
    }

    /// Runs one change by itself in this thread, which may block.
    pub(super) fn write_here(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        self.run_here(TransactionBehavior::Immediate, change)
    }

    /// Runs `change` in a transaction and waits until it is on the disk. An error of `change` undoes it alone.
    pub(super) async fn write<T, F>(&self, budget: Duration, change: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, DatabaseError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let write: Write = Box::new(move |transaction| {
            // The caller has given up: the change must not be made any more.
            if reply.is_closed() {
                return Box::new(|_| {});
            }
            let result = match transaction {
                Ok(connection) => in_savepoint(connection, change),
                Err(error) => Err(error.clone()),
            };
            Box::new(move |committed| drop(reply.send(committed.map_err(Clone::clone).and(result))))
        });
        self.writer.try_send(write).map_err(|error| {
            let why = match error {
                mpsc::TrySendError::Full(_) => "too many changes wait for the disk",
                mpsc::TrySendError::Disconnected(_) => "the writer has stopped",
            };
            DatabaseError::Down(why.to_owned())
        })?;
        in_time(budget, "the writer has stopped", answer).await
    }

    /// Whether a change would reach the disk. A trial change is written like any other, and rolled back.
    pub(super) async fn try_to_write(&self, budget: Duration) -> Result<(), DatabaseError> {
        let path = Arc::clone(&self.path);
        let task = tokio::task::spawn_blocking(move || {
            let mut connection =
                connect(&path, Journal::Wal).map_err(|error| DatabaseError::Down(error.to_string()))?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(TRIAL, [integer(TRIAL_BYTES)?])?;
            // Without this it would stay in memory, as it is never committed.
            transaction.cache_flush()?;
            transaction.rollback()?;
            // The log beside it may have had free space already.
            has_room(&path)
        });
        in_time(budget, "a trial did not come to its end", task).await
    }

    fn run_here<T>(
        &self,
        behavior: TransactionBehavior,
        run: impl FnOnce(&Transaction<'_>) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let mut connection = self.idle_connection()?;
        let transaction = connection.transaction_with_behavior(behavior)?;
        let result = run(&transaction).and_then(|value| {
            transaction.commit()?;
            Ok(value)
        });
        self.idle().push(connection);
        result
    }

    fn idle_connection(&self) -> Result<Connection, DatabaseError> {
        let idle = self.idle().pop();
        let connect = || connect(&self.path, Journal::Wal);
        idle.map_or_else(|| connect().map_err(|error| DatabaseError::Down(error.to_string())), Ok)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Makes its change in the transaction, if that could begin, and returns the function that tells the caller about the commit.
type Write = Box<dyn FnOnce(Result<&Connection, &DatabaseError>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), &DatabaseError>) + Send>;

/// Others write to the file as well, such as the command line, and SQLite lets nobody queue for it: under many writes in a row the
/// writer rests now and then, so that those who look again every few milliseconds get their turn.
#[expect(clippy::disallowed_methods, reason = "a rest of 3 ms in a thread of its own")]
fn write_all(connection: &mut Connection, queue: &mpsc::Receiver<Write>) {
    let (mut rested, mut idle) = (Instant::now(), Instant::now());
    while let Ok(first) = queue.recv() {
        if idle.elapsed() >= REST {
            rested = Instant::now();
        } else if rested.elapsed() > MOST_WORK {
            std::thread::sleep(REST);
            rested = Instant::now();
        }
        let (answers, committed) = commit_together(connection, first, queue);
        for answer in answers {
            answer(committed.as_ref().copied());
        }
        idle = Instant::now();
    }
}

fn commit_together(
    connection: &mut Connection,
    first: Write,
    queue: &mpsc::Receiver<Write>,
) -> (Vec<Answer>, Result<(), DatabaseError>) {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            let error = DatabaseError::from(error);
            return (vec![first(Err(&error))], Err(error));
        }
    };
    let mut answers = vec![first(Ok(&transaction))];
    while answers.len() < MOST_TOGETHER {
        let Ok(next) = queue.try_recv() else { break };
        answers.push(next(Ok(&transaction)));
    }
    (answers, transaction.commit().map_err(DatabaseError::from))
}

/// Whether a change fits on the disk, by the numbers of its file system.
fn has_room(path: &Path) -> Result<(), DatabaseError> {
    let disk = rustix::fs::statvfs(path).map_err(|error| DatabaseError::Down(error.to_string()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if disk.f_blocks > 0 && free < TRIAL_BYTES {
        return Err(DatabaseError::Down(format!("its disk is full, {} KiB are free", free / 1024)));
    }
    Ok(())
}

fn in_savepoint<T>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    connection.execute_batch("SAVEPOINT change")?;
    let result = change(connection);
    let end = if result.is_ok() { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
    connection.execute_batch(end)?;
    result
}

/// How a file survives a crash.
#[derive(Debug, Clone, Copy)]
pub(super) enum Journal {
    /// By a log beside it; readers do not wait for the writer.
    Wal,
    /// By the old pages beside it while a change lasts; at rest there is only the file.
    Truncate,
}

/// Opens or creates a file of this schema, which this process's user must own alone.
pub(super) fn prepare(path: &Path, journal: Journal, schema: &Schema) -> Result<Connection, OpenError> {
    ensure_private(path)?;
    let mut connection = connect(path, journal)?;
    schema::prepare(&mut connection, schema)?;
    Ok(connection)
}

fn connect(path: &Path, journal: Journal) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(waits_for_its_turn))?;
    let journal = match journal {
        Journal::Wal => "WAL",
        Journal::Truncate => "TRUNCATE",
    };
    connection.pragma_update(None, "journal_mode", journal)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Called for the `tries`th time while another connection writes: whether to try again.
#[expect(clippy::disallowed_methods, reason = "SQLite asks in the thread that waits, for 2 s at most")]
fn waits_for_its_turn(tries: i32) -> bool {
    let step = u64::try_from(tries).unwrap_or_default().min(LONGEST_WAIT_MS);
    std::thread::sleep(Duration::from_millis(step.max(1)));
    tries < MOST_TRIES
}

/// Creates the file with mode 0600, or makes sure that an existing one is this user's alone. SQLite gives the files
/// beside it (-wal, -shm) the same owner and mode.
pub(super) fn ensure_private(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    let meta = std::fs::metadata(path)?;
    let process = rustix::process::geteuid().as_raw();
    if meta.uid() != process {
        return Err(OpenError::Owner { owner: meta.uid(), process });
    }
    if meta.mode() & 0o077 != 0 {
        return Err(OpenError::Mode(meta.mode() & 0o7777));
    }
    Ok(())
}

/// More than a login writes.
const TRIAL_BYTES: u64 = 262_144;
const TRIAL: &str = "INSERT INTO claim (name, token, over) VALUES (randomblob(16), zeroblob(?1), 0)";
/// Somewhat more than 2 s.
const MOST_TRIES: i32 = 205;
/// Short enough to meet the writer's rests, and long enough that many who wait do not fill the processors.
const LONGEST_WAIT_MS: u64 = 10;
const REST: Duration = Duration::from_millis(3);
const MOST_WORK: Duration = Duration::from_millis(50);
/// The changes that may wait while the disk does not answer; those who wait are gone after their deadline, and what they wanted is
/// still here.
const MOST_WAITING: usize = 4_096;
const READERS: usize = 8;
/// What each connection may keep in memory; SQLite takes a negative number for KiB.
const CACHE_KIB: i32 = -512;
const MOST_TOGETHER: usize = 256;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a disk that takes its time")]
mod tests;
