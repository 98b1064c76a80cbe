//! Stores that measure each call before they pass it on.

use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Revision};
use postern_core::directory::{Directory, DirectoryError, EachAccount, PasswordCheck, Update};
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Password;
use postern_core::turns::Lane;

use super::counters::Metrics;

/// A store whose calls are measured.
#[derive(Debug)]
pub(crate) struct Measured<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl Directory for Measured<dyn Directory> {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        self.metrics.directory.measure("find", self.inner.find(name, class)).await
    }

    async fn find_by_uid(&self, uid: u32) -> Result<Option<Account>, DirectoryError> {
        self.metrics.directory.measure("find", self.inner.find_by_uid(uid)).await
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        self.metrics.directory.measure("read", self.inner.read(id)).await
    }

    fn computes_main_passwords(&self) -> bool {
        self.inner.computes_main_passwords()
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        class: Class,
        lane: Lane,
    ) -> Result<PasswordCheck, DirectoryError> {
        let check = self.inner.check_main_password(account, password, class, lane);
        self.metrics.directory.measure("check_main_password", check).await
    }

    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        self.metrics.directory.measure("update", self.inner.update(id, expected, data)).await
    }

    async fn holders(&self, keys: &[FactorKey]) -> Result<Vec<AccountId>, DirectoryError> {
        self.metrics.directory.measure("holders", self.inner.holders(keys)).await
    }

    async fn for_each_account(&self, each: &mut EachAccount<'_>) -> Result<(), DirectoryError> {
        // It takes as long as the directory is large.
        let listed = self.inner.for_each_account(each).await;
        self.metrics.directory.note(&listed);
        listed
    }
}
