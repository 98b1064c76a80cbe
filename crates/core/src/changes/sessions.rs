//! Listing and ending the sessions of browsers.

use crate::account::{Account, AccountId};
use crate::keyring::Keyring;
use crate::ledger::LedgerError;

use super::authority::Authority;
use super::error::ChangeError;
use super::trust::{self, OpenSession};

/// The account's open sessions, the oldest first.
///
/// # Errors
/// Where the ledger is out of order.
pub async fn open_sessions(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
) -> Result<Vec<OpenSession>, LedgerError> {
    trust::sessions(authority, keyring, account).await
}

/// Ends the sessions that `which` picks, for good, and tells which they were.
///
/// # Errors
/// [`ChangeError`]; where the ledger is down all sessions are ended all the same.
pub async fn end_sessions(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    which: impl Fn(&OpenSession) -> bool,
) -> Result<Vec<OpenSession>, ChangeError> {
    Ok(trust::end(authority, keyring, account, |_| false, which).await?.sessions)
}
