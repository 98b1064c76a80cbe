//! Reads that are never older than what was written, from servers that may lag behind.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, Freshness, Revision};
use postern_core::clock::Clock;
use postern_core::directory::{Directory, DirectoryError, Update, Visitor};
use postern_core::hashing::Lane;
use postern_core::ledger::Ledger;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Password;

/// A directory whose reads are compared with the revisions that the ledger heard of: an older one is read again from
/// where it is written, or not used.
///
/// While the ledger is down nothing is known to be newer, and what was read is used: app passwords never depend on the
/// ledger. A change reaches lagging servers by replication alone then.
pub(crate) struct FreshReads {
    inner: Arc<dyn Directory>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

impl FreshReads {
    pub(crate) fn new(inner: Arc<dyn Directory>, ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, ledger, clock }
    }

    async fn is_outdated(&self, account: &Account) -> bool {
        let known = self.ledger.known_revision(&account.id, self.clock.now()).await;
        matches!(known, Ok(Some(known)) if account.revision < known)
    }
}

#[async_trait]
impl Directory for FreshReads {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        let Some(account) = self.inner.find(name, class).await? else { return Ok(None) };
        if !self.is_outdated(&account).await {
            return Ok(Some(account));
        }
        match account.freshness {
            Freshness::Fresh => self.inner.read(&account.id).await,
            Freshness::Stale => {
                Err(DirectoryError::Down("the copy that is left is older than a change".to_owned()))
            }
        }
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        self.inner.read(id).await
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        lane: Lane,
    ) -> Result<bool, DirectoryError> {
        self.inner.check_main_password(account, password, lane).await
    }

    /// Announces the next revision before it is written: if the change then fails, reads cost more for an hour; the
    /// other way round a revocation could go unnoticed.
    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        drop(self.ledger.note_revision(id, expected.next(), self.clock.now()).await);
        self.inner.update(id, expected, data).await
    }

    async fn visit(&self, each: &mut Visitor<'_>) -> Result<(), DirectoryError> {
        self.inner.visit(each).await
    }
}

impl fmt::Debug for FreshReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshReads")
    }
}
