//! Records of trusted devices.

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::{LedgerError, TrustedDevices};
use rusqlite::{Connection, Row, params};

use super::integers::{integer, timestamp};
use super::ledger::{BUDGET, EmbeddedLedger};

#[async_trait]
impl TrustedDevices for EmbeddedLedger {
    /// Also removes the records of all accounts that have expired at `at`.
    async fn put_device(
        &self,
        account: &AccountId,
        device: &DeviceRecord,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let (account, device) = (account.as_str().to_owned(), device.clone());
        let put = move |connection: &Connection| {
            connection
                .prepare_cached(
                    "INSERT INTO device (account, id, value, expires) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires",
                )?
                .execute(params![
                    account,
                    device.id.0.bytes(),
                    device.value,
                    integer(device.expires.as_unix())?
                ])?;
            connection
                .prepare_cached("DELETE FROM device WHERE expires <= ?1")?
                .execute([integer(at.as_unix())?])?;
            Ok(())
        };
        Ok(self.database.write(BUDGET, put).await?)
    }

    async fn devices(&self, account: &AccountId, now: Timestamp) -> Result<Vec<DeviceRecord>, LedgerError> {
        let account = account.as_str().to_owned();
        let list = self.database.read(BUDGET, move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id, value, expires FROM device WHERE account = ?1 AND expires > ?2 ORDER BY id",
            )?;
            let rows = select.query_map(params![account, integer(now.as_unix())?], read_device)?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        Ok(list.await?)
    }

    async fn drop_devices(&self, account: &AccountId, devices: &[DeviceId]) -> Result<(), LedgerError> {
        let (account, devices) = (account.as_str().to_owned(), devices.to_vec());
        let remove = move |connection: &Connection| {
            let mut delete =
                connection.prepare_cached("DELETE FROM device WHERE account = ?1 AND id = ?2")?;
            for device in &devices {
                delete.execute(params![account, device.0.bytes()])?;
            }
            Ok(())
        };
        Ok(self.database.write(BUDGET, remove).await?)
    }
}

fn read_device(row: &Row<'_>) -> rusqlite::Result<DeviceRecord> {
    Ok(DeviceRecord {
        id: DeviceId(Digest::new(row.get(0)?)),
        value: row.get(1)?,
        expires: timestamp(row.get(2)?),
    })
}
