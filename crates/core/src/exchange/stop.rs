//! How a flow ends in the middle.

use crate::conversation::Gone;
use crate::directory::DirectoryError;
use crate::factor::TotpError;
use crate::hashing::NotComputed;
use crate::keyring::SealError;
use crate::ledger::LedgerError;
use crate::random::RandomnessGone;
use crate::unix_users::NameServiceError;
use crate::verdict::Reason;

use super::outage::Outage;

/// Why a flow does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A wrong answer.
    Reject(Reason),
    /// A broken world.
    Defer(Outage),
}

impl Stop {
    /// A wrong answer.
    pub(crate) fn reject(reason: Reason) -> Self {
        Self::Reject(reason)
    }
}

impl From<Gone> for Stop {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Cancelled | Gone::Closed => Self::Reject(Reason::Cancelled),
        }
    }
}

macro_rules! outages {
    ($($error:ty),*) => {$(
        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::Defer(error.into())
            }
        }
    )*};
}

outages!(
    Outage,
    DirectoryError,
    LedgerError,
    NotComputed,
    TotpError,
    SealError,
    NameServiceError,
    RandomnessGone
);
