use postern_core::account::Account;
use postern_core::changes::{ChangeError, TrustedDevice, revoke_devices, trusted_devices};
use postern_core::device::DeviceId;
use postern_core::system_fault::SystemFault;
use postern_core::words::Phrase;
use serde_json::{Value, json};

use crate::args::DeviceCommand;
use crate::failure::Failure;
use crate::output::{Output, local, table};
use crate::site::Site;

/// Runs a verb for the devices that an account trusts.
pub(crate) async fn run(site: &Site, command: DeviceCommand, output: Output) -> Result<(), Failure> {
    match command {
        DeviceCommand::List { name } => list(site, &site.account(&name).await?, output).await,
        DeviceCommand::Revoke { name, id, .. } => {
            revoke(site, &site.account(&name).await?, id.as_deref(), output).await
        }
    }
}

async fn list(site: &Site, account: &Account, output: Output) -> Result<(), Failure> {
    let devices = trusted_devices(&site.authority(), &site.keyring()?, account).await?;
    let rows = devices.iter().map(|device| {
        vec![
            short(device),
            device.trust.name.clone(),
            local(device.trust.created),
            local(device.trust.expires),
        ]
    });
    let text = table(&["ID", "DEVICE", "SINCE", "UNTIL"], rows);
    let text = if text.is_empty() { format!("{} trusts no device", account.name) } else { text };
    output.about(account).print(&text, "devices", devices.iter().map(value).collect::<Vec<_>>())
}

async fn revoke(site: &Site, account: &Account, id: Option<&str>, output: Output) -> Result<(), Failure> {
    let (authority, keyring) = (site.authority(), site.keyring()?);
    let which = match id {
        None => None,
        Some(typed) => {
            let devices = trusted_devices(&authority, &keyring, account).await?;
            Some(find_factor(&devices, typed, &account.name)?)
        }
    };
    let is_meant = |device: &TrustedDevice| which.is_none_or(|id| id == device.id);
    let revoked = revoke_devices(&authority, &keyring, &account.id, is_meant).await.map_err(unfinished)?;
    let text: String = revoked
        .iter()
        .map(|device| format!("revoked {} \"{}\"\n", short(device), device.trust.name))
        .collect();
    let text = if text.is_empty() { "no trusted device to revoke".to_owned() } else { text };
    let printed =
        output.about(account).print(&text, "revoked", revoked.iter().map(value).collect::<Vec<_>>());
    for device in &revoked {
        let name = device.trust.name.as_str();
        site.tell_owner(account, &Phrase::ChangedDeviceRevoked { name }).await;
    }
    printed
}

/// If the ledger is down, the account stops to trust all devices, which is more than was asked for one.
fn unfinished(error: ChangeError) -> Failure {
    let is_done = matches!(error, ChangeError::Fault(SystemFault::Ledger(_)));
    let failure = Failure::from(error);
    if is_done {
        failure.and("the account trusts no device from now on; the records go by themselves")
    } else {
        failure
    }
}

fn find_factor(devices: &[TrustedDevice], typed: &str, name: &str) -> Result<DeviceId, Failure> {
    let mut meant = devices.iter().filter(|device| device.id.is_meant_by(typed));
    match (meant.next(), meant.next()) {
        (Some(device), None) => Ok(device.id),
        (Some(_), Some(_)) => Err(Failure::data(format!("more than one device begins with \"{typed}\""))),
        (None, _) => Err(Failure::data(format!(
            "{name} trusts no device \"{typed}\"; see: postern device list {name}"
        ))),
    }
}

/// The shortest beginning of an id that tells the account's devices apart.
fn short(device: &TrustedDevice) -> String {
    device.id.to_string().chars().take(8).collect()
}

/// A device for scripts.
pub(super) fn value(device: &TrustedDevice) -> Value {
    json!({
        "id": device.id.to_string(),
        "name": device.trust.name,
        "created": device.trust.created,
        "expires": device.trust.expires,
    })
}
