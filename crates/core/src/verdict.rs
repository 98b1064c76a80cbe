//! How a login or lookup ends.

use std::collections::BTreeMap;
use std::fmt;

/// The end of a login or lookup. A broken world is a [`Verdict::Defer`], made from an error in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything asked for was proved.
    Accept(Accepted),
    /// A wrong answer.
    Reject(Reason),
    /// The world is out of order; what, for the log.
    Defer(String),
}

impl Verdict {
    /// The verdict's name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::Reject(_) => "reject",
            Self::Defer(_) => "defer",
        }
    }
}

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The canonical name.
    pub user: String,
    /// Dovecot's userdb fields.
    pub userdb: BTreeMap<String, String>,
}

/// Why an answer was wrong. For the log; the person hears the same words for all of them.
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
    /// The app password does not open this service.
    Scope,
    /// The app password may not be used from this address.
    Network,
    /// The main password does not open this service.
    UseAppPassword,
    /// The peer may not ask for this.
    NotPermitted,
    /// Too many wrong answers; later is another try.
    Limited,
}

impl Reason {
    /// The reason's name in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadCredential => "bad_credential",
            Self::UnknownAccount => "unknown_account",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Scope => "scope",
            Self::Network => "network",
            Self::UseAppPassword => "use_app_password",
            Self::NotPermitted => "not_permitted",
            Self::Limited => "limited",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a mail program hears for every reject, so that it cannot tell unknown, unenrolled and wrong apart.
pub const MAIL_REJECT_TEXT: &str = "Login failed. If you use two-step login, use an app password.";
