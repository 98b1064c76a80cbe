//! Keeps what core decides over: accounts in a directory, attempts and last uses in a ledger.
//!
//! It decides nothing. Each store stands behind core's traits, and one conformance suite runs against all of them.

#![forbid(unsafe_code)]

pub mod embedded;

use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::config::{Config, DirectoryKind, LedgerKind};
use postern_core::directory::Directory;
use postern_core::hashing::HashPool;
use postern_core::ledger::Ledger;

pub use embedded::{Embedded, OpenError};

/// The stores that a configuration names.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Keeps accounts.
    pub directory: Arc<dyn Directory>,
    /// Keeps attempts and last uses.
    pub ledger: Arc<dyn Ledger>,
    /// The embedded directory itself, where it is in use: it alone can make accounts.
    pub embedded: Option<Embedded>,
}

/// Makes the store that `config` names where it is kept in a file of ours that is missing.
///
/// # Errors
/// As [`open`].
pub fn create(config: &Config) -> Result<(), OpenError> {
    let DirectoryKind::Embedded = config.directory;
    Embedded::create(&config.embedded.path)
}

/// Opens the stores that `config` names. A missing file is an error: an empty one in its place would have every account
/// refused as unknown, where nobody can tell.
///
/// # Errors
/// [`OpenError`] says which file cannot be used, why, and how to mend it.
pub fn open(config: &Config, hasher: &Arc<HashPool>, clock: Arc<dyn Clock>) -> Result<Stores, OpenError> {
    let DirectoryKind::Embedded = config.directory;
    let LedgerKind::Embedded = config.ledger;
    let path = &config.embedded.path;
    if matches!(path.try_exists(), Ok(false)) {
        return Err(OpenError::At(path.clone(), Box::new(OpenError::Missing)));
    }
    let embedded = Embedded::open(path, hasher, clock)?;
    Ok(Stores {
        directory: Arc::new(embedded.clone()),
        ledger: Arc::new(embedded.ledger()),
        embedded: Some(embedded),
    })
}
