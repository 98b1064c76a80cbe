use serde_json::json;

use crate::account::Account;
use crate::changes::TrustedDevice;
use crate::changes::devices::{revoke_devices, trusted_devices};
use crate::conversation::Choice;
use crate::deed::Change;
use crate::exchange::stop::Stop;
use crate::flows::refused_change;
use crate::verdict::Reason;
use crate::words::Phrase;

use super::choosing::{shown, the_one};
use super::session::SelfService;

impl SelfService<'_, '_> {
    pub(super) async fn list_devices(&mut self, account: &Account) -> Result<(), Stop> {
        let devices = self.devices(account).await?;
        if devices.is_empty() {
            self.exchange.person.tell(&Phrase::NoDevice {}).await?;
        }
        for device in &devices {
            self.list_device(device).await?;
        }
        Ok(())
    }

    pub(super) async fn revoke_devices(&mut self, account: &Account) -> Result<(), Stop> {
        let picked = if self.means_all().await? {
            None
        } else {
            let devices = self.devices(account).await?;
            if self.argument("id").is_none() {
                for device in &devices {
                    self.list_device(device).await?;
                }
            }
            let choices: Vec<Choice> = devices.iter().map(choice).collect();
            let id = self.argument_or_ask("id", &Phrase::WhichDevice {}, &choices).await?;
            match the_one(&devices, |device| device.id.is_meant_by(&id)) {
                Some(device) => Some(device.id),
                None => {
                    self.exchange.person.complain(&Phrase::NoSuchDevice { id: &shown(&id) }).await?;
                    return Err(Stop::reject(Reason::NotPermitted));
                }
            }
        };
        self.prove(account, Change::RevokeDevices).await?;
        let is_picked = |device: &TrustedDevice| picked.is_none_or(|id| id == device.id);
        let authority = self.exchange.engine.authority();
        let keyring = &self.exchange.engine.keyring;
        let revoked = revoke_devices(&authority, keyring, &account.id, is_picked).await;
        let revoked = refused_change::told(self.exchange, revoked).await?;
        if revoked.is_empty() {
            self.exchange.person.tell(&Phrase::NoDevice {}).await?;
        } else {
            self.exchange.person.changed();
        }
        for device in &revoked {
            self.exchange.person.tell(&Phrase::DeviceRevoked { name: &device.trust.name }).await?;
            let value = json!({ "id": device.id.to_string(), "name": device.trust.name });
            self.exchange.person.record("revoked", value).await?;
        }
        for device in &revoked {
            let name = device.trust.name.as_str();
            self.tell_owner(account, &Phrase::ChangedDeviceRevoked { name }).await;
        }
        Ok(())
    }

    async fn devices(&self, account: &Account) -> Result<Vec<TrustedDevice>, Stop> {
        Ok(trusted_devices(&self.exchange.engine.authority(), &self.exchange.engine.keyring, account).await?)
    }

    async fn list_device(&mut self, device: &TrustedDevice) -> Result<(), Stop> {
        let (id, trust) = (device.id.to_string(), &device.trust);
        let (since, until) = (self.local(trust.created), self.local(trust.expires));
        let short: String = id.chars().take(8).collect();
        let name = trust.name.as_str();
        let listed = Phrase::DeviceListed { id: &short, name, since: &since, until: &until };
        self.exchange.person.list(&listed).await?;
        let value = json!({ "id": id, "name": name, "created": trust.created, "expires": trust.expires });
        self.exchange.person.record("device", value).await?;
        Ok(())
    }
}

fn choice(device: &TrustedDevice) -> Choice {
    Choice { id: device.id.to_string(), kind: "device", label: device.trust.name.clone() }
}
