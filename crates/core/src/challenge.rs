//! Challenges: questions that are answered out of band, by a code that was sent or on a phone.
//!
//! The ledger stores a challenge, but is not trusted: its content has a MAC under the keyring, and a phone signs its answer.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::clock::Timestamp;
use crate::deed::{Change, Deed};
use crate::factor::FactorId;
use crate::hex_id;
use crate::keyring::{Digest, Keyring, OlderKeys};

/// A challenge's identity: 128 random bits. Knowing the id permits submitting an answer, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChallengeId([u8; 16]);

impl ChallengeId {
    /// From random bits.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// As bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Whether `text` designates this one: the whole id, or at least 4 characters of its beginning.
    #[must_use]
    pub fn is_meant_by(self, text: &str) -> bool {
        hex_id::is_meant_by(&self, text)
    }
}

impl fmt::Display for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_id::write(self.0, f)
    }
}

impl fmt::Debug for ChallengeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChallengeId({self})")
    }
}

impl FromStr for ChallengeId {
    type Err = BadChallengeId;

    fn from_str(text: &str) -> Result<Self, BadChallengeId> {
        hex_id::parse(text).map(Self).ok_or(BadChallengeId)
    }
}

/// The text is not the id of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a challenge's id: 32 hexadecimal digits")]
pub struct BadChallengeId;

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// What it asks for.
    pub kind: ChallengeKind,
    /// The account's canonical name, shown to users.
    pub user: String,
    /// The service that asks; the program, if the account is being changed.
    pub service: String,
    /// The change of the account; `None` for a login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Whether an admin makes the change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_by_administrator: bool,
    /// The client's address or host name, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhost: Option<String>,
    /// Whether the person is at the host itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_here: bool,
    /// What people call the host that asks. Earlier builds did not say it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// When the challenge was opened.
    pub created: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
}

/// What a challenge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeKind {
    /// The code that was sent to this factor, or to the address or number that is about to become it.
    Code(FactorId),
    /// The approval of any phone of the account, with the number that the prompt shows. `trust_days` says for how long the
    /// user's device may be trusted; 0 if it cannot be.
    Approval {
        /// The term of trust, in days.
        trust_days: u64,
    },
    /// The key of the phone that is about to become this factor.
    Pairing(FactorId),
}

impl ChallengeKind {
    /// The name in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Approval { .. } => "approval",
            Self::Pairing(_) => "pairing",
        }
    }
}

impl Challenge {
    /// A challenge that asks `user` to confirm `deed`.
    #[must_use]
    pub fn new(
        kind: ChallengeKind,
        user: String,
        deed: &Deed<'_>,
        (created, expires): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            kind,
            user,
            service: deed.service.to_owned(),
            change: deed.change,
            is_by_administrator: deed.is_by_administrator,
            rhost: deed.rhost.map(ToOwned::to_owned),
            is_here: deed.is_here,
            host: deed.host.to_owned(),
            created,
            expires,
        }
    }

    /// What is to be confirmed.
    #[must_use]
    pub fn deed(&self) -> Deed<'_> {
        Deed {
            service: &self.service,
            change: self.change,
            is_by_administrator: self.is_by_administrator,
            rhost: self.rhost.as_deref(),
            is_here: self.is_here,
            host: &self.host,
        }
    }

    /// The stored form, with a digest of the `answer`: the code, or the number to be typed.
    #[must_use]
    pub fn seal(&self, id: ChallengeId, account: &AccountId, answer: &str, keyring: &Keyring) -> String {
        let digest = keyring.digest(ANSWER, &[account.as_str().as_bytes(), &id.0, answer.as_bytes()]);
        let body = Body { v: VERSION, challenge: self.clone(), answer: digest.to_base64() };
        // serde_json cannot fail on strings and numbers.
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mac = keyring.digest(MAC, &[account.as_str().as_bytes(), &id.0, text.as_bytes()]);
        format!("{}.{text}", mac.to_base64())
    }

    /// Reads the form that [`Challenge::seal`] writes. `None` if this site did not write it for this account and id, or if it has
    /// expired at `now`.
    #[must_use]
    pub fn open(
        value: &str,
        id: ChallengeId,
        account: &AccountId,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Option<OpenChallenge> {
        let (mac, text) = value.split_once('.')?;
        let mac = Digest::from_base64(mac)?;
        let older = OlderKeys::within(OLDER_KEYS, now);
        if !keyring.vouches(&mac, MAC, &[account.as_str().as_bytes(), &id.0, text.as_bytes()], older) {
            return None;
        }
        let body: Body = serde_json::from_str(text).ok()?;
        let answer = Digest::from_base64(&body.answer)?;
        // A challenge from a clock that was ahead would last longer than permitted.
        let is_open =
            body.v == VERSION && body.challenge.expires > now && !body.challenge.created.is_from_future(now);
        let account = account.clone();
        is_open.then_some(OpenChallenge { id, account, challenge: body.challenge, answer, older })
    }
}

/// A challenge of this site that has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChallenge {
    id: ChallengeId,
    account: AccountId,
    /// The content.
    pub challenge: Challenge,
    answer: Digest,
    older: OlderKeys,
}

impl OpenChallenge {
    /// Whether `answer` is the right code or number.
    #[must_use]
    pub fn is_answered_by(&self, answer: &str, keyring: &Keyring) -> bool {
        let parts = [self.account.as_str().as_bytes(), &self.id.0, answer.as_bytes()];
        keyring.vouches(&self.answer, ANSWER, &parts, self.older)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    v: u32,
    challenge: Challenge,
    answer: String,
}

/// How long a challenge that was sealed with a replaced key is accepted: as long as a code is valid, or a login waits for a phone.
pub(crate) const OLDER_KEYS: Duration = Duration::from_secs(5 * 60);
const VERSION: u32 = 1;
const ANSWER: &str = "challenge answer";
const MAC: &str = "challenge";

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(byte: u8) -> Keyring {
        Keyring::parse(&Keyring::render(&[byte; 32], Timestamp::from_unix(1))).unwrap()
    }

    fn challenge() -> Challenge {
        let deed = Deed {
            service: "sshd",
            change: None,
            is_by_administrator: false,
            rhost: Some("192.0.2.1"),
            is_here: false,
            host: "mail1.example.org",
        };
        let term = (Timestamp::from_unix(1_800_000_000), Timestamp::from_unix(1_800_000_060));
        Challenge::new(ChallengeKind::Approval { trust_days: 30 }, "alice".to_owned(), &deed, term)
    }

    #[test]
    fn a_sealed_challenge_opens_only_for_its_own_id_account_and_time() {
        let (keyring, id, account) = (ring(7), ChallengeId::new([1; 16]), AccountId::new("a".to_owned()));
        let value = challenge().seal(id, &account, "47", &keyring);
        let now = Timestamp::from_unix(1_800_000_059);
        let open = Challenge::open(&value, id, &account, &keyring, now).unwrap();
        assert_eq!(open.challenge, challenge());
        assert!(open.is_answered_by("47", &keyring) && !open.is_answered_by("48", &keyring));
        assert!(!open.is_answered_by("", &keyring));
        let is_refused = |value: &str, id, account: &AccountId, ring: &Keyring, now| {
            Challenge::open(value, id, account, ring, now).is_none()
        };
        assert!(is_refused(&value, id, &account, &keyring, Timestamp::from_unix(1_800_000_060)), "over");
        assert!(is_refused(&value, ChallengeId::new([2; 16]), &account, &keyring, now), "another id");
        assert!(is_refused(&value, id, &AccountId::new("b".to_owned()), &keyring, now), "another account");
        assert!(is_refused(&value, id, &account, &ring(8), now), "another site");
        for (from, to) in
            [("sshd", "sudo"), ("08:01:00Z", "09:01:00Z"), ("approval", "pairing"), ("\"v\":1", "\"v\":2")]
        {
            let changed = value.replace(from, to);
            assert_ne!(changed, value, "{from}");
            assert!(is_refused(&changed, id, &account, &keyring, now), "{to}");
        }
    }

    #[test]
    fn a_key_that_was_replaced_puts_no_challenge_five_minutes_later() {
        let at = Timestamp::from_unix;
        let text = Keyring::render(&[7; 32], at(1));
        let leaked = Keyring::parse(&text).unwrap();
        let replaced = 1_800_000_000 - 299;
        let keyring = Keyring::parse(&Keyring::rotate(&text, &[8; 32], at(replaced)).unwrap()).unwrap();
        let (id, account) = (ChallengeId::new([1; 16]), AccountId::new("a".to_owned()));
        let value = challenge().seal(id, &account, "47", &leaked);
        let open = |now| Challenge::open(&value, id, &account, &keyring, at(now));
        assert!(open(1_800_000_000).unwrap().is_answered_by("47", &keyring));
        assert!(open(1_800_000_001).is_none());
    }

    #[test]
    fn an_id_has_one_form() {
        let id = ChallengeId::new([0xab; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("AB".repeat(16).parse::<ChallengeId>().is_err() && "".parse::<ChallengeId>().is_err());
        assert!(id.is_meant_by("abab") && !id.is_meant_by("aba"));
    }
}
