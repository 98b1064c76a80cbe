//! Why a login defers.

use crate::changes::{ChangeError, ChangeRefusal};
use crate::clock::SKEW;
use crate::keyring::SealError;
use crate::system_fault::SystemFault;
use crate::unix_users::NameServiceError;
use crate::userdb::BadField;

/// A fault that keeps a flow from a verdict about its secrets. The login is deferred, and the log has the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Outage {
    #[error(transparent)]
    System(SystemFault),
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
    #[error("the record of the session was changed by other requests again and again")]
    Contended,
    #[error(transparent)]
    Userdb(BadField),
    #[error(transparent)]
    Users(NameServiceError),
    #[error(transparent)]
    Seal(SealError),
    /// A change that the flow has to make is refused.
    #[error(transparent)]
    Change(ChangeRefusal),
}

impl<E> From<E> for Outage
where
    SystemFault: From<E>,
{
    fn from(error: E) -> Self {
        Self::System(error.into())
    }
}

impl From<ChangeError> for Outage {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Fault(fault) => Self::System(fault),
            ChangeError::Refused(refusal) => Self::Change(refusal),
        }
    }
}

impl From<BadField> for Outage {
    fn from(error: BadField) -> Self {
        Self::Userdb(error)
    }
}

impl From<NameServiceError> for Outage {
    fn from(error: NameServiceError) -> Self {
        Self::Users(error)
    }
}

impl From<SealError> for Outage {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
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
