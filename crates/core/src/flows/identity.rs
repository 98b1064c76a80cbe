//! Whether the account of the directory and the user of the host are one and the same.

use crate::account::Account;
use crate::engine::Engine;
use crate::name::LoginName;
use crate::unix_users::NameServiceError;
use crate::verdict::Reason;

use super::outcome::{Outage, Trail};

/// Why `account` may not be the host's user `name`, or `None` where it is: the same name byte for byte, the same uid, and
/// not root, who is never taken from a directory. `local` is what [`local_uid`] said.
pub(super) fn refusal(
    account: &Account,
    name: &LoginName,
    local: LocalUid,
    trail: &mut Trail,
) -> Result<Option<Reason>, Outage> {
    let uid = uid_in_directory(account);
    trail.detail = match uid {
        _ if account.name != name.as_str() => Some("the account has another name"),
        None => Some("the account has no uidNumber"),
        Some(0) => Some("the account has uid 0, which is never taken from the directory"),
        Some(uid) => match local? {
            Some(local) if local == uid => return Ok(None),
            Some(_) => Some("the account's uidNumber is not the uid of the user of this host"),
            None => Some("this host has no such user"),
        },
    };
    Ok(Some(Reason::NotPermitted))
}

/// The uid of the host's user `name`. A login looks every name up alike before it asks for anything: name services may be slow,
/// and the time to the first question must not tell who is in the directory.
pub(super) async fn local_uid(engine: &Engine, name: &LoginName) -> LocalUid {
    engine.users.uid_of(name.as_str()).await
}

/// What the name services say of a name.
pub(super) type LocalUid = Result<Option<u32>, NameServiceError>;

/// The account's `uidNumber` (RFC 2307), where it has exactly one.
pub(super) fn uid_in_directory(account: &Account) -> Option<u32> {
    match account.attributes.values(UID_NUMBER) {
        [number] => number.parse().ok(),
        _ => None,
    }
}

/// The attribute that a store has to fetch for it.
pub const UID_NUMBER: &str = "uidNumber";
