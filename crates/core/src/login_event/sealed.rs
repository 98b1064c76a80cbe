//! The stored form of an event, under the keyring.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::keyring::{Digest, Keyring, OlderKeys};
use crate::limits::Source;
use crate::reason::Reason;

use super::credential::{CredentialKind, UsedCredential};
use super::event::{EventVerdict, LoginEvent};
use super::record::{EventGroup, LoginEventId, LoginEventRecord};

impl LoginEvent {
    /// Its id. An address counts as limits tell sources apart, so that the changing addresses of one IPv6 network are alike.
    #[must_use]
    pub fn id(&self, account: &AccountId, keyring: &Keyring) -> LoginEventId {
        let source = Source::of(self.address);
        let used = self.credential.as_ref();
        let parts = [
            account.as_str(),
            self.service.as_str(),
            source.as_str(),
            self.group().as_str(),
            self.reason().map_or("", Reason::as_str),
            used.map_or("", |used| used.kind.as_str()),
            used.and_then(|used| used.id.as_deref()).unwrap_or_default(),
        ];
        LoginEventId { group: self.group(), digest: keyring.digest(ID, &parts.map(str::as_bytes)) }
    }

    /// The record for an account.
    #[must_use]
    pub fn seal(&self, id: LoginEventId, account: &AccountId, keyring: &Keyring) -> LoginEventRecord {
        // serde_json cannot fail on strings and numbers.
        let event = serde_json::to_string(&RawEvent::from(self)).unwrap_or_default();
        let mac = keyring.digest(MAC, &parts(&event, id, account)).to_base64();
        let raw = RawRecord { v: VERSION, event, mac };
        LoginEventRecord { id, value: serde_json::to_string(&raw).unwrap_or_default(), last: self.last }
    }

    /// Reads a record. `None` if this site did not write it for this account, or if its last login is not within `kept` before `now`.
    /// A time in the future counts as now.
    #[must_use]
    pub fn open(
        record: &LoginEventRecord,
        account: &AccountId,
        keyring: &Keyring,
        kept: Duration,
        now: Timestamp,
    ) -> Option<Self> {
        let raw: RawRecord = serde_json::from_str(&record.value).ok()?;
        let mac = Digest::from_base64(&raw.mac)?;
        let event = Self::try_from(serde_json::from_str::<RawEvent>(&raw.event).ok()?).ok()?;
        let older = OlderKeys::within_of(kept, event.last, now);
        let is_ours = keyring.vouches(&mac, MAC, &parts(&raw.event, record.id, account), older);
        let is_meant = raw.v == VERSION && is_ours && event.group() == record.id.group;
        (is_meant && event.last.plus(kept) > now).then(|| Self {
            first: event.first.min(now),
            last: event.last.min(now),
            ..event
        })
    }
}

fn parts<'a>(event: &'a str, id: LoginEventId, account: &'a AccountId) -> [&'a [u8]; 3] {
    [account.as_str().as_bytes(), id.group.as_str().as_bytes(), event.as_bytes()]
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecord {
    v: u32,
    event: String,
    mac: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    service: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    /// Without it the logins were accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    proved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    first: Timestamp,
    last: Timestamp,
    count: u64,
}

impl From<&LoginEvent> for RawEvent {
    fn from(event: &LoginEvent) -> Self {
        let used = event.credential.clone();
        Self {
            service: event.service.clone(),
            address: event.address,
            reason: event.reason().map(|reason| reason.as_str().to_owned()),
            proved: event.group() == EventGroup::Proved,
            credential: used.as_ref().map(|used| used.kind.as_str().to_owned()),
            id: used.as_ref().and_then(|used| used.id.clone()),
            label: used.and_then(|used| used.label),
            first: event.first,
            last: event.last,
            count: event.count,
        }
    }
}

impl TryFrom<RawEvent> for LoginEvent {
    type Error = ();

    fn try_from(raw: RawEvent) -> Result<Self, ()> {
        let verdict = match raw.reason {
            None => EventVerdict::Accept,
            Some(reason) => EventVerdict::Reject {
                reason: Reason::parse(&reason).ok_or(())?,
                is_first_factor_proved: raw.proved,
            },
        };
        let kind = raw.credential.map(|name| CredentialKind::parse(&name).ok_or(())).transpose()?;
        Ok(Self {
            service: raw.service,
            address: raw.address,
            verdict,
            credential: kind.map(|kind| UsedCredential { kind, id: raw.id, label: raw.label }),
            first: raw.first,
            last: raw.last,
            count: raw.count,
        })
    }
}

const ID: &str = "login event id";
const MAC: &str = "login event";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(NOW))).unwrap()
    }

    fn account(id: &str) -> AccountId {
        AccountId::new(id.to_owned())
    }

    fn accepted() -> LoginEvent {
        LoginEvent {
            service: "imap".to_owned(),
            address: "192.0.2.1".parse().ok(),
            verdict: EventVerdict::Accept,
            credential: Some(UsedCredential {
                kind: CredentialKind::AppPassword,
                id: Some("GdGn".to_owned()),
                label: Some("Phone".to_owned()),
            }),
            first: Timestamp::from_unix(NOW - 60),
            last: Timestamp::from_unix(NOW),
            count: 3,
        }
    }

    fn refused(reason: Reason, is_first_factor_proved: bool) -> LoginEvent {
        let verdict = EventVerdict::Reject { reason, is_first_factor_proved };
        LoginEvent { verdict, credential: None, ..accepted() }
    }

    fn open(record: &LoginEventRecord, whose: &str, at: u64) -> Option<LoginEvent> {
        LoginEvent::open(record, &account(whose), &keyring(), KEPT, Timestamp::from_unix(at))
    }

    fn sealed(event: &LoginEvent) -> LoginEventRecord {
        event.seal(event.id(&account("a"), &keyring()), &account("a"), &keyring())
    }

    #[test]
    fn an_event_reads_back_for_its_account_and_as_long_as_it_is_kept() {
        let all =
            Reason::ALL.into_iter().flat_map(|reason| [false, true].map(|proved| refused(reason, proved)));
        for event in all.chain([accepted()]) {
            let record = sealed(&event);
            assert_eq!(open(&record, "a", NOW), Some(event.clone()));
            assert_eq!(open(&record, "a", NOW + KEPT.as_secs() - 1), Some(event));
            assert_eq!(open(&record, "a", NOW + KEPT.as_secs()), None);
            assert_eq!(open(&record, "b", NOW), None);
        }
    }

    #[test]
    fn nothing_of_a_record_can_be_changed_and_no_refusal_becomes_one_of_another_group() {
        let record = sealed(&accepted());
        for (from, to) in [
            ("imap", "smtp"),
            ("192.0.2.1", "192.0.2.2"),
            ("Phone", "phone"),
            (":3", ":4"),
            ("v\":1", "v\":2"),
        ] {
            let value = record.value.replace(from, to);
            assert_ne!(value, record.value, "{from}");
            assert_eq!(open(&LoginEventRecord { value, ..record.clone() }, "a", NOW), None, "{from}");
        }
        let moved = LoginEventId { group: EventGroup::Refused, ..record.id };
        assert_eq!(open(&LoginEventRecord { id: moved, ..record }, "a", NOW), None);
        for value in ["", "{}", "null", r#"{"v":1,"event":"","mac":""}"#] {
            let id = accepted().id(&account("a"), &keyring());
            let forged = LoginEventRecord { id, value: value.to_owned(), last: Timestamp::from_unix(NOW) };
            assert_eq!(open(&forged, "a", NOW), None, "{value}");
        }
    }

    #[test]
    fn an_event_of_a_clock_that_was_ahead_is_shown_as_of_now() {
        let opened = open(&sealed(&accepted()), "a", NOW - 600).unwrap();
        assert_eq!((opened.first.as_unix(), opened.last.as_unix()), (NOW - 600, NOW - 600));
    }

    #[test]
    fn logins_that_are_alike_have_one_id_and_one_ipv6_network_is_one_source() {
        let id = |event: &LoginEvent| event.id(&account("a"), &keyring());
        let from = |address: &str| LoginEvent { address: address.parse().ok(), ..accepted() };
        assert_eq!(id(&from("2001:db8::1")), id(&from("2001:db8::ffff")));
        assert_ne!(id(&from("192.0.2.1")), id(&from("192.0.2.2")));
        assert_eq!(id(&LoginEvent { count: 7, ..accepted() }), id(&accepted()));
        assert_ne!(id(&LoginEvent { service: "smtp".to_owned(), ..accepted() }), id(&accepted()));
        assert_ne!(id(&LoginEvent { credential: None, ..accepted() }), id(&accepted()));
        assert_ne!(id(&refused(Reason::Scope, false)), id(&refused(Reason::Network, false)));
        assert_ne!(accepted().id(&account("b"), &keyring()), id(&accepted()));
    }

    #[test]
    fn the_longest_event_has_less_than_a_kilobyte_and_a_half() {
        let long = "\u{1f600}".repeat(128);
        let used = UsedCredential {
            kind: CredentialKind::TrustedDevice,
            id: Some("f".repeat(32)),
            label: Some(long),
        };
        let event = LoginEvent { credential: Some(used), service: "\u{e9}".repeat(64), ..accepted() };
        let size = sealed(&event).value.len();
        assert!(size < 1536, "{size} bytes");
    }

    const NOW: u64 = 1_800_000_000;
    const KEPT: Duration = Duration::from_secs(90 * 86_400);
}
