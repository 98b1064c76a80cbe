//! Accepted logins: where they came from, and when each credential was last used.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;

use super::LedgerError;
use crate::account::AccountId;
use crate::app_password::Selector;
use crate::clock::Timestamp;
use crate::factor::FactorId;
use crate::keyring::{Digest, Keyring, OlderKeys};
use crate::limits::{SOURCE_RETENTION, Source};

/// Remembers accepted logins.
#[async_trait]
pub trait LastUses {
    /// Notes an accepted login: its source, under `note`, and the newest use of its credential, unless that is less than
    /// [`NOTE_EVERY`] younger than the stored one.
    async fn note_use(
        &self,
        account: &AccountId,
        source: &Source,
        note: &SourceNote,
        used: &Use,
    ) -> Result<(), LedgerError>;

    /// The last use of each credential of an account.
    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError>;
}

/// An accepted login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The credential that was accepted.
    pub credential: Credential,
    /// When it was accepted.
    pub at: Timestamp,
    /// The service that was logged in to.
    pub service: String,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
}

/// The credential that a login was accepted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// The main password, at a mail service.
    MainPassword,
    /// An app password.
    AppPassword(Selector),
    /// The main password alone, at a login service.
    LoginPassword,
    /// A code of this factor.
    Factor(FactorId),
    /// A recovery code.
    RecoveryCode,
    /// A trusted device in the place of a second step.
    TrustedDevice,
    /// The session mail password of a web mail. Its uses are not noted: the session has its own.
    Session,
}

impl Credential {
    /// The name in the log and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MainPassword => "main_password",
            Self::AppPassword(_) => "app_password",
            Self::LoginPassword => "login_password",
            Self::Factor(_) => "factor",
            Self::RecoveryCode => "recovery_code",
            Self::TrustedDevice => "trusted_device",
            Self::Session => "session",
        }
    }
}

/// That a login from a source was accepted, signed with the keyring: an attacker who may write to the ledger must not be able to
/// invent sources that are let through where others are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceNote {
    /// When it was accepted.
    pub at: Timestamp,
    /// Over the account, the source and the time.
    pub mac: Digest,
}

impl SourceNote {
    /// Signs it with the current key.
    #[must_use]
    pub fn sign(account: &AccountId, source: &Source, at: Timestamp, keyring: &Keyring) -> Self {
        let mac = keyring.digest(SOURCE, &source_parts(account, source, &at.as_unix().to_be_bytes()));
        Self { at, mac }
    }

    /// Whether this site signed it within [`SOURCE_RETENTION`] before `now`.
    #[must_use]
    pub fn is_signed(&self, account: &AccountId, source: &Source, keyring: &Keyring, now: Timestamp) -> bool {
        let parts = self.at.as_unix().to_be_bytes();
        let older = OlderKeys::within_of(SOURCE_RETENTION, self.at, now);
        !self.at.is_from_future(now)
            && self.at.plus(SOURCE_RETENTION) > now
            && keyring.vouches(&self.mac, SOURCE, &source_parts(account, source, &parts), older)
    }
}

fn source_parts<'a>(account: &'a AccountId, source: &'a Source, at: &'a [u8]) -> [&'a [u8]; 3] {
    [account.as_str().as_bytes(), source.as_str().as_bytes(), at]
}

/// How much younger a use has to be to replace the stored one.
pub const NOTE_EVERY: Duration = Duration::from_secs(60);

const SOURCE: &str = "source";
