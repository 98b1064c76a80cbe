//! Where accounts are kept: LDAP, or its stand-in.

use std::fmt;

use async_trait::async_trait;

use crate::account::{Account, AccountData, AccountId, FactorKey, Revision};
use crate::hashing::Lane;
use crate::name::LoginName;
use crate::policy::Class;
use crate::secret::Password;

/// Keeps accounts. Every call ends within the implementation's own deadline.
#[async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// The one account that goes by `name` at a service of this class: as its user name, or else, at mail services alone,
    /// as one of its mail addresses.
    ///
    /// At login services it comes from where it is written, and under the name that was typed where that is one of its own.
    /// Where the directory answers to another spelling, it comes under its own name: the caller has to compare them.
    ///
    /// # Errors
    /// Also where more than one does.
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError>;

    /// The one account that carries this uid as a `uidNumber`, whether or not it may log in, from where it is written.
    ///
    /// # Errors
    /// Also where more than one does.
    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError>;

    /// The account with this id, fresh from where it is written.
    ///
    /// # Errors
    /// As the type says.
    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError>;

    /// Whether `password` is the account's main password. `None` for a name without account: it is wrong, after the work
    /// that a real check would have cost.
    ///
    /// At login services the answer comes from where the password is written, as the account does.
    ///
    /// # Errors
    /// As the type says.
    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        class: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError>;

    /// Replaces the account's data by `data` where its revision still is `expected`, in one step.
    ///
    /// # Errors
    /// As the type says. After [`DirectoryError::Down`] the change may have been made.
    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError>;

    /// The accounts that have one of these keys, at most one for each key and one more, so that a key that is held twice is
    /// seen.
    ///
    /// # Errors
    /// As the type says.
    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError>;

    /// Shows every account to `each` once, in any order; one that cannot be read is shown as its error. An account is what
    /// services of either class find, and what has data of Postern though neither finds it any more.
    ///
    /// It may take as long as the directory is large.
    ///
    /// # Errors
    /// Where the listing could not be brought to its end.
    async fn visit(&self, each: &mut Visitor<'_>) -> Result<(), DirectoryError>;
}

/// What came of a main password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is the account's.
    Right,
    /// It is, and its owner has to change it; it counts all the same.
    RightButDue,
    /// It is not.
    Wrong,
    /// Right or not: the directory lets this account in by no password.
    Refused(PasswordRefusal),
}

/// Why a directory lets an account in by no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRefusal {
    /// Locked, as after too many wrong ones.
    Locked,
    /// There is none that could be compared.
    NoPassword,
    /// The account has no right to it.
    NotPermitted,
    /// Switched off, past its time, or locked.
    Unwilling,
    /// The owner has to change it first, and the configuration says that nothing opens before.
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

/// Is shown one account after the other.
pub type Visitor<'a> = dyn FnMut(Result<Account, DirectoryError>) + Send + 'a;

/// How a compare-and-set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Written; the account's revision now.
    Done(Revision),
    /// Somebody else was faster, or the account is gone: read again.
    Conflict,
}

/// The directory is out of order. Each is a Defer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be asked now; later it may be.
    #[error("the directory does not answer: {0}")]
    Down(String),
    /// What it holds or how it is set up has to be mended by an admin.
    #[error("the directory is not in order: {0}")]
    Broken(String),
}
