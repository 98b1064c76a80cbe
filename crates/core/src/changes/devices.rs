//! Listing and revoking devices that need no second step for a while.

use crate::account::{Account, AccountId};
use crate::keyring::Keyring;
use crate::ledger::LedgerError;

use super::authority::Authority;
use super::error::ChangeError;
use super::trust::{self, TrustedDevice};

/// The devices that the account trusts now, browsers among them. Records that say nothing are left out.
///
/// # Errors
/// Where the ledger is out of order.
pub async fn trusted_devices(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
) -> Result<Vec<TrustedDevice>, LedgerError> {
    trust::devices(authority, keyring, account).await
}

/// Revokes the devices that `which` picks, for good, and tells which they were.
///
/// # Errors
/// [`ChangeError`]; where the ledger is down all devices are revoked all the same.
pub async fn revoke_devices(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    which: impl Fn(&TrustedDevice) -> bool,
) -> Result<Vec<TrustedDevice>, ChangeError> {
    Ok(trust::end(authority, keyring, account, which, |_| false).await?.devices)
}
