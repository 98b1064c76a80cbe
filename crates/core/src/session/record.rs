//! What is known of a session.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::account::Account;
use crate::browser_record::{BrowserRecord, BrowserRecordId};
use crate::clock::Timestamp;
use crate::factor::FactorId;
use crate::keyring::{Digest, Keyring, OlderKeys};
use crate::ledger::Credential;
use crate::limits::SessionLimits;
use crate::random::{Random, RandomnessGone};
use crate::trust_state::TrustState;

use super::application::{ApplicationGrant, ApplicationKey};
use super::token::SessionToken;

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// What people call it.
    pub id: SessionId,
    /// What the front door calls the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The address that it was signed in from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// When it was signed in.
    pub created: Timestamp,
    /// When it was last used, to within [`SEEN_EVERY`].
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// The last full proof of who uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<SessionProof>,
    /// The applications that it lets in, at most one grant for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationGrant>,
}

/// A full proof of who uses a session: the main password, and a factor where the account has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionProof {
    /// When it was given.
    pub at: Timestamp,
    /// What was given beside the main password.
    pub by: ProvedBy,
}

/// What was given beside the main password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvedBy {
    /// Nothing, as the account had no factor.
    Password,
    /// This factor.
    Factor(FactorId),
    /// A recovery code.
    RecoveryCode,
}

impl Session {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn begin(
        client: Option<&str>,
        address: Option<IpAddr>,
        now: Timestamp,
        limits: SessionLimits,
        random: Random,
    ) -> Result<Self, RandomnessGone> {
        Ok(Self {
            id: SessionId::draw(random)?,
            client: client.map(ToOwned::to_owned),
            address: address.map(|address| address.to_canonical()),
            created: now,
            seen: now,
            ends: now.plus(limits.lifetime),
            proof: None,
            applications: Vec::new(),
        })
    }

    /// Lets an application in, in the place of an earlier grant to it.
    pub fn lets_in(&mut self, grant: ApplicationGrant, now: Timestamp) {
        let mut grant = grant;
        let position = self.applications.iter().position(|one| one.application == grant.application);
        if let Some(earlier) = position.map(|position| self.applications.remove(position)) {
            grant.replaces(earlier, now);
        }
        self.applications.push(grant);
        let too_many = self.applications.len().saturating_sub(MOST_APPLICATIONS);
        self.applications.drain(..too_many);
    }

    /// Gives its applications the keys that follow from its new token.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn rotate_applications(
        &mut self,
        from: &SessionToken,
        to: &SessionToken,
        now: Timestamp,
        keyring: &Keyring,
        random: Random,
    ) -> Result<(), RandomnessGone> {
        for grant in &mut self.applications {
            let [from, to] =
                [from, to].map(|token| ApplicationKey::of(token, &grant.application, keyring, random));
            grant.rotate(&from?, &to?, now, random)?;
        }
        Ok(())
    }

    /// Notes that the account's owner has just proved with this credential, and the main password, who they are.
    pub fn is_proved(&mut self, credential: Credential, account: &Account, now: Timestamp) {
        let by = match credential {
            Credential::Factor(id) => ProvedBy::Factor(id),
            Credential::RecoveryCode => ProvedBy::RecoveryCode,
            Credential::LoginPassword if !account.data.is_enrolled() => ProvedBy::Password,
            // A second step that was not asked for, or that a trusted browser replaced, proves nothing.
            Credential::LoginPassword
            | Credential::MainPassword
            | Credential::AppPassword(_)
            | Credential::TrustedDevice
            | Credential::Session => return,
        };
        self.proof = Some(SessionProof { at: now, by });
    }

    /// Whether the last proof is good for a change of the account as it is now.
    #[must_use]
    pub fn has_fresh_proof(&self, account: &Account, now: Timestamp) -> bool {
        self.proof.is_some_and(|proof| {
            let is_fresh = !proof.at.is_from_future(now) && now < proof.at.plus(PROOF_GOOD_FOR);
            let is_bound = match proof.by {
                ProvedBy::Password => !account.data.is_enrolled(),
                ProvedBy::Factor(id) => account.data.factors.iter().any(|factor| factor.id == id),
                ProvedBy::RecoveryCode => account.data.is_enrolled(),
            };
            is_fresh && is_bound
        })
    }

    /// The name shown to users: what the front door calls the browser, and where it signed in from.
    #[must_use]
    pub fn name(&self) -> String {
        browser_name(self.client.as_deref(), self.address)
    }

    /// When it ends if it is not used any more.
    #[must_use]
    pub fn idle_ends(&self, limits: SessionLimits) -> Timestamp {
        self.seen.plus(limits.idle).min(self.end(limits))
    }

    /// When it ends at the latest. A site that shortens the lifetime shortens that of open sessions.
    #[must_use]
    pub fn end(&self, limits: SessionLimits) -> Timestamp {
        self.ends.min(self.created.plus(limits.lifetime))
    }

    /// The record for the account as it is now. Whatever changes the [`TrustState`] ends the session.
    #[must_use]
    pub fn seal(
        &self,
        id: BrowserRecordId,
        account: &Account,
        keyring: &Keyring,
        limits: SessionLimits,
    ) -> BrowserRecord {
        // serde_json cannot fail on strings and numbers.
        let session = serde_json::to_string(self).unwrap_or_default();
        let mac = with_parts(&session, id, account, |parts| keyring.digest(MAC, parts)).to_base64();
        let raw = RawSession { v: VERSION, session, mac };
        let value = serde_json::to_string(&raw).unwrap_or_default();
        BrowserRecord { id, value, expires: self.idle_ends(limits) }
    }

    /// Reads a record. `None` if this site did not write it for this account as it is now, or if the session is over at `now`.
    #[must_use]
    pub fn open(
        record: &BrowserRecord,
        account: &Account,
        keyring: &Keyring,
        limits: SessionLimits,
        now: Timestamp,
    ) -> Option<Self> {
        let raw: RawSession = serde_json::from_str(&record.value).ok()?;
        let session: Self = serde_json::from_str(&raw.session).ok()?;
        let mac = Digest::from_base64(&raw.mac)?;
        let older = OlderKeys::within_of(limits.lifetime, session.created, now);
        let is_ours =
            with_parts(&raw.session, record.id, account, |parts| keyring.vouches(&mac, MAC, parts, older));
        let is_past = !session.created.is_from_future(now) && !session.seen.is_from_future(now);
        (raw.v == VERSION && is_ours && is_past && now < session.idle_ends(limits)).then_some(session)
    }
}

/// The id of a session, as lists and the log have it: 8 hexadecimal digits. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(u32);

impl SessionId {
    fn draw(random: Random) -> Result<Self, RandomnessGone> {
        let mut bytes = [0; 4];
        random(&mut bytes)?;
        Ok(Self(u32::from_be_bytes(bytes)))
    }

    /// Whether `text` designates this one: the whole id, or at least 4 characters of its beginning.
    #[must_use]
    pub fn is_meant_by(self, text: &str) -> bool {
        crate::hex_id::is_meant_by(&self, text)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let number = u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == 8);
        number.map(Self).ok_or_else(|| serde::de::Error::custom("not the id of a session"))
    }
}

/// What users call a browser.
pub(crate) fn browser_name(client: Option<&str>, address: Option<IpAddr>) -> String {
    let client = client.unwrap_or("browser");
    match address {
        Some(address) => format!("{client} ({})", address.to_canonical()),
        None => client.to_owned(),
    }
}

/// The MAC is over the text, so that no field can be left out of it.
fn with_parts<T>(
    session: &str,
    id: BrowserRecordId,
    account: &Account,
    use_them: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let state = TrustState::of(account);
    let [generation, password, factors] = state.parts();
    let account = account.id.as_str().as_bytes();
    use_them(&[account, id.digest.as_ref(), session.as_bytes(), generation, password, factors])
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSession {
    v: u32,
    session: String,
    mac: String,
}

/// How far apart two notes are of when a session was used.
pub const SEEN_EVERY: Duration = Duration::from_secs(60);
/// How long a proof is good for changes.
const PROOF_GOOD_FOR: Duration = Duration::from_secs(5 * 60);
/// More than a site has.
const MOST_APPLICATIONS: usize = 16;
const MAC: &str = "session";
const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
