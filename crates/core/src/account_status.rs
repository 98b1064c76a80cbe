//! Whether an account may be used.

use crate::reason::Reason;

/// The status of an account. Unless it is `Active`, every secret is refused, and so are lookups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Disabled by an admin.
    Disabled,
    /// Past its expiry date.
    Expired,
}

/// What an account is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountUse {
    /// A login to a mail service with an app password. An older copy of the account suffices while the directory is down.
    AppPassword,
    /// Any other login, a lookup, or a change. The account must have been read just now.
    AnyOther,
}

/// Why an account cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableAccount {
    /// It is closed.
    Closed(Closed),
    /// What is known of it is too old for this use.
    Stale,
}

/// Why an account is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// An admin disabled it.
    Disabled,
    /// Its expiry date has passed.
    Expired,
}

impl Closed {
    /// The reason for which a login is refused.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Disabled => Reason::Disabled,
            Self::Expired => Reason::Expired,
        }
    }
}
