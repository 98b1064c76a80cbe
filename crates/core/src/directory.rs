//! The directory: where accounts are kept, in LDAP or in its embedded stand-in.

use std::fmt;

use async_trait::async_trait;

use crate::account::{Account, AccountData, AccountId, FactorKey, Revision};
use crate::hashing::NotComputed;
use crate::name::LoginName;
use crate::policy::Class;
use crate::secret::Password;
use crate::turns::Lane;

/// Keeps accounts. Every call ends within the implementation's own deadline.
#[async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// The one account with this `name` at a service of this class: as its user name or, at mail services only, as one of its mail
    /// addresses.
    ///
    /// At login services it is read from the server that accepts writes, and carries the typed name if that is one of its own. If the
    /// directory matched another spelling, it carries its own name: the caller has to compare them.
    ///
    /// # Errors
    /// Also if several accounts have the name.
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError>;

    /// The one account with this `uidNumber`, whether or not it may log in, from the server that accepts writes.
    ///
    /// # Errors
    /// Also if several accounts have it.
    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError>;

    /// The account with this id, from the server that accepts writes.
    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError>;

    /// The same for a caller that can do without: a server that does not answer costs it half as long.
    async fn read_soon(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        self.read(id).await
    }

    /// Whether main passwords are computed on this host, where they wait in an order of their own.
    fn computes_main_passwords(&self) -> bool;

    /// Whether `password` is the account's main password. `None` stands for a name without account: the password is wrong, and this
    /// must cost as much as a real check.
    ///
    /// At login services the answer comes from the server that accepts writes, as the account does.
    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        class: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError>;

    /// Replaces the account's data by `data` if its revision still is `expected`, in one step.
    ///
    /// # Errors
    /// After [`DirectoryError::Down`] the change may have been made.
    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError>;

    /// The accounts that have one of these keys: at most one for each key and one more, so that a duplicate key is noticed.
    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError>;

    /// Calls `each` once for every account, in any order; an account that cannot be read is passed as its error. These are the accounts
    /// that services of either class find, and those that have data of Postern although no service finds them any more.
    ///
    /// The time it takes grows with the directory.
    ///
    /// # Errors
    /// If the listing was not completed.
    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError>;
}

/// The result of a check of a main password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is the account's main password.
    Right,
    /// It is, and its owner has to change it; it is accepted all the same.
    RightButDue,
    /// It is not.
    Wrong,
    /// Right or wrong: the directory accepts no password for this account.
    Refused(PasswordRefusal),
}

/// Why a directory accepts no password for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// The account is locked, for example after too many wrong passwords.
    Locked,
    /// The account has no password to compare.
    NoPassword,
    /// The account is not permitted to log in.
    NotPermitted,
    /// The account is disabled, expired or locked.
    Unwilling,
    /// The owner has to change the password first, and the configuration accepts no other login before.
    Due,
}

impl PasswordRefusal {
    /// For the log.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::Locked => "the directory has locked the main password: constraintViolation (19)",
            Self::NoPassword => {
                "the account has no main password in the directory: inappropriateAuthentication (48)"
            }
            Self::NotPermitted => {
                "the directory does not permit the account to log in: insufficientAccessRights (50)"
            }
            Self::Unwilling => {
                "the directory has disabled, expired or locked the account: unwillingToPerform (53)"
            }
            Self::Due => "the main password has to be changed before it opens anything",
        }
    }
}

/// Called for one account after the other.
pub type EachAccount<'a> = dyn FnMut(Result<Account, DirectoryError>) + Send + 'a;

/// How a compare-and-set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Written; the account's revision now.
    Done(Revision),
    /// Another change came first, or the account is gone: read it again.
    Conflict,
}

/// The directory does not work. Each error is a Defer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be reached now; a later attempt may succeed.
    #[error("the directory does not answer: {0}")]
    Down(String),
    /// It does not say whether a main password is right. All else it may answer: the bind may need another server behind it.
    #[error("the directory does not answer a bind: {0}")]
    BindUnanswered(String),
    /// A main password was not tried at the directory, whose address this is.
    #[error("no bind is tried at {0} now, because too many logins wait for one already")]
    BindsWait(String),
    /// An administrator has to repair its contents or its configuration.
    #[error("the directory is not in order: {0}")]
    Broken(String),
    /// A main password was not compared on this host: the directory itself is in order.
    #[error(transparent)]
    NotCompared(#[from] NotComputed),
}
