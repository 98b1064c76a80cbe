//! How a login or lookup ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{RejectReason, Secret};

/// How a login or lookup ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// Every required factor was proved.
    Accept(Accept),
    /// A wrong answer.
    Reject(Reject),
    /// A part of the system does not work; try again later.
    Defer(Defer),
    /// Postern leaves this login to others.
    Ignore(Ignore),
}

/// The account that was let in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The canonical name.
    pub user: String,
    /// Dovecot's userdb fields.
    pub userdb: BTreeMap<String, String>,
    /// Proves to [`Flow::Account`](crate::Flow::Account), for a short time, that this login was accepted. Only logins with a conversation
    /// have one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::secret::serialize",
        deserialize_with = "crate::secret::deserialize"
    )]
    pub proof: Option<Secret>,
}

/// Why an answer was wrong; `reason` is for the log, `text` for the person.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reject {
    /// For the log.
    pub reason: RejectReason,
    /// For the person; the same words for every reason.
    pub text: String,
}

/// A fault, for the log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defer {
    /// For the log.
    pub reason: String,
    /// Whether others can log in meanwhile: what is out of order concerns this account or this kind of secret, or there are too many
    /// logins at once. A front door must not spend on it what other logins need.
    #[serde(default, skip_serializing_if = "crate::message::is_false")]
    pub partial: bool,
}

/// Why Postern leaves the login to others, for the log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// For the log.
    pub reason: String,
}
