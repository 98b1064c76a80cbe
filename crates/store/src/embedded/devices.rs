//! Records of trusted devices.

use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use rusqlite::{Connection, params};

use super::database::DatabaseError;
use super::directory::integer;

/// Puts a record in the place of one with the same id, and drops those of all accounts that have expired at `at`.
pub(super) fn put(
    connection: &Connection,
    account: &str,
    device: &DeviceRecord,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    connection
        .prepare_cached(
            "INSERT INTO device (account, id, value, expires) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires",
        )?
        .execute(params![account, device.id.0, device.value, integer(device.expires.as_unix())?])?;
    connection.prepare_cached("DELETE FROM device WHERE expires <= ?1")?.execute([integer(at.as_unix())?])?;
    Ok(())
}

/// Those that have not expired, by id.
pub(super) fn list(
    connection: &Connection,
    account: &str,
    now: Timestamp,
) -> Result<Vec<DeviceRecord>, DatabaseError> {
    let mut select = connection.prepare_cached(
        "SELECT id, value, expires FROM device WHERE account = ?1 AND expires > ?2 ORDER BY id",
    )?;
    let rows = select.query_map(params![account, integer(now.as_unix())?], |row| {
        Ok(DeviceRecord {
            id: DeviceId(row.get(0)?),
            value: row.get(1)?,
            expires: Timestamp::from_unix(u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0)),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn remove(
    connection: &Connection,
    account: &str,
    devices: &[DeviceId],
) -> Result<(), DatabaseError> {
    let mut delete = connection.prepare_cached("DELETE FROM device WHERE account = ?1 AND id = ?2")?;
    for device in devices {
        delete.execute(params![account, device.0])?;
    }
    Ok(())
}
