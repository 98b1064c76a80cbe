//! Applications that a session lets in, such as a web mail: what they hold, and what the session's record keeps of them.
//!
//! From the session's secret follows the key of each application, and from that its session mail password. So nothing of them is
//! stored in the clear: the record has digests. Where the session gets a new secret, its applications get new keys; each new one is
//! kept sealed under the key before it, so that who holds that can follow.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::app_password::{Networks, Scope};
use crate::browser_secret::{BrowserSecret, SecretDigest};
use crate::clock::Timestamp;
use crate::keyring::Keyring;
use crate::random::{Random, RandomnessGone, draw_bits};

use super::bearer::Bearer;
use super::mail_password::SessionMailPassword;
use super::token::SessionToken;

/// An application of `[web.applications]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its name in the configuration.
    pub name: String,
    /// Its address, which ends in a slash: browsers are sent back to it and to nothing else.
    pub url: String,
    /// The mail services that it may use for who is logged in.
    pub scope: Scope,
    /// From where it connects to them.
    pub networks: Networks,
}

/// What an application holds of a session: it follows from the session's secret, and says nothing about it.
#[derive(Clone)]
pub struct ApplicationKey(Bearer);

impl ApplicationKey {
    /// The key of the application for the session of `token`.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn of(
        token: &SessionToken,
        application: &str,
        keyring: &Keyring,
        random: Random,
    ) -> Result<Self, RandomnessGone> {
        let secret = token.secret().derive(KEY_OF_SESSION, application);
        Bearer::of(KEY, secret, token.account(), keyring, random).map(Self)
    }

    /// Reads the text form. `None` if this site did not make it.
    #[must_use]
    pub fn parse(text: &str, keyring: &Keyring) -> Option<Self> {
        Bearer::parse(KEY, text, keyring).map(Self)
    }

    /// The account that it is for. The record of the session decides whether it still is.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.0.account
    }

    /// The password with which the application logs in to mail services.
    #[must_use]
    pub fn mail_password(&self) -> SessionMailPassword {
        SessionMailPassword::of(&self.0.secret)
    }

    /// The text form, for the application alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text()
    }

    fn sealed_in(&self, other: &BrowserSecret, random: Random) -> Result<String, RandomnessGone> {
        Ok(STANDARD.encode(other.seal(&self.0.secret, random)?))
    }

    fn open(
        sealed: &str,
        by: &BrowserSecret,
        account: &AccountId,
        keyring: &Keyring,
        random: Random,
    ) -> Option<Self> {
        let secret = by.open(&STANDARD.decode(sealed).ok()?)?;
        Bearer::of(KEY, secret, account, keyring, random).ok().map(Self)
    }
}

impl fmt::Debug for ApplicationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationKey")
    }
}

/// A code that a browser carries to an application, which swaps it once for its key.
pub struct ApplicationCode(Bearer);

impl ApplicationCode {
    /// Of random bits.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn draw(account: &AccountId, keyring: &Keyring, random: Random) -> Result<Self, RandomnessGone> {
        Bearer::of(CODE, BrowserSecret::draw(random)?, account, keyring, random).map(Self)
    }

    /// Reads the text form. `None` if this site did not make it.
    #[must_use]
    pub fn parse(text: &str, keyring: &Keyring) -> Option<Self> {
        Bearer::parse(CODE, text, keyring).map(Self)
    }

    /// The account that it is for.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.0.account
    }

    /// The text form.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.text()
    }
}

impl fmt::Debug for ApplicationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationCode")
    }
}

/// What a session's record has of an application that it let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationGrant {
    /// The name in the configuration.
    pub application: String,
    /// The mail services that its password opens.
    pub scope: Scope,
    /// From where.
    pub networks: Networks,
    key: SecretDigest,
    password: SecretDigest,
    /// Those of several tabs, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    codes: Vec<PendingCode>,
    /// Of the last redemption, drawn for it. A ledger takes what was stored already for the same call again, so without this two
    /// redemptions of one code, which have nothing else to differ in, would both seem to have been the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redemption: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<EarlierKey>,
}

/// A code that was not swapped yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingCode {
    digest: SecretDigest,
    /// Of what the application wants to see again, so that nobody can hand it somebody else's code.
    state: SecretDigest,
    until: Timestamp,
    /// The application's key, sealed under the code.
    key: String,
}

/// A key from before the session got another secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierKey {
    key: SecretDigest,
    password: SecretDigest,
    /// Until when its password is good.
    until: Timestamp,
    /// The key that followed, sealed under this one.
    next: String,
}

impl ApplicationGrant {
    /// Lets an application in, by a code that is good for [`CODE_GOOD_FOR`].
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn begin(
        application: &Application,
        key: &ApplicationKey,
        code: &ApplicationCode,
        state: &str,
        now: Timestamp,
        random: Random,
    ) -> Result<Self, RandomnessGone> {
        let code = PendingCode {
            digest: code.0.digest(),
            state: SecretDigest::of(state.as_bytes()),
            until: now.plus(CODE_GOOD_FOR),
            key: key.sealed_in(&code.0.secret, random)?,
        };
        Ok(Self {
            application: application.name.clone(),
            scope: application.scope.clone(),
            networks: application.networks.clone(),
            key: key.0.digest(),
            password: key.mail_password().digest(),
            codes: vec![code],
            redemption: None,
            earlier: Vec::new(),
        })
    }

    /// Takes the place of an earlier grant to the same application, which may have keys that are followed, and codes of other tabs.
    pub(super) fn replaces(&mut self, earlier: Self, now: Timestamp) {
        self.earlier = earlier.earlier;
        let mut codes = earlier.codes;
        codes.retain(|pending| now < pending.until);
        codes.append(&mut self.codes);
        let too_many = codes.len().saturating_sub(MOST_CODES);
        codes.drain(..too_many);
        self.codes = codes;
    }

    /// Whether the code was given out for it, and not used.
    #[must_use]
    pub fn has_code(&self, code: &ApplicationCode) -> bool {
        self.codes.iter().any(|pending| pending.digest == code.0.digest())
    }

    /// Uses up the code. Its key, if `state` is what the application gave and the code is not too old; `None` if it is not, or was used
    /// before.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn redeem(
        &mut self,
        code: &ApplicationCode,
        state: &str,
        now: Timestamp,
        keyring: &Keyring,
        random: Random,
    ) -> Result<Option<ApplicationKey>, RandomnessGone> {
        let Some(position) = self.codes.iter().position(|pending| pending.digest == code.0.digest()) else {
            return Ok(None);
        };
        let pending = self.codes.remove(position);
        self.redemption = Some(STANDARD.encode(draw_bits(random)?));
        let is_good = now < pending.until && pending.state == SecretDigest::of(state.as_bytes());
        let open = || ApplicationKey::open(&pending.key, &code.0.secret, code.account(), keyring, random);
        Ok(is_good.then(open).flatten())
    }

    /// The key in force, for who has it or one before it. `None` if `key` is none of them.
    #[must_use]
    pub fn follow(&self, key: &ApplicationKey, keyring: &Keyring, random: Random) -> Option<ApplicationKey> {
        let mut key = key.clone();
        for earlier in &self.earlier {
            if earlier.key == key.0.digest() {
                key = ApplicationKey::open(&earlier.next, &key.0.secret, key.account(), keyring, random)?;
            }
        }
        (self.key == key.0.digest()).then_some(key)
    }

    /// Gives the application another key, after the session got another secret.
    pub(super) fn rotate(
        &mut self,
        from: &ApplicationKey,
        to: &ApplicationKey,
        now: Timestamp,
        random: Random,
    ) -> Result<(), RandomnessGone> {
        if self.key != from.0.digest() {
            return Ok(());
        }
        let next = to.sealed_in(&from.0.secret, random)?;
        let until = now.plus(EARLIER_GOOD_FOR);
        let password = std::mem::replace(&mut self.password, to.mail_password().digest());
        let key = std::mem::replace(&mut self.key, to.0.digest());
        self.earlier.push(EarlierKey { key, password, until, next });
        let too_many = self.earlier.len().saturating_sub(MOST_EARLIER);
        self.earlier.drain(..too_many);
        Ok(())
    }

    /// Whether it is the password in force, or was it a moment ago.
    #[must_use]
    pub fn is_opened_by(&self, password: &SessionMailPassword, now: Timestamp) -> bool {
        let digest = password.digest();
        self.password == digest
            || self.earlier.iter().any(|earlier| now < earlier.until && earlier.password == digest)
    }
}

const KEY: &[u8] = b"application key";
const CODE: &[u8] = b"application code";
const KEY_OF_SESSION: &str = "application key";
/// How long a browser may take to carry a code to its application.
pub const CODE_GOOD_FOR: Duration = Duration::from_secs(60);
/// How long a password is good after it was replaced: what is under way may end.
const EARLIER_GOOD_FOR: Duration = Duration::from_secs(60);
/// How many tabs may be on the way to an application at one time.
const MOST_CODES: usize = 4;
/// How many changes of the session's secret an application may sleep through. Then its browser is sent for a new code, unseen.
const MOST_EARLIER: usize = 8;

#[cfg(test)]
mod tests;
