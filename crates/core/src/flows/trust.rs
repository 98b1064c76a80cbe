//! Devices that need no second step for a while.

use std::time::Duration;

use crate::account::{Account, AccountId};
use crate::device::{Device, DeviceId, DeviceRecord, LONGEST_TRUST, Trust};
use crate::engine::Engine;
use crate::keyring::Keyring;
use crate::ledger::LedgerError;

use super::app_password::{Authority, ChangeError, edit};
use super::outcome::Trail;

/// Whether the account has trusted the device, wherever it did so, for less than `term`: that of the service that asks. Where
/// the ledger cannot say, it has not.
pub(super) async fn is_trusted(
    engine: &Engine,
    account: &Account,
    device: &Device,
    term: Duration,
    trail: &mut Trail,
) -> bool {
    let now = engine.clock.now();
    let Ok(records) = engine.ledger.devices(&account.id, now).await else {
        trail.is_ledger_down = true;
        return false;
    };
    let ids = DeviceId::all_of(&account.id, device, &engine.keyring, term, now);
    records
        .iter()
        .filter(|record| ids.contains(&record.id))
        .any(|record| Trust::open(record, account, &engine.keyring, term, now).is_some())
}

/// Trusts the device from now on. Where the ledger is down it does not, and the person is asked again next time.
pub(super) async fn trust(
    engine: &Engine,
    account: &Account,
    device: &Device,
    term: Duration,
    trail: &mut Trail,
) {
    let now = engine.clock.now();
    let trust = Trust { name: device.name.clone(), created: now, expires: now.plus(term) };
    let record = trust.seal(DeviceId::of(&account.id, device, &engine.keyring), account, &engine.keyring);
    if engine.ledger.put_device(&account.id, &record, now).await.is_err() {
        trail.is_ledger_down = true;
    }
}

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
    let read = authority.directory.read(account).await?.ok_or(ChangeError::NoAccount)?;
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
    // Sealed for the account as it was when they were listed: whatever else was changed since makes them worthless, too.
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
