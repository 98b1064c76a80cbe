//! Why a login or a change is refused.

use std::fmt;

/// Why a login was refused. For the log only: the user gets the same message for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A wrong secret.
    BadCredential,
    /// No such account.
    UnknownAccount,
    /// The account is disabled.
    Disabled,
    /// The account or the app password has expired.
    Expired,
    /// The app password was revoked.
    Revoked,
    /// The app password does not open this service.
    Scope,
    /// The app password may not be used from this address.
    Network,
    /// The main password does not open this service.
    UseAppPassword,
    /// A replay: the code was used before.
    Replayed,
    /// The peer may not request this, or policy does not permit this login.
    NotPermitted,
    /// The user gave up or did not answer. An empty answer counts as none.
    Cancelled,
    /// Too many wrong answers. The user may try again later.
    Limited,
    /// Too many wrong answers. An admin has to unlock the account.
    Locked,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::BadCredential,
        Self::UnknownAccount,
        Self::Disabled,
        Self::Expired,
        Self::Revoked,
        Self::Scope,
        Self::Network,
        Self::UseAppPassword,
        Self::Replayed,
        Self::NotPermitted,
        Self::Cancelled,
        Self::Limited,
        Self::Locked,
    ];

    /// Reads [`Reason::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// The reason's name in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCredential => "bad_credential",
            Self::UnknownAccount => "unknown_account",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Scope => "scope",
            Self::Network => "network",
            Self::UseAppPassword => "use_app_password",
            Self::Replayed => "replayed",
            Self::NotPermitted => "not_permitted",
            Self::Cancelled => "cancelled",
            Self::Limited => "limited",
            Self::Locked => "locked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
