use crate::changes::ChangeError;
use crate::clock::SKEW;
use crate::directory::DirectoryError;
use crate::factor::TotpError;
use crate::hashing::NotComputed;
use crate::keyring::SealError;
use crate::ledger::LedgerError;
use crate::random::RandomnessGone;
use crate::unix_users::NameServiceError;
use crate::userdb::BadField;

/// A broken world on the way to a verdict.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Outage {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Hashing(#[from] NotComputed),
    #[error("the directory is down, and an older copy is enough for an app password alone")]
    Stale,
    #[error("the directory does not find an account by the uidNumber that it carries, or finds another one")]
    UidNotFound,
    #[error("{}", clock_text(*ahead))]
    WrongClock {
        /// As in [`crate::ledger::Spent::WrongClock`].
        ahead: i64,
    },
    #[error("the ledger does not know any more which codes were used; the next but one will do")]
    ForgottenCodes,
    #[error(transparent)]
    Userdb(#[from] BadField),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Users(#[from] NameServiceError),
    #[error(transparent)]
    Factor(#[from] TotpError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Randomness(#[from] RandomnessGone),
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// What is wrong with this host's clock, or the ledger's, where they are `ahead` seconds apart.
#[must_use]
pub fn clock_text(ahead: i64) -> String {
    let side = if ahead < 0 { "behind" } else { "ahead of" };
    format!(
        "this host's clock is {} s {side} the ledger's; no code is taken here until they agree to {} s",
        ahead.unsigned_abs(),
        SKEW.as_secs()
    )
}
