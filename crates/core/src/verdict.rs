//! The verdict about a login or lookup.

use std::collections::BTreeMap;

use crate::proof::Proof;

pub use crate::reason::Reason;

/// The result of a login or lookup. Outages are a [`Verdict::Defer`].
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was asked for was proved.
    Accept(Accepted),
    /// A wrong answer.
    Reject(Reason),
    /// A temporary failure; the cause, for the log.
    Defer(String),
    /// The decision is left to other PAM modules (PAM_IGNORE); the reason, for the log.
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

/// An accepted login or lookup.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The canonical name.
    pub user: String,
    /// Dovecot's userdb fields.
    pub userdb: BTreeMap<String, String>,
    /// The proof of this accepted login; see [`crate::proof`].
    pub proof: Option<Proof>,
}

/// The message to a mail program for every reject, so that it cannot tell unknown, unenrolled and wrong apart. `help` says where
/// app passwords are made.
#[must_use]
pub fn mail_reject_text(help: &str) -> String {
    format!("Login failed. If you use two-step login, use an app password. Create one: {help}")
}
