//! Reads that are never older than what was written, from servers that may lag behind.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Freshness, Revision};
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
/// That is for mail services alone. Where the ledger knows nothing, what was read is used: app passwords never depend on
/// the ledger, and a change reaches lagging servers by replication alone then. At login services accounts come from where
/// they are written anyway: nobody signs a revision, and whoever forges one must not make an account look as it was before
/// a factor was bound.
pub struct FreshReads {
    inner: Arc<dyn Directory>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Clock>,
}

impl FreshReads {
    /// Compares what `inner` reads with what `ledger` knows.
    #[must_use]
    pub fn new(inner: Arc<dyn Directory>, ledger: Arc<dyn Ledger>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, ledger, clock }
    }

    async fn will_do(&self, account: &Account) -> bool {
        match self.ledger.known_revision(&account.id, self.clock.now()).await {
            Ok(Some(known)) => account.revision >= known,
            Ok(None) | Err(_) => true,
        }
    }

    /// The account as it is where it is written; that spares the next ones the way.
    async fn read_and_note(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        let read = self.inner.read(id).await?;
        if let Some(account) = &read {
            drop(self.ledger.note_revision(id, account.revision, self.clock.now()).await);
        }
        Ok(read)
    }
}

#[async_trait]
impl Directory for FreshReads {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        let Some(account) = self.inner.find(name, class).await? else { return Ok(None) };
        let is_used = match class {
            Class::Mail => self.will_do(&account).await,
            Class::Login => true,
        };
        if is_used {
            return Ok(Some(account));
        }
        match account.freshness {
            // The name may be another's by then, so it is only taken where it still is this one's.
            Freshness::Fresh => {
                let read = self.read_and_note(&account.id).await?;
                Ok(read.map(|read| Account { name: account.name, ..read }))
            }
            Freshness::Stale => {
                Err(DirectoryError::Down("the copy that is left is older than a change".to_owned()))
            }
        }
    }

    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError> {
        self.inner.find_by_uid(uid).await
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

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        self.inner.holders(keys).await
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
