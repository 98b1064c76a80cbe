//! Records of trusted devices.

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::ledger::LedgerError;

use super::calls::{Calls, foreign, second, text};
use super::scripts;

pub(super) async fn put(
    calls: &Calls,
    account: &AccountId,
    device: &DeviceRecord,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let mut arguments =
        vec![text(device.id), text(second(device.expires)), text(&device.value), text(second(at))];
    arguments.extend(calls.time_arguments(at));
    calls.run(account, &scripts::PUT_DEVICE, &[DEVICES], arguments).await
}

/// Those that have not expired, by id.
pub(super) async fn list(
    calls: &Calls,
    account: &AccountId,
    now: Timestamp,
) -> Result<Vec<DeviceRecord>, LedgerError> {
    let mut arguments = vec![text(second(now))];
    arguments.extend(calls.time_arguments(now));
    let kept: Vec<(String, String)> = calls.run(account, &scripts::DEVICES, &[DEVICES], arguments).await?;
    let read = |(id, value): (String, String)| {
        let (expires, value) = value.split_once(' ')?;
        let expires = Timestamp::from_unix(expires.parse().ok()?);
        Some(DeviceRecord { id: DeviceId::parse(&id)?, value: value.to_owned(), expires })
    };
    let mut devices =
        kept.into_iter().map(|one| read(one).ok_or_else(foreign)).collect::<Result<Vec<_>, _>>()?;
    devices.retain(|device| device.expires > now);
    devices.sort_by_key(|device| device.id);
    Ok(devices)
}

pub(super) async fn remove(
    calls: &Calls,
    account: &AccountId,
    devices: &[DeviceId],
) -> Result<(), LedgerError> {
    for some in devices.chunks(AT_ONCE) {
        let arguments = some.iter().map(text).collect();
        calls.run::<()>(account, &scripts::DROP_DEVICES, &[DEVICES], arguments).await?;
    }
    Ok(())
}

pub(super) const DEVICES: &str = "devices";
const AT_ONCE: usize = 500;
