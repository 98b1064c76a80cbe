use std::path::Path;
use std::sync::Arc;

use postern_core::checks::{InFlight, MailGate};
use postern_core::clock::SystemClock;
use postern_core::config::{Config, ConfigDigest, DirectoryKind, Problems};
use postern_core::engine::{Engine, NotedUses, ProcessCaches};
use postern_core::hashing::{Budget, HashPool, VerificationCache};
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::limits::{LocalAttempts, UnprovedCalls, WrongUnderLock};
use postern_core::login_event::RecentLogins;
use postern_core::random::RandomnessGone;
use postern_core::unix_users::UnixUsers;
use postern_store::{LdapDirectory, RedisLedger};
use postern_tls::Trust;
use tracing::warn;

use crate::keyring_file::KeyringFile;
use crate::metrics::{CHANNELS, Measured, Metrics};

/// Reads the configuration.
pub(crate) fn read(path: &Path) -> Result<(Config, ConfigDigest), Problems> {
    Config::load_with_digest(path)
}

/// Checks whether a reload would accept the configuration at `path`. It does not open the database of `[embedded]`, which belongs
/// to the running posternd.
pub(crate) fn check(path: &Path) -> Result<(), String> {
    let (config, _) = read(path).map_err(|problems| problems.to_string())?;
    drop(KeyringFile::read(&config.keyring)?);
    postern_store::check_servers(&config, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
    drop(postern_courier::open(&config).map_err(|error| error.to_string())?);
    Ok(())
}

/// The state that outlives reloads.
pub(crate) fn caches(config: &Config) -> Result<Arc<ProcessCaches>, ComposeError> {
    let cores = std::thread::available_parallelism()
        .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    let budget = Budget { memory_kib: config.limits.hashing_memory_mib * 1024, cores };
    let hasher =
        HashPool::start(budget).map_err(|error| ComposeError(format!("no threads for hashing: {error}")))?;
    let mut key = [0; KEY_BYTES];
    random(&mut key).map_err(|error| ComposeError(error.to_string()))?;
    Ok(Arc::new(ProcessCaches {
        hasher: Arc::new(hasher),
        verified: VerificationCache::new(key),
        in_flight: InFlight::new(),
        attempts: LocalAttempts::new(),
        strangers: LocalAttempts::new(),
        wrong_under_lock: WrongUnderLock::new(),
        unproved_calls: UnprovedCalls::new(),
        mail_gate: MailGate::new(),
        noted: NotedUses::new(),
        recent_logins: RecentLogins::new(),
    }))
}

/// What one reading of the configuration gives.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) engine: Engine,
    pub(crate) keyring_file: KeyringFile,
    pub(crate) servers: StoreServers,
}

/// The stores that are on servers, which can be asked for the state of those.
#[derive(Debug, Clone)]
pub(crate) struct StoreServers {
    pub(crate) ldap: Option<Arc<LdapDirectory>>,
    pub(crate) redis: Option<Arc<RedisLedger>>,
}

/// Opens the stores that the configuration names and assembles the engine. Their calls are measured.
pub(crate) fn engine(
    config: &Config,
    caches: Arc<ProcessCaches>,
    users: Arc<dyn UnixUsers>,
    metrics: &Arc<Metrics>,
) -> Result<Composed, ComposeError> {
    let clock = Arc::new(SystemClock);
    let (keyring_file, keyring) = KeyringFile::read(&config.keyring).map_err(ComposeError)?;
    let stores = postern_store::open(config, &caches.hasher, clock.clone())
        .map_err(|error| ComposeError(error.to_string()))?;
    for file in config.ca_files() {
        // A file that cannot be used at all is an error, above or below.
        let trust = Trust::read(file);
        let faults = trust.iter().flat_map(Trust::faults);
        faults.for_each(|fault| warn!("{}: {fault}; the others are used", file.display()));
    }
    if let DirectoryKind::Ldap(ldap) = &config.directory
        && ldap.expires.format.is_none()
    {
        warn!(
            "directory.expires_format is not set, and nobody knows what numbers in {} count: who has one cannot log in, and their \
             mail waits",
            ldap.expires.name
        );
    }
    let courier = postern_courier::open(config).map_err(|error| ComposeError(error.to_string()))?;
    CHANNELS
        .into_iter()
        .filter(|channel| courier.carries(*channel))
        .for_each(|channel| metrics.expect_deliveries(channel));
    let engine = Engine {
        directory: Arc::new(Measured { inner: stores.directory, metrics: Arc::clone(metrics) }),
        ledger: Arc::new(Measured { inner: stores.ledger, metrics: Arc::clone(metrics) }),
        courier: Arc::new(Measured { inner: courier, metrics: Arc::clone(metrics) }),
        clock,
        keyring,
        policy: config.policy,
        services: config.services.clone(),
        userdb: config.userdb.clone(),
        limits: config.limits.clone(),
        users,
        language: config.language,
        issuer: config.issuer.clone(),
        host_title: config.host_title.clone().unwrap_or_else(postern_courier::host_name),
        mail_settings: config.mail_settings.clone(),
        relying_party: config.relying_party(),
        applications: config.applications(),
        random,
        caches,
    };
    let servers = StoreServers { ldap: stores.ldap, redis: stores.redis };
    Ok(Composed { engine, keyring_file, servers })
}

/// The same engine with other keys.
pub(crate) fn with_keyring(engine: &Engine, keyring: Keyring) -> Engine {
    Engine {
        directory: Arc::clone(&engine.directory),
        ledger: Arc::clone(&engine.ledger),
        courier: Arc::clone(&engine.courier),
        clock: Arc::clone(&engine.clock),
        keyring,
        policy: engine.policy,
        services: engine.services.clone(),
        userdb: engine.userdb.clone(),
        limits: engine.limits.clone(),
        users: Arc::clone(&engine.users),
        language: engine.language,
        issuer: engine.issuer.clone(),
        host_title: engine.host_title.clone(),
        mail_settings: engine.mail_settings.clone(),
        relying_party: engine.relying_party.clone(),
        applications: engine.applications.clone(),
        random: engine.random,
        caches: Arc::clone(&engine.caches),
    }
}

/// Fills `buffer` from getrandom(2).
fn random(buffer: &mut [u8]) -> Result<(), RandomnessGone> {
    getrandom::fill(buffer).map_err(|_| RandomnessGone)
}

/// Why the engine cannot be assembled, with what to mend.
#[derive(Debug)]
pub(crate) struct ComposeError(String);

impl std::fmt::Display for ComposeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ComposeError {}
