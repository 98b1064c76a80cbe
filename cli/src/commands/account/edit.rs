//! Changes that several verbs make.

use postern_core::account::{Account, AccountData};
use postern_core::changes::edit;
use postern_core::hashing::{Purpose, SALT_BYTES, StoredHash};
use postern_core::policy::AccountPolicy;
use postern_core::secret::Password;

use crate::failure::Failure;
use crate::site::{self, Site};

/// Changes an account's policy, and reads the account again.
pub(super) async fn decide(
    site: &Site,
    name: &str,
    change: impl Fn(&mut AccountPolicy) + Send + Sync,
) -> Result<Account, Failure> {
    let account = site.account(name).await?;
    let change = |data: &mut AccountData| {
        change(&mut data.policy);
        Ok(())
    };
    edit(&*site.directory, &account.id, change).await?;
    site.again(&account).await
}

/// Hashes a main password.
pub(super) async fn hash(site: &Site, password: &Password) -> Result<StoredHash, Failure> {
    let mut salt = [0; SALT_BYTES];
    site::random(&mut salt).map_err(Failure::system)?;
    let cost = site.config.limits.main_password_cost;
    let secret = password.expose().as_bytes();
    site.hasher.hash(secret, &salt, cost, Purpose::MainPassword).await.map_err(Failure::system)
}
