//! Whether the directory and the name services of this host agree about names and uids.

use postern_core::directory::Directory;
use postern_core::flows::{self, Identity, Mismatch};
use postern_core::name::LoginName;
use postern_core::unix_users::UnixUsers;
use postern_store::ldap::Product;

use super::remark::Remark;

/// Examines a sample: one of the accounts `names`, if possible a user of this host, and how a login under that name and
/// under another spelling of it would be treated. `product` is the LDAP server of the accounts, if they are in one.
pub(super) async fn examine(
    directory: &dyn Directory,
    product: Option<Product>,
    users: &dyn UnixUsers,
    names: &[LoginName],
) -> Vec<Remark> {
    let mut sample = None;
    for name in names {
        match users.uid_of(name.as_str()).await {
            Err(error) => return vec![Remark::fail(error.to_string())],
            Ok(None) => sample = sample.or(Some((name, None))),
            Ok(Some(uid)) => {
                sample = Some((name, Some(uid)));
                break;
            }
        }
    }
    let Some((name, uid)) = sample else { return Vec::new() };
    let mut remarks = vec![of_login(directory, product, users, name, uid).await];
    let Some(uid) = uid else { return remarks };
    let spelled = name.as_str().to_uppercase();
    let Ok(other) = LoginName::new(&spelled) else { return remarks };
    if spelled != name.as_str() && users.uid_of(&spelled).await == Ok(Some(uid)) {
        remarks.push(of_other_spelling(directory, users, name, &other).await);
    }
    remarks
}

async fn of_login(
    directory: &dyn Directory,
    product: Option<Product>,
    users: &dyn UnixUsers,
    name: &LoginName,
    uid: Option<u32>,
) -> Remark {
    let here = uid.map_or_else(
        || format!("the account {name} is no user of this host"),
        |uid| format!("the user {name} of this host has uid {uid}"),
    );
    match flows::identity_of(directory, users, name).await {
        Ok(Identity::Account(account)) => {
            Remark::ok(format!("{here}, and the account {} with this uidNumber is theirs", account.id))
        }
        Ok(Identity::Mismatch(_, Mismatch::NoUser)) => {
            Remark::ok(format!("{here}, so mail services alone open it; see getent passwd {name}"))
        }
        Ok(Identity::Mismatch(id, mismatch)) => Remark::warn(format!(
            "{here}, and is refused at login services: {} (account {id})",
            mismatch.detail()
        )),
        Ok(Identity::Stranger) => Remark::warn(format!(
            "{here}, and login_filter finds no account of the name, nor is there one with the uidNumber: a stranger at login services"
        )),
        Ok(Identity::NoUser) => Remark::warn(format!(
            "{here}, and login_filter finds no account of the name: login services refuse it; see getent passwd {name}"
        )),
        Err(error) => {
            let remedy = product.map_or_else(String::new, |product| {
                let (access, indexes) = (product.access(), product.indexes());
                format!("; posternd has to be able to search for uidNumber, see: {access}; {indexes}")
            });
            Remark::fail(format!("{here}, and whose account it is cannot be told: {error}{remedy}"))
        }
    }
}

async fn of_other_spelling(
    directory: &dyn Directory,
    users: &dyn UnixUsers,
    name: &LoginName,
    other: &LoginName,
) -> Remark {
    let here = format!("the name services take {other} for {name}");
    match flows::identity_of(directory, users, other).await {
        Ok(Identity::Mismatch(..) | Identity::NoUser) => {
            Remark::ok(format!("{here}; a login as {other} is refused"))
        }
        Ok(Identity::Account(_) | Identity::Stranger) => Remark::fail(format!(
            "{here}, and a login as {other} is not refused; search for uidNumber by hand"
        )),
        Err(error) => Remark::fail(format!("{here}, and whose account it is cannot be told: {error}")),
    }
}
