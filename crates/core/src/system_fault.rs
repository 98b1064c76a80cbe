//! Faults of the systems that Postern depends on.

use crate::directory::DirectoryError;
use crate::factor::TotpError;
use crate::hashing::NotComputed;
use crate::ledger::LedgerError;
use crate::random::RandomnessGone;

/// A store, the keyring or the host does not work. Logins defer because of it, and changes of an account fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemFault {
    /// The directory does not work.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The ledger does not work.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Argon2id was not computed.
    #[error(transparent)]
    Hashing(#[from] NotComputed),
    /// The secret of a factor cannot be sealed or opened.
    #[error(transparent)]
    Factor(#[from] TotpError),
    /// The operating system gives no random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessGone),
}
