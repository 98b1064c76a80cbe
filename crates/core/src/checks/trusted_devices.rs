//! Devices that need no second step for a while.

use std::time::Duration;

use crate::account::Account;
use crate::device::{Device, DeviceId, Trust};
use crate::exchange::context::Exchange;
use crate::login_event::UsedCredential;

/// Whether the account has trusted the device, wherever it did so, for less than `term`: that of the service that asks. Where
/// the ledger cannot say, it has not.
pub(crate) async fn is_trusted(
    exchange: &mut Exchange<'_>,
    account: &Account,
    device: &Device,
    term: Duration,
) -> bool {
    let engine = exchange.engine;
    let now = engine.clock.now();
    let Ok(records) = engine.ledger.devices(&account.id, now).await else {
        exchange.trail.is_ledger_down = true;
        return false;
    };
    let ids = DeviceId::all_of(&account.id, device, &engine.keyring, term, now);
    let trusted = records.iter().filter(|record| ids.contains(&record.id)).find_map(|record| {
        let trust = Trust::open(record, account, &engine.keyring, term, now)?;
        Some(UsedCredential::of_device(record.id, &trust.name))
    });
    let is_trusted = trusted.is_some();
    exchange.trail.used = trusted;
    is_trusted
}

/// Trusts the device from now on. Where the ledger is down it does not, and the person is asked again next time.
pub(crate) async fn trust(exchange: &mut Exchange<'_>, account: &Account, device: &Device, term: Duration) {
    let engine = exchange.engine;
    let now = engine.clock.now();
    let trust = Trust { name: device.name.clone(), created: now, expires: now.plus(term), secret: None };
    let record = trust.seal(DeviceId::of(&account.id, device, &engine.keyring), account, &engine.keyring);
    if engine.ledger.put_device(&account.id, &record, now).await.is_err() {
        exchange.trail.is_ledger_down = true;
    }
}
