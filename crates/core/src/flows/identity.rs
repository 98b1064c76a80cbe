//! Which account a user of the host is. It goes by uid: name services may know one user under several spellings.

use crate::account::{Account, AccountId, uid_in_directory};
use crate::directory::Directory;
use crate::engine::Engine;
use crate::exchange::outage::Outage;
use crate::name::LoginName;
use crate::policy::Class;
use crate::unix_users::UnixUsers;
use crate::words::Phrase;

/// What the directory has of a user of the host.
#[derive(Debug)]
pub enum Identity {
    /// The user's own account: the name byte for byte, the uid and the condition for logins fit.
    Account(Box<Account>),
    /// This account has the user's name or uid, and is not the user's.
    Mismatch(AccountId, Mismatch),
    /// No account has the uid or the name. Root is always a stranger, even if the directory has an entry for it.
    Stranger,
    /// The host has no user of the name, and no account answers to it either.
    NoUser,
}

/// Why an account is not that of the host's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// The directory answers to the name, and spells it differently.
    OtherSpelling,
    /// The account with the user's uid goes by another name.
    UidOfAnother,
    /// The account has the user's name and uid, and the condition for logins leaves it out.
    LeftOut,
    /// The account with the user's name has no uid, several, or one that is not written as a plain number.
    NoUid,
    /// Its uid is 0.
    Root,
    /// Its uid is not the user's.
    OtherUid,
    /// The host has no user of the name.
    NoUser,
}

impl Mismatch {
    /// For the log.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::OtherSpelling => "the account has another name",
            Self::UidOfAnother => "the uid of the user of this host is that of an account with another name",
            Self::LeftOut => "login_filter leaves the account out",
            Self::NoUid => "the account has no uidNumber, or not one plain number",
            Self::Root => "the account has uid 0, which is never taken from the directory",
            Self::OtherUid => "the account's uidNumber is not the uid of the user of this host",
            Self::NoUser => "this host has no such user",
        }
    }

    /// For the user, who has proved to be the host's user with this name and uid. It names no other account.
    pub(crate) fn phrase<'a>(self, name: &'a str, uid: &'a str) -> Phrase<'a> {
        match self {
            Self::OtherSpelling => Phrase::AccountSpelledDifferently { name },
            Self::UidOfAnother => Phrase::UidOfAnotherAccount { name, uid },
            Self::LeftOut => Phrase::AccountLeftOut { name },
            Self::NoUid => Phrase::AccountWithoutUid { name },
            Self::Root | Self::OtherUid => Phrase::AccountWithOtherUid { name, uid },
            Self::NoUser => Phrase::NoSuchUser { name },
        }
    }
}

/// Looks up which account logs in as `name`.
///
/// It asks the same questions for every name, for name services and directories may be slow, and the time to the first
/// question must not tell who is in the directory.
pub(crate) async fn identify(engine: &Engine, name: &LoginName) -> Result<Identity, Outage> {
    identify_in(&*engine.directory, &*engine.users, name).await
}

/// The same without an engine: the identity of a login as `name`.
///
/// # Errors
/// Why that cannot be said.
pub async fn identity_of(
    directory: &dyn Directory,
    users: &dyn UnixUsers,
    name: &LoginName,
) -> Result<Identity, String> {
    identify_in(directory, users, name).await.map_err(|outage| outage.to_string())
}

async fn identify_in(
    directory: &dyn Directory,
    users: &dyn UnixUsers,
    name: &LoginName,
) -> Result<Identity, Outage> {
    let named = directory.find(name, Class::Login).await?;
    let uid = users.uid_of(name.as_str()).await?;
    let carrier = carrier(directory, uid).await?;
    decide(name, uid, named, carrier)
}

/// Looks up which account signs in with a browser as `name`: that of the user name, or else the one with the address. Most people have
/// no user on the host.
///
/// It asks the same questions for every name.
pub(crate) async fn identify_mailbox(engine: &Engine, name: &LoginName) -> Result<Identity, Outage> {
    let found = engine.directory.find(name, Class::Mail).await?;
    let id = found.as_ref().map_or_else(|| AccountId::new(NO_ACCOUNT.to_owned()), |found| found.id.clone());
    // What a replica found is read from the server that accepts writes.
    let read = engine.directory.read(&id).await?;
    Ok(match found.and(read) {
        Some(account) => Identity::Account(Box::new(account)),
        None => Identity::Stranger,
    })
}

/// As [`identify`] for a user whose uid is known already.
pub(crate) async fn identify_user(engine: &Engine, name: &LoginName, uid: u32) -> Result<Identity, Outage> {
    let named = engine.directory.find(name, Class::Login).await?;
    let carrier = carrier(&*engine.directory, Some(uid)).await?;
    decide(name, Some(uid), named, carrier)
}

/// The account with the user's uid. An entry with uid 0 is ignored: the directory must not be able to lock root out.
async fn carrier(directory: &dyn Directory, uid: Option<u32>) -> Result<Option<Account>, Outage> {
    let wanted = uid.filter(|uid| *uid != 0);
    // Where there is nothing to look for, the same question is asked.
    let found = directory.find_by_uid(wanted.unwrap_or(NO_UID)).await?;
    Ok(found.filter(|_| wanted.is_some()))
}

/// `named` is what the directory answers for the name at logins, `carrier` what carries the uid.
fn decide(
    name: &LoginName,
    uid: Option<u32>,
    named: Option<Account>,
    carrier: Option<Account>,
) -> Result<Identity, Outage> {
    // Uid 0 is never taken from the directory, and an entry that is called root must not lock root out.
    if name.as_str() == ROOT && uid == Some(0) {
        return Ok(Identity::Stranger);
    }
    let Some(named) = named else {
        return Ok(match (carrier, uid) {
            (None, Some(_)) => Identity::Stranger,
            // Without a uid it cannot be said that no entry carries it.
            (None, None) => Identity::NoUser,
            (Some(carrier), _) => {
                let is_left_out = carrier.name == name.as_str();
                let mismatch = if is_left_out { Mismatch::LeftOut } else { Mismatch::UidOfAnother };
                Identity::Mismatch(carrier.id, mismatch)
            }
        });
    };
    let mismatch = match (uid_in_directory(&named), uid) {
        _ if named.name != name.as_str() => Mismatch::OtherSpelling,
        (None, _) => Mismatch::NoUid,
        (Some(0), _) => Mismatch::Root,
        (Some(_), None) => Mismatch::NoUser,
        (Some(have), Some(uid)) if have != uid => Mismatch::OtherUid,
        (Some(_), Some(_)) => {
            // If the search for a uid misses an existing one, it would also take all other users for strangers.
            let is_found = carrier.is_some_and(|carrier| carrier.id == named.id);
            return if is_found { Ok(Identity::Account(Box::new(named))) } else { Err(Outage::UidNotFound) };
        }
    };
    Ok(Identity::Mismatch(named.id, mismatch))
}

/// The id of no account.
const NO_ACCOUNT: &str = "-";
/// The name of uid 0.
const ROOT: &str = "root";
/// The uid that is none (chown(2)).
const NO_UID: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use crate::account::{AccountData, Attributes, Freshness, Revision, UID_NUMBER};
    use crate::account_status::AccountStatus;

    use super::*;

    fn account(name: &str, uids: &[&str]) -> Account {
        let mut attributes = Attributes::new();
        attributes.set(UID_NUMBER, uids.iter().map(|uid| (*uid).to_owned()).collect());
        Account {
            id: AccountId::new(name.to_lowercase()),
            name: name.to_owned(),
            status: AccountStatus::Active,
            attributes,
            addresses: Vec::new(),
            password_marker: String::new(),
            data: AccountData::default(),
            revision: Revision(0),
            locator: String::new(),
            freshness: Freshness::Fresh,
        }
    }

    fn said(uid: Option<u32>, named: Option<&Account>, carrier: Option<&Account>) -> String {
        said_of("alice", uid, named, carrier)
    }

    fn said_of(name: &str, uid: Option<u32>, named: Option<&Account>, carrier: Option<&Account>) -> String {
        match decide(&LoginName::new(name).unwrap(), uid, named.cloned(), carrier.cloned()) {
            Ok(Identity::Account(account)) => account.name,
            Ok(Identity::Mismatch(_, mismatch)) => format!("{mismatch:?}"),
            Ok(Identity::Stranger) => "stranger".to_owned(),
            Ok(Identity::NoUser) => "no user".to_owned(),
            Err(outage) => outage.to_string(),
        }
    }

    #[test]
    fn only_the_account_with_the_very_name_and_uid_is_the_users() {
        let (alice, bob) = (account("alice", &["10001"]), account("bob", &["10001"]));
        assert_eq!(said(Some(10_001), Some(&alice), Some(&alice)), "alice");
        assert_eq!(said(None, Some(&alice), None), "NoUser");
        assert_eq!(said(Some(10_002), Some(&alice), None), "OtherUid");
        assert_eq!(said(Some(10_001), Some(&account("Alice", &["10001"])), Some(&alice)), "OtherSpelling");
        assert_eq!(said(Some(10_001), None, Some(&bob)), "UidOfAnother");
        assert_eq!(said(Some(10_001), None, Some(&alice)), "LeftOut");
        for (named, carrier) in [(&alice, None), (&alice, Some(&bob))] {
            assert!(
                said(Some(10_001), Some(named), carrier).contains("uidNumber"),
                "the search is out of order"
            );
        }
    }

    #[test]
    fn only_a_uid_that_no_account_carries_is_a_strangers() {
        assert_eq!(said(Some(10_001), None, None), "stranger");
        assert_eq!(said(None, None, None), "no user");
    }

    #[test]
    fn root_is_a_stranger_even_if_an_entry_has_its_name() {
        for entry in [account("root", &["0"]), account("Root", &["10050"]), account("root", &[])] {
            assert_eq!(said_of("root", Some(0), Some(&entry), None), "stranger", "{entry:?}");
        }
        let entry = account("root", &["10050"]);
        assert_eq!(said_of("root", Some(10_050), Some(&entry), Some(&entry)), "root");
        assert_eq!(said_of("root", None, Some(&entry), None), "NoUser");
        assert_eq!(said_of("toor", Some(0), Some(&account("toor", &["0"])), None), "Root");
    }

    #[test]
    fn a_uid_in_another_notation_belongs_to_no_account() {
        for uids in [&[][..], &["10001", "10002"], &["10001", "10001"]] {
            let odd = account("alice", uids);
            assert_eq!(said(Some(10_001), Some(&odd), Some(&odd)), "NoUid", "{uids:?}");
        }
        for uid in ["", "+10001", " 10001", "10001 ", "010001", "-1", "1e4", "4294967296", "ten"] {
            let odd = account("alice", &[uid]);
            assert_eq!(said(Some(10_001), Some(&odd), Some(&odd)), "NoUid", "{uid:?}");
            assert_ne!(said(Some(10_001), None, Some(&odd)), "stranger", "{uid:?}");
        }
        let root = account("alice", &["0"]);
        assert_eq!(said(Some(0), Some(&root), Some(&root)), "Root");
    }
}
