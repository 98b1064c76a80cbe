//! Every store, held to what core expects of it.

mod ldap;
mod ldap_slow_line;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use postern_core::account::{AccountData, AccountId, Attributes};
use postern_core::account_status::AccountStatus;
use postern_core::changes::edit;
use postern_core::clock::{Clock, SystemClock, Timestamp};
use postern_core::config::Redis as RedisConfig;
use postern_core::directory::Directory;
use postern_core::hashing::{Budget, Cost, HashPool, Purpose, StoredHash};
use postern_core::ledger::Ledger;
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, Class};
use postern_store::embedded::NewAccount;
use postern_store::{Embedded, LedgerTime, RedisLedger};
use postern_tests::conformance::directory::DirectoryFixture;
use postern_tests::conformance::ledger::{LATER, LedgerFixture};
use postern_tests::{Listen, Redis, RedisCluster, RedisSentinel, SetClock};
use tempfile::TempDir;

postern_tests::directory_conformance!(embedded_directory, EmbeddedFixture::new());
postern_tests::ledger_conformance!(embedded_ledger, EmbeddedFixture::new());
postern_tests::ledger_conformance!(
    redis_ledger,
    Redis::start("ledger_tcp", Listen::Tcp) => |redis: &Redis| RedisFixture::new(redis.config())
);
postern_tests::ledger_conformance!(
    redis_ledger_over_a_unix_socket,
    Redis::start("ledger_unix", Listen::Unix(0o700)) => |redis: &Redis| RedisFixture::new(redis.config())
);
postern_tests::ledger_conformance!(
    redis_ledger_over_tls,
    Redis::start("ledger_tls", Listen::Tls) => |redis: &Redis| RedisFixture::new(redis.config())
);
postern_tests::ledger_conformance!(
    redis_ledger_with_sentinel,
    RedisSentinel::guarded("ledger_sentinel", 1) => |redis: &RedisSentinel| RedisFixture::new(redis.config())
);
postern_tests::ledger_conformance!(
    redis_ledger_on_a_cluster,
    RedisCluster::guarded("ledger_cluster") => |redis: &RedisCluster| RedisFixture::new(redis.config())
);

struct EmbeddedFixture {
    store: Embedded,
    hasher: Arc<HashPool>,
    dir: TempDir,
}

impl EmbeddedFixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let budget = Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 1 };
        let hasher = Arc::new(HashPool::start(budget).unwrap());
        let store = Self::open(&dir, &hasher);
        Self { store, hasher, dir }
    }

    fn open(dir: &TempDir, hasher: &Arc<HashPool>) -> Embedded {
        Embedded::open(&dir.path().join("postern.db"), hasher, Arc::new(SystemClock)).unwrap()
    }

    async fn hash(&self, password: &str) -> StoredHash {
        let cheap = Cost { memory_kib: 64, passes: 1 };
        self.hasher.hash(password.as_bytes(), &[7; 16], cheap, Purpose::MainPassword).await.unwrap()
    }

    async fn id(&self, name: &str) -> AccountId {
        self.store.find(&LoginName::new(name).unwrap(), Class::Mail).await.unwrap().unwrap().id
    }
}

#[async_trait]
impl DirectoryFixture for EmbeddedFixture {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(self.store.clone())
    }

    async fn add(&self, name: &str, addresses: &[&str], password: Option<&str>) {
        let mut attributes = Attributes::new();
        attributes.set("uidNumber", vec!["10001".to_owned()]);
        attributes.set("mail", addresses.iter().map(|address| (*address).to_owned()).collect());
        let password = match password {
            Some(password) => Some(self.hash(password).await),
            None => None,
        };
        let new =
            NewAccount { name: name.to_owned(), password, policy: AccountPolicy::default(), attributes };
        drop(self.store.create_account(new).await.unwrap());
    }

    async fn set_uid(&self, name: &str, uid: u32) {
        let change = "UPDATE account SET attributes = json_set(attributes, '$.uidNumber', json_array(?2)) WHERE name = ?1";
        let database = rusqlite::Connection::open(self.dir.path().join("postern.db")).unwrap();
        assert_eq!(database.execute(change, [name, &uid.to_string()]).unwrap(), 1);
    }

    async fn set_password(&self, name: &str, password: &str) {
        let hash = self.hash(password).await;
        self.store.set_main_password(&self.id(name).await, Some(hash)).await.unwrap();
    }

    async fn set_status(&self, name: &str, status: AccountStatus) {
        let expires =
            (status == AccountStatus::Expired).then_some(Timestamp::from_unix(SystemClock.now().as_unix()));
        let change = |data: &mut AccountData| {
            data.policy = AccountPolicy {
                disabled: status == AccountStatus::Disabled,
                expires,
                ..AccountPolicy::default()
            };
            Ok(())
        };
        edit(&self.store, &self.id(name).await, change).await.unwrap();
    }
}

impl LedgerFixture for EmbeddedFixture {
    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(self.store.ledger(self.dir.path()))
    }

    fn another(&self) -> Arc<dyn Ledger> {
        Arc::new(Self::open(&self.dir, &self.hasher).ledger(self.dir.path()))
    }
}

struct RedisFixture {
    config: RedisConfig,
    ledger: Arc<RedisLedger>,
}

impl RedisFixture {
    /// A ledger of its own on servers that others share: its keys begin differently.
    fn new(mut config: RedisConfig) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        config.prefix = format!("postern:{}:", NEXT.fetch_add(1, Ordering::Relaxed));
        let ledger = Arc::new(Self::open(&config));
        Self { config, ledger }
    }

    fn open(config: &RedisConfig) -> RedisLedger {
        RedisLedger::open_at(config, SetClock::at(LATER), LedgerTime::Caller).unwrap()
    }
}

impl LedgerFixture for RedisFixture {
    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::<RedisLedger>::clone(&self.ledger)
    }

    fn another(&self) -> Arc<dyn Ledger> {
        Arc::new(Self::open(&self.config))
    }
}
