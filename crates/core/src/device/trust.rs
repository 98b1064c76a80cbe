//! The record of the trust in a device.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::browser_secret::SecretDigest;
use crate::clock::Timestamp;
use crate::keyring::{Digest, Keyring, OlderKeys};
use crate::trust_state::TrustState;

use super::identity::DeviceId;

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
    /// Which secret a browser has to show at its next use; `None` for devices of other kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretDigest>,
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
        let state = TrustState::of(account);
        let [created, expires] = [self.created, self.expires].map(|at| at.as_unix().to_be_bytes());
        let [generation, password, factors] = state.parts();
        let mut parts = vec![
            account.id.as_str().as_bytes(),
            id.0.as_ref(),
            self.name.as_bytes(),
            &created,
            &expires,
            generation,
            password,
            factors,
        ];
        parts.extend(self.secret.as_ref().map(SecretDigest::as_bytes));
        use_them(&parts)
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
const MAC: &str = "trust";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountData, AccountId, Attributes, Freshness, Revision};
    use crate::account_status::AccountStatus;
    use crate::app_password::Label;
    use crate::device::Device;
    use crate::factor::{Factor, FactorId, FactorKind, Totp, TotpShape};
    use crate::keyring::Sealed;

    const KEY: &str =
        "ssh-key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";

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
    fn trust_is_good_for_the_account_as_it_was_and_for_nothing_else() {
        let (keyring, now) = (ring(7), Timestamp::from_unix(1_800_000_000));
        let device = Device::of_ssh_key(KEY).unwrap();
        let id = DeviceId::of(&account().id, &device, &keyring);
        let trust = Trust {
            name: device.name,
            created: now,
            expires: Timestamp::from_unix(1_800_000_100),
            secret: None,
        };
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
        let trust = Trust { name: device.name.clone(), created: at(2), expires: at(900_000), secret: None };
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
