//! The engine: the configuration, stores and caches that flows need.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use crate::account::AccountId;
use crate::changes::authority::Authority;
use crate::checks::in_flight::InFlight;
use crate::checks::mail_gate::MailGate;
use crate::clock::{Clock, Timestamp};
use crate::config::MailSettings;
use crate::courier::Courier;
use crate::directory::Directory;
use crate::factor::RelyingParty;
use crate::hashing::{HashPool, VerificationCache};
use crate::keyring::Keyring;
use crate::ledger::{Credential, Ledger, NOTE_EVERY, Token};
use crate::limits::{Limits, LocalAttempts, Source, UnprovedCalls, WrongUnderLock};
use crate::login_event::RecentLogins;
use crate::policy::{AccountPolicy, NamedService, Policy, Service, StrictestRule};
use crate::random::{Random, RandomnessGone, draw_bits, draw_token};
use crate::session::Application;
use crate::unix_users::UnixUsers;
use crate::userdb::Userdb;
use crate::words::Language;

/// The configuration, the stores and the process's own caches.
#[derive(Debug)]
pub struct Engine {
    /// The store of accounts.
    pub directory: Arc<dyn Directory>,
    /// The store of short-lived state, such as attempts and last uses.
    pub ledger: Arc<dyn Ledger>,
    /// Sends e-mail, text messages and push notifications.
    pub courier: Arc<dyn Courier>,
    /// The source of the current time.
    pub clock: Arc<dyn Clock>,
    /// The keys for digests and sealing.
    pub keyring: Keyring,
    /// The site's policy.
    pub policy: Policy,
    /// The services of `[services]`, by name. Any other service is refused.
    pub services: BTreeMap<String, Service>,
    /// The templates of userdb fields.
    pub userdb: Userdb,
    /// The site's limits.
    pub limits: Limits,
    /// The users of this host.
    pub users: Arc<dyn UnixUsers>,
    /// The language of messages to users, if neither their account nor their client sets one.
    pub language: Language,
    /// The name that an authenticator app shows beside the account's name.
    pub issuer: String,
    /// What messages call this host.
    pub host_title: String,
    /// The settings for mail programs, shown beside a new app password.
    pub mail_settings: MailSettings,
    /// Whom passkeys are made for: the account's pages; `None` if there are none.
    pub relying_party: Option<RelyingParty>,
    /// The applications that people log in to by the account's pages, by name; `None` if this host has no such pages, and knows of
    /// none but by the records of sessions.
    pub applications: Option<BTreeMap<String, Application>>,
    /// Fills a buffer with random bytes from the operating system.
    pub random: Random,
    /// The caches, which outlive a reload of the configuration.
    pub caches: Arc<ProcessCaches>,
}

impl Engine {
    /// The rule for changes of the account. It is the same at every service.
    #[must_use]
    pub fn strictest_rule(&self, account: AccountPolicy) -> StrictestRule {
        StrictestRule::of(&self.policy, &self.services, account)
    }

    /// What a change of an account needs.
    #[must_use]
    pub fn authority(&self) -> Authority {
        Authority {
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&self.ledger),
            hasher: Arc::clone(&self.caches.hasher),
            clock: Arc::clone(&self.clock),
            limits: self.limits.clone(),
            random: self.random,
        }
    }

    /// An application that people log in to by the account's pages of this host.
    pub(crate) fn application(&self, name: &str) -> Option<&Application> {
        self.applications.as_ref()?.get(name)
    }

    /// The service that a front door names: the one place where a name becomes a service.
    #[must_use]
    pub fn service<'a>(&'a self, name: &'a str) -> NamedService<'a> {
        NamedService { name, settings: self.services.get(name) }
    }

    /// 128 random bits, such as for an id.
    pub(crate) fn draw_bits(&self) -> Result<[u8; 16], RandomnessGone> {
        draw_bits(self.random)
    }

    /// A token for a request to the ledger.
    pub(crate) fn draw_token(&self) -> Result<Token, RandomnessGone> {
        draw_token(self.random)
    }

    /// How long the user has to wait, in whole seconds, at least one.
    pub(crate) fn seconds_until(&self, until: Timestamp) -> u64 {
        until.as_unix().saturating_sub(self.clock.now().as_unix()).max(1)
    }
}

/// The caches of a process. Losing them costs time, never safety.
#[derive(Debug)]
pub struct ProcessCaches {
    /// Computes argon2id.
    pub hasher: Arc<HashPool>,
    /// App passwords that were verified recently.
    pub verified: VerificationCache,
    /// Checks of secrets that are in progress.
    pub in_flight: InFlight,
    /// Attempts while the ledger is down.
    pub attempts: LocalAttempts,
    /// Attempts on names without an account. They are separate, so that invented names do not evict the attempts on accounts.
    pub strangers: LocalAttempts,
    /// Main passwords that were wrong while the directory may have locked their account.
    pub wrong_under_lock: WrongUnderLock,
    /// Requests of the phone page without a valid signature.
    pub unproved_calls: UnprovedCalls,
    /// The order of mail logins.
    pub mail_gate: MailGate,
    /// Uses that were written to the ledger within the last minute.
    pub noted: NotedUses,
    /// Logins that were written to the history of their account within the last minute.
    pub recent_logins: RecentLogins,
}

/// Avoids a write to the ledger for each login of a mail program that logs in frequently.
pub struct NotedUses(Mutex<LruCache<NotedUse, Timestamp>>);

type NotedUse = (AccountId, Credential, Source);

impl NotedUses {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(NOTED_USES)))
    }

    pub(crate) fn is_recent(&self, key: &NotedUse, now: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get(key).is_some_and(|at| *at <= now && at.plus(NOTE_EVERY) > now)
    }

    pub(crate) fn set(&self, key: NotedUse, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(key, now);
    }
}

impl Default for NotedUses {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NotedUses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotedUses")
    }
}

const NOTED_USES: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");
