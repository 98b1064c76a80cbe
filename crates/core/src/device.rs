//! Trusted devices: the identity of the client that a user logs in from, and the record of its trust.
//!
//! The ledger stores a record of each trusted device, but is not trusted itself: each record has a MAC under the keyring.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::account::{Account, AccountId};
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

/// The ledger's record of a trusted device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The key of the record.
    pub id: DeviceId,
    /// The text that [`Trust::seal`] writes, opaque to the ledger.
    pub value: String,
    /// When the record may be deleted.
    pub expires: Timestamp,
}

/// The trust in a device, which needs no second factor until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The device's name, shown to users.
    pub name: String,
    /// When the trust began.
    pub created: Timestamp,
    /// When the trust expires.
    pub expires: Timestamp,
}

impl Trust {
    /// The record for the account as it is now. A change of factors or of the main password, and a later revocation
    /// ([`crate::policy::AccountPolicy::trust_generation`]), each invalidate it.
    #[must_use]
    pub fn seal(&self, id: DeviceId, account: &Account, keyring: &Keyring) -> DeviceRecord {
        let mac = self.with_parts(id, account, |parts| keyring.digest(MAC, parts));
        let raw = RawTrust { v: VERSION, trust: self.clone(), mac: mac.to_base64() };
        // serde_json cannot fail on strings and numbers.
        DeviceRecord { id, value: serde_json::to_string(&raw).unwrap_or_default(), expires: self.expires }
    }

    /// Reads a record. `None` if this site did not write it for this account as it is now, if it has expired, or if it is not
    /// younger than `term` at `now` (its own term may be longer, from the service at which it was made). A record that was made
    /// in the future is refused, because its age is unknown.
    #[must_use]
    pub fn open(
        record: &DeviceRecord,
        account: &Account,
        keyring: &Keyring,
        term: Duration,
        now: Timestamp,
    ) -> Option<Self> {
        let raw: RawTrust = serde_json::from_str(&record.value).ok()?;
        let mac = Digest::from_base64(&raw.mac)?;
        let older = OlderKeys::within_of(term, raw.trust.created, now);
        let is_ours =
            raw.trust.with_parts(record.id, account, |parts| keyring.vouches(&mac, MAC, parts, older));
        (raw.v == VERSION && is_ours && raw.trust.is_within(term, now)).then_some(raw.trust)
    }

    fn is_within(&self, term: Duration, now: Timestamp) -> bool {
        self.created <= now.plus(CLOCKS_DIFFER) && now < self.created.plus(term) && now < self.expires
    }

    fn with_parts<T>(&self, id: DeviceId, account: &Account, use_them: impl FnOnce(&[&[u8]]) -> T) -> T {
        let mut factors: Vec<_> = account.data.factors.iter().map(|factor| factor.id.bytes()).collect();
        factors.sort_unstable();
        use_them(&[
            account.id.as_str().as_bytes(),
            id.0.as_ref(),
            self.name.as_bytes(),
            &self.created.as_unix().to_be_bytes(),
            &self.expires.as_unix().to_be_bytes(),
            &account.data.policy.trust_generation.to_be_bytes(),
            account.password_marker.as_bytes(),
            factors.as_flattened(),
        ])
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrust {
    v: u32,
    trust: Trust,
    mac: String,
}

/// The longest term that a site may set.
pub const LONGEST_TRUST: Duration = Duration::from_secs(366 * 86_400);
/// The tolerated difference between the clocks of two hosts.
const CLOCKS_DIFFER: Duration = Duration::from_secs(120);
const SSH_KEY: &str = "ssh-key ";
const ID: &str = "device";
const MAC: &str = "trust";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountData, Attributes, Freshness, Revision};
    use crate::account_status::AccountStatus;
    use crate::app_password::Label;
    use crate::factor::{Factor, FactorId, FactorKind, Totp, TotpShape};
    use crate::keyring::Sealed;

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

    fn account() -> Account {
        Account {
            id: AccountId::new("a".to_owned()),
            name: "alice".to_owned(),
            status: AccountStatus::Active,
            attributes: Attributes::new(),
            addresses: Vec::new(),
            password_marker: "1".to_owned(),
            data: AccountData::default(),
            revision: Revision(1),
            locator: String::new(),
            freshness: Freshness::Fresh,
        }
    }

    fn ring(byte: u8) -> Keyring {
        Keyring::parse(&Keyring::render(&[byte; 32], Timestamp::from_unix(1))).unwrap()
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

    #[test]
    fn trust_is_good_for_the_account_as_it_was_and_for_nothing_else() {
        let (keyring, now) = (ring(7), Timestamp::from_unix(1_800_000_000));
        let device = Device::of_ssh_key(KEY).unwrap();
        let id = DeviceId::of(&account().id, &device, &keyring);
        let trust = Trust { name: device.name, created: now, expires: Timestamp::from_unix(1_800_000_100) };
        let record = trust.seal(id, &account(), &keyring);
        let is_good = |record: &DeviceRecord, account: &Account, at| {
            Trust::open(record, account, &keyring, LONGEST_TRUST, Timestamp::from_unix(at)).is_some()
        };
        assert_eq!(Trust::open(&record, &account(), &keyring, LONGEST_TRUST, now).as_ref(), Some(&trust));
        assert!(!is_good(&record, &account(), 1_800_000_100), "over");

        let day = Duration::from_secs(86_400);
        let expires = now.plus(LONGEST_TRUST);
        let made_at = |at| Trust { created: Timestamp::from_unix(at), expires, ..trust.clone() };
        assert!(made_at(1_800_000_000 - 86_399).is_within(day, now));
        assert!(
            !made_at(1_800_000_000 - 86_400).is_within(day, now),
            "where another service trusts for longer"
        );
        assert!(made_at(1_800_000_120).is_within(day, now), "by another host's clock");
        assert!(!made_at(1_800_000_121).is_within(day, now), "in the future");
        assert!(!made_at(1_800_000_000).is_within(Duration::ZERO, now));

        let mut other = account();
        other.id = AccountId::new("b".to_owned());
        assert!(!is_good(&record, &other, 1_800_000_000), "another account");
        let mut changed = account();
        changed.password_marker = "2".to_owned();
        assert!(!is_good(&record, &changed, 1_800_000_000), "another main password");
        let mut revoked = account();
        revoked.data.policy.trust_generation = 1;
        assert!(!is_good(&record, &revoked, 1_800_000_000), "revoked");
        let mut enrolled = account();
        let totp = Totp { shape: TotpShape::default(), seed: Sealed::parse("1:AAAA").unwrap() };
        enrolled.data.bind(Factor {
            id: FactorId::new([1; 16]),
            label: Label::new("x").unwrap(),
            created: now,
            locked: None,
            kind: FactorKind::Totp(totp),
        });
        assert!(!is_good(&record, &enrolled, 1_800_000_000), "another factor");

        let moved = DeviceRecord { id: DeviceId(Digest::new([1; 16])), ..record.clone() };
        assert!(!is_good(&moved, &account(), 1_800_000_000), "another device");
        for (from, to) in [
            ("2027-01-15T08:01:40Z", "2028-01-15T08:01:40Z"),
            ("SHA256", "SHA257"),
            ("\"v\":1", "\"v\":2"),
            ("\"mac\":\"", "\"mac\":\"AAAA"),
        ] {
            let value = record.value.replace(from, to);
            assert_ne!(value, record.value, "{from}");
            assert!(!is_good(&DeviceRecord { value, ..record.clone() }, &account(), 1_800_000_000), "{to}");
        }
        assert!(Trust::open(&record, &account(), &ring(8), LONGEST_TRUST, now).is_none(), "another site");
    }

    #[test]
    fn a_device_is_found_again_after_the_keyring_was_rotated() {
        let text = Keyring::render(&[7; 32], Timestamp::from_unix(1));
        let old = Keyring::parse(&text).unwrap();
        let new =
            Keyring::parse(&Keyring::rotate(&text, &[8; 32], Timestamp::from_unix(2)).unwrap()).unwrap();
        let (day, at) = (Duration::from_secs(86_400), Timestamp::from_unix);
        let device = Device::of_address("192.0.2.1".parse().unwrap());
        let id = DeviceId::of(&account().id, &device, &old);
        assert!(DeviceId::all_of(&account().id, &device, &new, day, at(86_401)).contains(&id));
        assert!(
            !DeviceId::all_of(&account().id, &device, &new, day, at(86_402)).contains(&id),
            "it was replaced"
        );
        let trust = Trust { name: device.name.clone(), created: at(2), expires: at(900_000) };
        let record = trust.seal(id, &account(), &old);
        assert!(Trust::open(&record, &account(), &new, day, at(86_401)).is_some());
        assert!(Trust::open(&record, &account(), &new, day, at(86_402)).is_none());
        let since = Trust { created: at(603), ..trust };
        let record = since.seal(id, &account(), &old);
        assert!(
            Trust::open(&record, &account(), &new, LONGEST_TRUST, at(700)).is_none(),
            "the key was replaced before"
        );
        assert_ne!(DeviceId::of(&account().id, &device, &new), id);
        assert_eq!(DeviceId::parse(&id.to_string()), Some(id));
    }
}
