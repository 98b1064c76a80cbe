//! How a login or lookup ends.

use std::collections::BTreeMap;
use std::fmt;

use crate::proof::Proof;

/// The end of a login or lookup. A broken world is a [`Verdict::Defer`], made from an error in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything asked for was proved.
    Accept(Accepted),
    /// A wrong answer.
    Reject(Reason),
    /// The world is out of order; what, for the log.
    Defer(String),
    /// Postern has nothing to say about this login; why, for the log.
    Ignore(&'static str),
}

impl Verdict {
    /// The verdict's name in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::Reject(_) => "reject",
            Self::Defer(_) => "defer",
            Self::Ignore(_) => "ignore",
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
    /// Shows for a short time that this login was accepted; see [`crate::proof`].
    pub proof: Option<Proof>,
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
    /// The app password was revoked.
    Revoked,
    /// The app password does not open this service.
    Scope,
    /// The app password may not be used from this address.
    Network,
    /// The main password does not open this service.
    UseAppPassword,
    /// The code was used before.
    Replayed,
    /// The peer may not ask for this, or policy does not let this person in so.
    NotPermitted,
    /// The person gave up, or nobody was there to answer: an empty answer is none.
    Cancelled,
    /// Too many wrong answers; later is another try.
    Limited,
    /// Too many wrong answers; an admin has to unlock.
    Locked,
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

/// What a mail program hears for every reject, so that it cannot tell unknown, unenrolled and wrong apart.
pub const MAIL_REJECT_TEXT: &str = "Login failed. If you use two-step login, use an app password.";
