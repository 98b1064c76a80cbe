//! Why a login defers.

use crate::changes::{ChangeError, ChangeRefusal};
use crate::clock::SKEW;
use crate::directory::DirectoryError;
use crate::hashing::NotComputed;
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
    #[error("the login is not looked at now, because too many wait for their turn already")]
    Crowd,
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

impl Outage {
    /// Whether no mail login of this host gets a verdict. A client must not be able to cause it, nor one account, nor many logins.
    pub(crate) fn is_for_all(&self) -> bool {
        match self {
            Self::System(
                SystemFault::Directory(DirectoryError::Down(_))
                | SystemFault::Hashing(NotComputed::Closing)
                | SystemFault::Directory(DirectoryError::NotCompared(NotComputed::Closing)),
            ) => true,
            // App passwords need neither the ledger nor the clock, and `Broken` may be one entry.
            Self::System(
                SystemFault::Directory(
                    DirectoryError::Broken(_)
                    | DirectoryError::BindUnanswered(_)
                    | DirectoryError::BindsWait(_)
                    | DirectoryError::NotCompared(_),
                )
                | SystemFault::Hashing(_)
                | SystemFault::Ledger(_)
                | SystemFault::Randomness(_)
                | SystemFault::Factor(_),
            )
            | Self::Stale
            | Self::UidNotFound
            | Self::WrongClock { .. }
            | Self::ForgottenCodes
            | Self::Crowd
            | Self::Contended
            | Self::Userdb(_)
            | Self::Users(_)
            | Self::Seal(_)
            | Self::Change(_) => false,
        }
    }

    /// What is out of order.
    pub(crate) fn kind(&self) -> OutageKind {
        match self {
            Self::System(
                SystemFault::Hashing(error) | SystemFault::Directory(DirectoryError::NotCompared(error)),
            ) => match error {
                NotComputed::Busy => OutageKind::Overload,
                NotComputed::Closing => OutageKind::Stopping,
                NotComputed::Failed => OutageKind::Host,
            },
            Self::Crowd | Self::System(SystemFault::Directory(DirectoryError::BindsWait(_))) => {
                OutageKind::Overload
            }
            Self::System(SystemFault::Directory(
                DirectoryError::Down(_) | DirectoryError::BindUnanswered(_) | DirectoryError::Broken(_),
            ))
            | Self::Stale
            | Self::UidNotFound
            | Self::Userdb(_) => OutageKind::Directory,
            Self::System(SystemFault::Ledger(_)) | Self::ForgottenCodes | Self::Contended => {
                OutageKind::Ledger
            }
            Self::System(SystemFault::Randomness(_)) => OutageKind::Host,
            Self::System(SystemFault::Factor(_)) | Self::Seal(_) => OutageKind::Keyring,
            Self::WrongClock { .. } => OutageKind::Clock,
            Self::Users(_) => OutageKind::NameService,
            Self::Change(_) => OutageKind::Change,
        }
    }
}

/// What is out of order where a flow defers. The log has the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageKind {
    /// The directory, or what it says of an account.
    Directory,
    /// The ledger, or what it has lost.
    Ledger,
    /// More logins than this host computes, or has places for.
    Overload,
    /// The clocks of this host and of the ledger.
    Clock,
    /// A secret cannot be sealed or opened.
    Keyring,
    /// The name services of this host.
    NameService,
    /// Memory or randomness of this host.
    Host,
    /// A change that the flow has to make is refused.
    Change,
    /// The flow took too long.
    TooSlow,
    /// posternd stops.
    Stopping,
}

impl OutageKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Directory,
        Self::Ledger,
        Self::Overload,
        Self::Clock,
        Self::Keyring,
        Self::NameService,
        Self::Host,
        Self::Change,
        Self::TooSlow,
        Self::Stopping,
    ];

    /// The name in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Ledger => "ledger",
            Self::Overload => "overload",
            Self::Clock => "clock",
            Self::Keyring => "keyring",
            Self::NameService => "name_service",
            Self::Host => "host",
            Self::Change => "change",
            Self::TooSlow => "too_slow",
            Self::Stopping => "stopping",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_an_overload_and_no_outage_of_all_logins() {
        let binds = DirectoryError::BindsWait("ldaps://ldap.example.org".to_owned());
        for outage in [Outage::Crowd, Outage::System(SystemFault::Directory(binds))] {
            assert!(!outage.is_for_all(), "{outage}");
            assert_eq!(outage.kind(), OutageKind::Overload, "{outage}");
        }
    }
}
