//! Records of trusted devices.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::ledger::{LedgerError, TrustedDevices};

use super::calls::{foreign, second, text};
use super::ledger::RedisLedger;
use super::script::{Script, script};

#[async_trait]
impl TrustedDevices for RedisLedger {
    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut arguments =
            vec![text(device.id), text(second(device.expires)), text(&device.value), text(second(at))];
        arguments.extend(self.calls.time_arguments(at));
        self.calls.run(account, &PUT_DEVICE, &[DEVICES], arguments).await
    }

    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError> {
        let mut arguments = vec![text(second(now))];
        arguments.extend(self.calls.time_arguments(now));
        let stored: Vec<(String, String)> =
            self.calls.run(account, &LIST_DEVICES, &[DEVICES], arguments).await?;
        let mut devices = stored
            .iter()
            .map(|(id, value)| read_device(id, value).ok_or_else(foreign))
            .collect::<Result<Vec<_>, _>>()?;
        devices.retain(|device| device.expires > now);
        devices.sort_by_key(|device| device.id);
        Ok(devices)
    }

    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError> {
        for some in devices.chunks(AT_ONCE) {
            let arguments = some.iter().map(text).collect();
            self.calls.run::<()>(account, &DROP_DEVICES, &[DEVICES], arguments).await?;
        }
        Ok(())
    }
}

fn read_device(id: &str, value: &str) -> Option<DeviceRecord> {
    let (expires, value) = value.split_once(' ')?;
    let expires = Timestamp::from_unix(expires.parse().ok()?);
    Some(DeviceRecord { id: DeviceId::parse(id)?, value: value.to_owned(), expires })
}

/// The key of an account's trusted devices.
pub(super) const DEVICES: &str = "devices";
const AT_ONCE: usize = 500;

static PUT_DEVICE: Script = script!("now" "put_device");
static LIST_DEVICES: Script = script!("now" "devices");
static DROP_DEVICES: Script = script!("drop_devices");
