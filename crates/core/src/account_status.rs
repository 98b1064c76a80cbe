//! Whether an account may be used at all.

use crate::reason::Reason;

/// Whether an account may be used. Unless it is `Active`, every secret is refused, and so are lookups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Disabled by an admin.
    Disabled,
    /// Past its expiry date.
    Expired,
}

impl AccountStatus {
    /// Why the account is refused; `None` if it is in use.
    #[must_use]
    pub fn refusal(self) -> Option<Reason> {
        match self {
            Self::Active => None,
            Self::Disabled => Some(Reason::Disabled),
            Self::Expired => Some(Reason::Expired),
        }
    }
}
