use std::io;
use std::path::PathBuf;

use postern_core::directory::DirectoryError;
use postern_core::ledger::LedgerError;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Which file it is about.
    #[error("{}: {_1}", .0.display())]
    At(PathBuf, Box<Self>),
    /// It was not created yet, the path is wrong, or its disk is not mounted.
    #[error("does not exist; create it with: postern init")]
    Missing,
    /// It cannot be opened or created.
    #[error("cannot be opened: {0}; the folder has to exist and belong to the user that runs this")]
    Io(#[from] io::Error),
    /// SQLite refuses it.
    #[error("cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Other users could read or change it.
    #[error("has mode {0:04o}; fix it with: chmod 0600")]
    Mode(u32),
    /// Another user owns it, and could change it.
    #[error(
        "belongs to uid {owner}, and this process runs as uid {process}; fix it with: chown postern:postern"
    )]
    Owner {
        /// The owner.
        owner: u32,
        /// This process's user.
        process: u32,
    },
    /// Made by a newer Postern.
    #[error("is of version {0}, which this program does not know; it was made by a newer Postern")]
    Version(i32),
    /// It belongs to another program.
    #[error("is not a Postern database")]
    Foreign,
}

/// A query or change that failed.
#[derive(Debug, Clone)]
pub(super) enum DatabaseError {
    /// A later attempt may succeed.
    Down(String),
    /// An administrator has to repair the file.
    Broken(String),
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked | DiskFull | SystemIoFailure) => Self::Down(error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
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

impl From<DatabaseError> for DirectoryError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Down(why) => Self::Down(why),
            DatabaseError::Broken(why) => Self::Broken(why),
        }
    }
}
