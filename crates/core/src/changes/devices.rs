//! Listing and revoking devices that need no second step for a while.

use crate::account::{Account, AccountId};
use crate::device::{DeviceId, DeviceRecord, LONGEST_TRUST, Trust};
use crate::keyring::Keyring;
use crate::ledger::LedgerError;

use super::authority::Authority;
use super::edit::edit;
use super::error::{ChangeError, ChangeRefusal};

/// A trusted device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedDevice {
    /// Which one.
    pub id: DeviceId,
    /// Its name and term.
    pub trust: Trust,
}

/// The devices that the account trusts now. Records that say nothing are left out.
///
/// # Errors
/// Where the ledger is out of order.
pub async fn trusted_devices(
    authority: &Authority,
    keyring: &Keyring,
    account: &Account,
) -> Result<Vec<TrustedDevice>, LedgerError> {
    let now = authority.clock.now();
    let records = authority.ledger.devices(&account.id, now).await?;
    let open = |record: &DeviceRecord| {
        let trust = Trust::open(record, account, keyring, LONGEST_TRUST, now);
        trust.map(|trust| TrustedDevice { id: record.id, trust })
    };
    Ok(records.iter().filter_map(open).collect())
}

/// Revokes the devices that `which` picks, and tells which they were.
///
/// The account's generation of trust is raised, so that no record of before is good any more, wherever it comes back from;
/// the devices that stay get new ones. Cut off in between, they are asked for a second step once more.
///
/// # Errors
/// [`ChangeError`]; where the ledger is down the devices are revoked all the same.
pub async fn revoke_devices(
    authority: &Authority,
    keyring: &Keyring,
    account: &AccountId,
    which: impl Fn(&TrustedDevice) -> bool,
) -> Result<Vec<TrustedDevice>, ChangeError> {
    let read = authority.directory.read(account).await?.ok_or(ChangeRefusal::NoAccount)?;
    let listed = trusted_devices(authority, keyring, &read).await;
    let (revoked, kept): (Vec<_>, Vec<_>) = match &listed {
        Ok(devices) => devices.iter().cloned().partition(|device| which(device)),
        Err(_) => (Vec::new(), Vec::new()),
    };
    if listed.is_ok() && revoked.is_empty() {
        return Ok(revoked);
    }
    let generation = edit(&*authority.directory, account, |data| {
        data.forget_trust();
        Ok(data.policy.trust_generation)
    })
    .await?;
    let now = authority.clock.now();
    let ids: Vec<DeviceId> = revoked.iter().map(|device| device.id).collect();
    authority.ledger.drop_devices(account, &ids).await?;
    // Sealed for the account as it was when they were listed. Any other change since then invalidates them as well.
    let mut then = read;
    then.data.forget_trust();
    if then.data.policy.trust_generation == generation {
        for device in &kept {
            let record = device.trust.seal(device.id, &then, keyring);
            authority.ledger.put_device(account, &record, now).await?;
        }
    }
    listed.map_err(ChangeError::from)?;
    Ok(revoked)
}
