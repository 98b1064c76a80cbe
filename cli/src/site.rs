use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use nix::unistd::User;
use postern_core::account::{Account, AccountId};
use postern_core::changes::Authority;
use postern_core::checks::{InFlight, MailGate};
use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::config::Config;
use postern_core::directory::{Directory, EachAccount};
use postern_core::engine::{Engine, NotedUses, ProcessCaches};
use postern_core::hashing::{Budget, HashPool, VerificationCache};
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::ledger::Ledger;
use postern_core::limits::{LocalAttempts, UnprovedCalls, WrongUnderLock};
use postern_core::login_event::RecentLogins;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::random::RandomnessGone;
use postern_core::unix_users::{NameServiceError, UnixUsers};
use postern_store::{Embedded, LdapDirectory};

use crate::courier::FaultRecordingCourier;
use crate::failure::Failure;
use crate::privileges;

/// The configuration and its stores, opened as user postern.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) config: Config,
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) hasher: Arc<HashPool>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) courier: Arc<FaultRecordingCourier>,
    pub(crate) ldap: Option<Arc<LdapDirectory>>,
    embedded: Option<Embedded>,
}

impl Site {
    /// Gives up root, then opens everything.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        Self::of(privileges::load_config(path)?)
    }

    /// Opens the stores of a configuration that has been read.
    pub(crate) fn of(config: Config) -> Result<Self, Failure> {
        let budget = Budget { memory_kib: config.limits.hashing_memory_mib * 1024, cores: 1 };
        let hasher = HashPool::start(budget)
            .map_err(|error| Failure::system(format!("no threads for hashing: {error}")))?;
        let hasher = Arc::new(hasher);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let stores = postern_store::open_for_tool(&config, &hasher, Arc::clone(&clock))?;
        let courier = Arc::new(FaultRecordingCourier::open(&config));
        Ok(Self {
            config,
            courier,
            directory: stores.directory,
            ledger: stores.ledger,
            hasher,
            clock,
            ldap: stores.ldap,
            embedded: stores.embedded,
        })
    }

    /// The account that an admin means by `name`: the one with that user name at any class of services, or else, if the
    /// name has an `@` and is no account's user name, the one that has it as an address. Owners can write their own
    /// addresses.
    pub(crate) async fn account(&self, name: &str) -> Result<Account, Failure> {
        let typed = LoginName::new(name).map_err(|error| Failure::data(format!("the name {error}")))?;
        let at_login = self.directory.find(&typed, Class::Login).await?.filter(|found| found.name == name);
        let holders = self.user_name_holders(name).await?;
        // Addresses do not matter if the name is, letter by letter, the user name of exactly one account.
        if let Some(found) = &at_login
            && holders == [found.id.clone()]
        {
            return self.again(found).await;
        }
        let at_mail = self.directory.find(&typed, Class::Mail).await?;
        let is_named = |found: &Account| found.name.eq_ignore_ascii_case(name) || holders.contains(&found.id);
        let (named, by_address) = match at_mail {
            Some(found) if is_named(&found) => (Some(found), None),
            other => (None, other),
        };
        match (at_login, named) {
            (Some(one), Some(other)) if one.id != other.id => Err(Failure::data(format!(
                "\"{name}\" is the user name of two accounts, {} and {}; nothing was done",
                one.id, other.id
            ))),
            // With the name by which mail services know it.
            (_, Some(found)) | (Some(found), None) => Ok(found),
            (None, None) => match by_address {
                Some(found) if name.contains('@') && holders.is_empty() => Ok(found),
                Some(_) | None => Err(Failure::no_account(name)),
            },
        }
    }

    /// The account as it is now.
    pub(crate) async fn again(&self, account: &Account) -> Result<Account, Failure> {
        self.directory.read(&account.id).await?.ok_or_else(|| Failure::no_account(&account.name))
    }

    /// Calls `each` for every account, read from where it is written.
    pub(crate) async fn for_each_account_as_written(
        &self,
        each: &mut EachAccount<'_>,
    ) -> Result<(), Failure> {
        let visited = match &self.ldap {
            Some(ldap) => ldap.for_each_account_as_written(each).await,
            None => self.directory.for_each_account(each).await,
        };
        Ok(visited?)
    }

    /// The LDAP accounts with this user name, including those that neither filter finds. Embedded accounts have
    /// distinct names and addresses.
    async fn user_name_holders(&self, name: &str) -> Result<Vec<AccountId>, Failure> {
        match &self.ldap {
            Some(ldap) => Ok(ldap.user_name_holders(name).await?),
            None => Ok(Vec::new()),
        }
    }

    /// The embedded directory, the only one that can create accounts.
    pub(crate) fn embedded(&self) -> Result<&Embedded, Failure> {
        self.embedded.as_ref().ok_or_else(|| {
            Failure::usage("accounts and main passwords are in the site's LDAP, where its own tools make and change them, such as ldapadd and ldappasswd; this command works with directory.kind = \"embedded\" alone")
        })
    }

    /// The site's keys.
    pub(crate) fn keyring(&self) -> Result<Keyring, Failure> {
        Ok(self.config.load_keyring()?)
    }

    /// The engine for flows that hold a conversation.
    pub(crate) fn engine(&self) -> Result<Engine, Failure> {
        let mut key = [0; KEY_BYTES];
        random(&mut key)?;
        let caches = ProcessCaches {
            hasher: Arc::clone(&self.hasher),
            verified: VerificationCache::new(key),
            in_flight: InFlight::new(),
            attempts: LocalAttempts::new(),
            strangers: LocalAttempts::new(),
            wrong_under_lock: WrongUnderLock::new(),
            unproved_calls: UnprovedCalls::new(),
            mail_gate: MailGate::new(),
            noted: NotedUses::new(),
            recent_logins: RecentLogins::new(),
        };
        let config = &self.config;
        Ok(Engine {
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&self.ledger),
            courier: Arc::<FaultRecordingCourier>::clone(&self.courier),
            clock: Arc::clone(&self.clock),
            keyring: self.keyring()?,
            policy: config.policy,
            services: config.services.clone(),
            userdb: config.userdb.clone(),
            limits: config.limits.clone(),
            users: Arc::new(HostUsers),
            language: config.language,
            issuer: config.issuer.clone(),
            host_title: config.host_title.clone().unwrap_or_else(postern_courier::host_name),
            mail_settings: config.mail_settings.clone(),
            relying_party: config.relying_party(),
            applications: config.applications(),
            random,
            caches: Arc::new(caches),
        })
    }

    /// The context of flows that change an account.
    pub(crate) fn authority(&self) -> Authority {
        Authority {
            directory: Arc::clone(&self.directory),
            ledger: Arc::clone(&self.ledger),
            hasher: Arc::clone(&self.hasher),
            clock: Arc::clone(&self.clock),
            limits: self.config.limits.clone(),
            random,
        }
    }
}

/// The users of this host.
#[derive(Debug)]
pub(crate) struct HostUsers;

#[async_trait]
impl UnixUsers for HostUsers {
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError> {
        let user = User::from_name(name).map_err(|error| NameServiceError(error.to_string()))?;
        Ok(user.map(|user| user.uid.as_raw()))
    }
}

/// Fills `buffer` from getrandom(2).
pub(crate) fn random(buffer: &mut [u8]) -> Result<(), RandomnessGone> {
    getrandom::fill(buffer).map_err(|_| RandomnessGone)
}

/// Reads a future time: a time span from now such as `90d`, a date, which means its first second in UTC, or an RFC 3339
/// time.
pub(crate) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Ok(span) = humantime::parse_duration(text) {
        return Ok(now.plus(span));
    }
    let midnight = format!("{text}T00:00:00Z");
    text.parse().or_else(|_| midnight.parse()).map_err(|_| {
        Failure::data(format!("\"{text}\" is no time span such as 90d, no date such as 2027-01-31 and no time such as 2027-01-31T12:00:00Z"))
    })
}

/// Reads a past time: a time span before now such as `30d`, or as [`moment`].
pub(crate) fn past(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    match humantime::parse_duration(text) {
        Ok(span) => Ok(now.minus(span)),
        Err(_) => moment(text, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_the_past_ends_now() {
        let now = Timestamp::from_unix(1_800_000_000);
        assert_eq!(past("1d", now).unwrap(), Timestamp::from_unix(1_800_000_000 - 86_400));
        assert_eq!(past("2027-01-31", now).unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert!(past("lately", now).is_err());
    }

    #[test]
    fn a_moment_is_a_span_a_date_or_a_time() {
        let now = Timestamp::from_unix(1_800_000_000);
        assert_eq!(moment("90d", now).unwrap(), Timestamp::from_unix(1_800_000_000 + 90 * 86_400));
        assert_eq!(moment("2027-01-31", now).unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert_eq!(moment("2027-01-31T12:00:00Z", now).unwrap().to_string(), "2027-01-31T12:00:00Z");
        for text in ["", "soon", "31.1.2027", "2027-13-01"] {
            assert!(moment(text, now).is_err(), "{text}");
        }
    }
}
