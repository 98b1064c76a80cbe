//! Records of trusted devices.

use async_trait::async_trait;

use super::LedgerError;
use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::device::{DeviceId, DeviceRecord};

/// Keeps the records of trusted devices. A record proves nothing before its signature is checked.
#[async_trait]
pub trait TrustedDevices {
    /// Stores the record of a trusted device, and replaces an earlier one with the same id.
    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The records of an account's trusted devices that have not expired at `now`, sorted by id.
    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError>;

    /// Removes the records of these devices.
    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError>;
}
