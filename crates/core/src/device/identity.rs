//! The identity of a device.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::hex_id;
use crate::keyring::{Digest, Keyring, OlderKeys};

/// A client that can be recognised: by its ssh key, or by its address if the admin permits that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The identity, unique among devices.
    identity: String,
    /// The name shown to users.
    pub name: String,
}

impl Device {
    /// Reads the front door's description of the key that the client proved to own: `ssh-key`, the key's type and its base64, as
    /// in an authorized_keys file. A certificate counts by its key, so that a renewed one is the same device.
    #[must_use]
    pub fn of_ssh_key(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (Some("ssh-key"), Some(_), Some(blob), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return None;
        };
        let blob = STANDARD.decode(blob).or_else(|_| STANDARD_NO_PAD.decode(blob)).ok()?;
        let digest = STANDARD_NO_PAD.encode(Sha256::digest(base_key(&blob)?));
        Some(Self { identity: format!("{SSH_KEY}{digest}"), name: format!("ssh key SHA256:{digest}") })
    }

    /// The same, with the address where it is trusted in its name. A key's digest tells its owner little.
    #[must_use]
    pub fn seen_from(mut self, address: Option<IpAddr>) -> Self {
        if let Some(address) = address.filter(|_| self.identity.starts_with(SSH_KEY)) {
            self.name.push_str(&format!(" ({})", address.to_canonical()));
        }
        self
    }

    /// A browser that keeps a secret of its own, by the random id beside that secret. `client` is what the front door calls the
    /// browser.
    #[must_use]
    pub fn of_browser(id: [u8; 16], client: &str) -> Self {
        Self { identity: format!("{BROWSER}{:032x}", u128::from_be_bytes(id)), name: client.to_owned() }
    }

    /// A device identified by its address. All clients that share the address are the same device.
    #[must_use]
    pub fn of_address(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { identity: format!("address {address}"), name: format!("address {address}") }
    }
}

/// The public key inside a key or certificate blob (RFC 4253, section 6.6; OpenSSH's PROTOCOL.certkeys).
fn base_key(blob: &[u8]) -> Option<Vec<u8>> {
    let (kind, mut rest) = string(blob)?;
    let kind = std::str::from_utf8(kind).ok()?;
    let Some(base) = kind.strip_suffix("-cert-v01@openssh.com") else { return Some(blob.to_vec()) };
    let (base, fields) = match base {
        "ssh-ed25519" => (base.to_owned(), 1),
        "ssh-rsa" => (base.to_owned(), 2),
        "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => (base.to_owned(), 2),
        "sk-ssh-ed25519" => (format!("{base}@openssh.com"), 2),
        "sk-ecdsa-sha2-nistp256" => (format!("{base}@openssh.com"), 3),
        _ => return None,
    };
    let mut key = Vec::with_capacity(blob.len());
    push(&mut key, base.as_bytes())?;
    (_, rest) = string(rest)?; // a nonce
    for _ in 0..fields {
        let field;
        (field, rest) = string(rest)?;
        push(&mut key, field)?;
    }
    Some(key)
}

/// A string of the ssh protocol (RFC 4251, section 5), and the rest behind it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn push(to: &mut Vec<u8>, field: &[u8]) -> Option<()> {
    to.extend(u32::try_from(field.len()).ok()?.to_be_bytes());
    to.extend(field);
    Some(())
}

/// A keyed digest of account and device: the key of the record in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub Digest);

impl DeviceId {
    /// The id under the current key.
    #[must_use]
    pub fn of(account: &AccountId, device: &Device, keyring: &Keyring) -> Self {
        Self(keyring.digest(ID, &[account.as_str().as_bytes(), device.identity.as_bytes()]))
    }

    /// The ids under each key that is accepted for trust of that term at `now`, the current one first.
    #[must_use]
    pub fn all_of(
        account: &AccountId,
        device: &Device,
        keyring: &Keyring,
        term: Duration,
        now: Timestamp,
    ) -> Vec<Self> {
        let parts = [account.as_str().as_bytes(), device.identity.as_bytes()];
        keyring.digests(ID, &parts, OlderKeys::within(term, now)).into_iter().map(Self).collect()
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Digest::parse(text).map(Self)
    }

    /// Whether `text` designates this one: the whole id, or at least 4 characters of its beginning.
    #[must_use]
    pub fn is_meant_by(self, text: &str) -> bool {
        hex_id::is_meant_by(&self, text)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

const SSH_KEY: &str = "ssh-key ";
const BROWSER: &str = "browser ";
const ID: &str = "device";

#[cfg(test)]
mod tests {
    use super::*;

    // A key of 32 spaces, and certificates for it in the format of PROTOCOL.certkeys.
    const KEY: &str =
        "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";

    fn certificate_of_key(serial: u8) -> String {
        let mut blob = Vec::new();
        push(&mut blob, b"ssh-ed25519-cert-v01@openssh.com").unwrap();
        push(&mut blob, &[serial; 32]).unwrap();
        push(&mut blob, &[0x20; 32]).unwrap();
        blob.extend([serial; 40]);
        format!("ssh-key ssh-ed25519-cert-v01@openssh.com {}", STANDARD.encode(blob))
    }

    #[test]
    fn a_key_and_its_certificates_are_one_device() {
        let key = Device::of_ssh_key(KEY).unwrap();
        assert!(key.name.starts_with("ssh key SHA256:"), "{}", key.name);
        assert_eq!(Device::of_ssh_key(&certificate_of_key(1)), Some(key.clone()));
        assert_eq!(Device::of_ssh_key(&certificate_of_key(2)), Some(key.clone()));
        assert_ne!(Device::of_ssh_key(&KEY.replace("ICAg", "ICAh")), Some(key.clone()));
        let seen = key.clone().seen_from("::ffff:192.0.2.7".parse().ok());
        assert_eq!((seen.name, seen.identity), (format!("{} (192.0.2.7)", key.name), key.identity));
    }

    #[test]
    fn a_malformed_key_is_not_a_device() {
        for text in [
            "",
            "ssh-key",
            "ssh-key ssh-ed25519",
            "ssh-key ssh-ed25519 !!!",
            "ssh-key ssh-ed25519 AAAA",
            "password",
            &format!("{KEY} comment"),
            &certificate_of_key(1).replace("ssh-key", "publickey"),
        ] {
            assert_eq!(Device::of_ssh_key(text), None, "{text}");
        }
        let cut = certificate_of_key(1);
        let cut = cut.split_at(cut.len() - 80).0;
        assert_eq!(Device::of_ssh_key(cut), None, "a certificate that ends too early");
    }
}
