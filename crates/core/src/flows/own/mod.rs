//! What people do with their own account, one file a group of flows.

use std::collections::BTreeMap;

use crate::conversation::Conversation;
use crate::engine::Engine;
use crate::name::LoginName;

use super::outcome::{Outcome, Trail};
use crate::verdict::{Reason, Verdict};

/// What somebody wants to do with their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFlow {
    /// List the bound factors and the number of recovery codes.
    Factors,
    /// Bind a factor. Arguments: `label`.
    Enrol,
    /// Unbind a factor. Arguments: `id`.
    Remove,
    /// Bind a factor in the place of another. Arguments: `id`, `label`.
    Replace,
    /// Make new recovery codes in the place of the old ones.
    RecoveryCodes,
    /// Make an app password. Arguments: `label`, `scope`, `expires`, `networks`.
    AppPasswordCreate,
    /// List app passwords.
    AppPasswordList,
    /// Make new app passwords in the place of old ones. Arguments: `id`; without it all.
    AppPasswordRegenerate,
    /// Revoke app passwords. Arguments: `id` or `all` = `true`.
    AppPasswordRevoke,
    /// List trusted devices.
    DeviceList,
    /// Revoke trusted devices. Arguments: `id` or `all` = `true`.
    DeviceRevoke,
}

/// A user of this host, who may speak for one account alone.
#[derive(Debug)]
pub struct Own<'a> {
    /// The name that the host's name services have for the uid of the process that asks.
    pub name: &'a LoginName,
    /// That uid.
    pub uid: u32,
    /// What is wanted.
    pub flow: OwnFlow,
    /// What was said beforehand.
    pub arguments: &'a BTreeMap<String, String>,
    /// The client's language (BCP 47), where it is known.
    pub language: Option<&'a str>,
}

/// Does what a user of this host wants with the account that has their name and uid.
///
/// Every change asks for the main password and, where a factor is bound, for a code.
pub async fn own(engine: &Engine, own: &Own<'_>, person: &mut dyn Conversation) -> Outcome {
    drop((engine, own, person));
    Outcome { verdict: Verdict::Reject(Reason::NotPermitted), trail: Trail::default() }
}
