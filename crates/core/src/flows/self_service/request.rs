use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::limits::Source;
use crate::name::LoginName;

/// The self-service flows. They stand apart from the flows of the protocol, so that the core does not depend on its messages;
/// `daemon/src/task.rs` translates each. A flow also takes `rows`, `columns` and `charset` (`utf-8` or `ascii`) of the terminal,
/// for QR codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelfServiceFlow {
    /// List the bound factors and the number of recovery codes. Arguments: `kind`, where only those of a kind are wanted.
    Factors,
    /// Bind a factor. Arguments: `kind` (`totp` where it is not said, `email`, `sms`, `phone`), `label`, `to` (the address
    /// or number that codes are sent to).
    Enrol,
    /// Unbind a factor. Arguments: `id`; `kind`, where it has to be one of a kind.
    Remove,
    /// Bind a factor in the place of another. Arguments: `id`, and those of `Enrol`; without `kind` it is one of the same.
    Replace,
    /// Make new recovery codes in the place of the old ones.
    RecoveryCodes,
    /// Make an app password. Arguments: `label`, `scope` (as the command line has it), `expires` (RFC 3339),
    /// `networks` (separated by commas).
    AppPasswordCreate,
    /// List app passwords.
    AppPasswordList,
    /// Make new app passwords in the place of old ones. Arguments: `id`.
    AppPasswordRegenerate,
    /// Revoke app passwords. Arguments: `id` or `all` = `true`.
    AppPasswordRevoke,
    /// List trusted devices.
    DeviceList,
    /// Revoke trusted devices. Arguments: `id` or `all` = `true`.
    DeviceRevoke,
    /// List what waits for an answer away from the prompt.
    ChallengeList,
    /// Refuse what waits for an answer. Arguments: `id` or `all` = `true`.
    ChallengeDeny,
    /// List the recent logins, accepted and refused.
    History,
    /// Say whose session it is and how long it lasts. Only with a browser's session.
    SessionCheck,
    /// Let an application in. Arguments: `application`, its name in the configuration; `state`, which it wants to see again with the
    /// code. Only with a browser's session.
    GrantApplication,
    /// List the browsers that are signed in.
    SessionList,
    /// Sign browsers out. Arguments: `id` or `all` = `true`; a browser without either signs itself out.
    SessionEnd,
}

/// Who asks. Each speaks for one account alone.
#[derive(Debug, Clone, Copy)]
pub enum SelfServiceActor<'a> {
    /// A user of this host.
    UnixUser {
        /// The name that the host's name services have for the uid of the process that asks.
        name: &'a LoginName,
        /// That uid.
        uid: u32,
    },
    /// A browser that is signed in. Whose account it is for comes from the session alone.
    Browser {
        /// The text of its [`SessionToken`](crate::session::SessionToken).
        token: &'a str,
        /// Where it is.
        address: Option<IpAddr>,
        /// The same, as far as limits tell it apart.
        source: &'a Source,
    },
}

/// A request of a person about their own account.
#[derive(Debug)]
pub struct SelfServiceRequest<'a> {
    /// Who asks.
    pub actor: SelfServiceActor<'a>,
    /// What is wanted.
    pub flow: SelfServiceFlow,
    /// What was said beforehand.
    pub arguments: &'a BTreeMap<String, String>,
    /// The client's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
}

impl SelfServiceFlow {
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Factors => &["kind"],
            Self::RecoveryCodes
            | Self::AppPasswordList
            | Self::DeviceList
            | Self::ChallengeList
            | Self::History
            | Self::SessionCheck
            | Self::SessionList => &[],
            Self::GrantApplication => &["application", "state"],
            Self::Enrol => &["kind", "label", "to"],
            Self::Remove => &["id", "kind"],
            Self::AppPasswordRegenerate => &["id"],
            Self::Replace => &["id", "kind", "label", "to"],
            Self::AppPasswordCreate => &["label", "scope", "expires", "networks"],
            Self::AppPasswordRevoke | Self::DeviceRevoke | Self::ChallengeDeny | Self::SessionEnd => {
                &["id", "all"]
            }
        }
    }

    /// Whether a change that it makes ends the account's sessions ([`crate::account::AccountData::forget_trust`]).
    pub(super) fn ends_sessions(self) -> bool {
        match self {
            Self::Enrol | Self::Remove | Self::Replace | Self::RecoveryCodes => true,
            // These seal anew what stays.
            Self::DeviceRevoke | Self::SessionEnd => false,
            Self::Factors
            | Self::AppPasswordCreate
            | Self::AppPasswordList
            | Self::AppPasswordRegenerate
            | Self::AppPasswordRevoke
            | Self::DeviceList
            | Self::ChallengeList
            | Self::ChallengeDeny
            | Self::History
            | Self::SessionCheck
            | Self::GrantApplication
            | Self::SessionList => false,
        }
    }
}
