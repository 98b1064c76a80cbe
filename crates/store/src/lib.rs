//! The stores: accounts in a directory (LDAP or SQLite), everything that may expire in a ledger (Redis or SQLite).
//!
//! They hold no policy. What has to be atomic they decide: whether an attempt is within its limit, and whether a code was spent
//! before. Each store implements core's traits, and one conformance suite runs against all of them.

#![forbid(unsafe_code)]

mod access;
mod challenges;
mod code_limits;
mod credentials;
pub mod embedded;
mod fresh;
pub mod ldap;
mod redis_ledger;
mod server_state;
mod tcp;

use std::path::Path;
use std::sync::Arc;

use postern_core::clock::Clock;
use postern_core::config::{Config, DirectoryKind, LedgerKind};
use postern_core::directory::Directory;
use postern_core::hashing::HashPool;
use postern_core::ledger::Ledger;

pub use access::Access;
pub use embedded::Embedded;
pub use fresh::FreshReads;
pub use ldap::LdapDirectory;
pub use redis_ledger::{LedgerTime, OpenRedisError, RedisLedger};
pub use server_state::ServerState;

/// The stores that a configuration names.
#[derive(Debug, Clone)]
pub struct Stores {
    /// Keeps accounts.
    pub directory: Arc<dyn Directory>,
    /// Keeps everything that may expire.
    pub ledger: Arc<dyn Ledger>,
    /// The embedded directory itself, if it is in use: only it can create accounts.
    pub embedded: Option<Embedded>,
    /// LDAP itself, if it is in use: it can be examined.
    pub ldap: Option<Arc<LdapDirectory>>,
    /// Redis itself, if it is in use.
    pub redis: Option<Arc<RedisLedger>>,
}

/// A store that the configuration names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The SQLite file.
    #[error(transparent)]
    Embedded(#[from] embedded::OpenError),
    /// LDAP.
    #[error(transparent)]
    Ldap(#[from] ldap::OpenLdapError),
    /// Redis.
    #[error(transparent)]
    Redis(#[from] OpenRedisError),
}

/// Creates the SQLite file if it is missing, and otherwise makes sure that it can be used.
///
/// # Errors
/// [`OpenError`] says what is wrong with it and how to fix it.
pub fn create(config: &Config) -> Result<(), OpenError> {
    Ok(Embedded::create(&config.embedded.path)?)
}

/// Opens the stores that `config` names. No server is contacted yet. A missing file is an error: an empty one in its place would
/// refuse every account as unknown, and the cause would be hard to find.
///
/// # Errors
/// [`OpenError`] says which file cannot be used, why, and how to fix it.
pub fn open(config: &Config, hasher: &Arc<HashPool>, clock: Arc<dyn Clock>) -> Result<Stores, OpenError> {
    open_with(config, hasher, clock, Access::Daemon)
}

/// As [`open`], for a program that is not posternd: its questions change nothing, and it never raises a fence.
///
/// # Errors
/// As [`open`].
pub fn open_for_tool(
    config: &Config,
    hasher: &Arc<HashPool>,
    clock: Arc<dyn Clock>,
) -> Result<Stores, OpenError> {
    open_with(config, hasher, clock, Access::Tool)
}

/// Whether [`open`] would accept the settings of LDAP and of Redis: secrets and certificates. It does not touch the SQLite file, which
/// a running posternd may use, and contacts no server.
///
/// # Errors
/// As [`open`].
pub fn check_servers(config: &Config, clock: Arc<dyn Clock>) -> Result<(), OpenError> {
    if let LedgerKind::Redis(redis) = &config.ledger {
        drop(RedisLedger::open_for_tool(redis, Arc::clone(&clock))?);
    }
    if let DirectoryKind::Ldap(ldap) = &config.directory {
        drop(LdapDirectory::open(ldap, &config.userdb, clock)?);
    }
    Ok(())
}

fn open_with(
    config: &Config,
    hasher: &Arc<HashPool>,
    clock: Arc<dyn Clock>,
    access: Access,
) -> Result<Stores, OpenError> {
    let open_file = || {
        Embedded::open_existing(&config.embedded.path, hasher, Arc::clone(&clock))
            .map(|embedded| embedded.with_cost(config.limits.main_password_cost))
    };
    let embedded = match config.directory {
        DirectoryKind::Embedded => Some(open_file()?),
        DirectoryKind::Ldap(_) => None,
    };
    // This folder is emptied when the host starts, and is in no backup.
    let folder = config.socket.path.parent().unwrap_or(Path::new("/"));
    let redis = match (&config.ledger, access) {
        (LedgerKind::Redis(redis), Access::Daemon) => Some(RedisLedger::open(redis, Arc::clone(&clock))?),
        (LedgerKind::Redis(redis), Access::Tool) => {
            Some(RedisLedger::open_for_tool(redis, Arc::clone(&clock))?)
        }
        (LedgerKind::Embedded, _) => None,
    };
    let redis = redis.map(Arc::new);
    let embedded = match &redis {
        Some(_) => embedded.map(Embedded::with_attempts_elsewhere),
        None => embedded,
    };
    let ledger: Arc<dyn Ledger> = match (&redis, &embedded) {
        (Some(redis), _) => Arc::<RedisLedger>::clone(redis),
        (None, Some(embedded)) => Arc::new(embedded.ledger_with(folder, access)),
        (None, None) => Arc::new(open_file()?.ledger_with(folder, access)),
    };
    let ldap = match &config.directory {
        DirectoryKind::Ldap(ldap) => {
            Some(Arc::new(LdapDirectory::open(ldap, &config.userdb, Arc::clone(&clock))?))
        }
        DirectoryKind::Embedded => None,
    };
    let directory: Arc<dyn Directory> = match (&ldap, &embedded) {
        (Some(ldap), _) if ldap.may_lag() || redis.is_some() => {
            let (inner, ledger) = (Arc::<LdapDirectory>::clone(ldap), Arc::clone(&ledger));
            let reads = FreshReads::new(inner, ledger, &config.keyring, clock, access);
            Arc::new(if ldap.may_lag() { reads } else { reads.from_master() })
        }
        (Some(ldap), _) => Arc::<LdapDirectory>::clone(ldap),
        (None, Some(embedded)) => Arc::new(embedded.clone()),
        (None, None) => Arc::new(open_file()?),
    };
    Ok(Stores { directory, ledger, embedded, ldap, redis })
}

#[cfg(test)]
mod tests {
    use postern_core::clock::SystemClock;

    use super::*;

    /// LDAP, whose password is in `secret`, and a ledger in a file that is not there.
    fn checked(secret: &Path) -> Result<(), String> {
        let text = format!(
            r#"
            [directory]
            kind = "ldap"
            uris = ["ldapi://%2Frun%2Fslapd%2Fldapi"]
            bind_dn = "cn=postern"
            bind_password_file = "{}"
            base = "dc=example"
            login_filter = "(uid={{user}})"
            userdb = {{}}
            [ledger]
            kind = "embedded"
            "#,
            secret.display()
        );
        let config = Config::parse(Path::new("test"), &text).unwrap();
        check_servers(&config, Arc::new(SystemClock)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_missing_secret_of_ldap_is_found_beside_an_embedded_ledger() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("ldap.secret");
        let missing = checked(&secret).unwrap_err();
        assert!(missing.contains("ldap.secret"), "{missing}");
    }
}
