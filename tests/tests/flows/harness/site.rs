use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_core::account::{Account, AccountData, AccountId, Attributes};
use postern_core::app_password::{Label, Networks, Scope};
use postern_core::changes;
use postern_core::changes::{Authority, ChangeError, Order};
use postern_core::clock::{Clock, Timestamp};
use postern_core::directory::Directory;
use postern_core::engine::{Engine, ProcessCaches};
use postern_core::factor::{FactorId, NewTotp, RecoveryCode, RecoveryText, Seed, TotpShape};
use postern_core::hashing::{Cost, HashPool, Purpose, SALT_BYTES, StoredHash};
use postern_core::ledger::{Ledger, Spend, Token};
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, Class};
use postern_store::embedded::NewAccount;
use postern_store::{Access, Embedded, FreshReads};
use rusqlite::Connection;
use tempfile::TempDir;

use super::setup::{Setup, caches, engine, hasher};
use super::stores::{FaultInjector, Replicated, Watched};
use super::{App, Post, TestClock};

/// A site: its stores, its users, and its engine.
pub(crate) struct Site {
    pub(crate) engine: Arc<Engine>,
    pub(crate) setup: Setup,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) hasher: Arc<HashPool>,
    pub(crate) faults: Arc<FaultInjector>,
    /// The courier, which has no channel until they are enabled.
    pub(crate) post: Arc<Post>,
    /// The ledger behind the fault injector.
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) ledger: Arc<dyn Ledger>,
    people: Arc<dyn People>,
    replica: Arc<Replicated>,
    next_uid: AtomicU32,
    dir: TempDir,
}

/// A user with an account, and with the same name on the host.
#[derive(Debug, Clone)]
pub(crate) struct Someone {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) uid: u32,
}

/// Creates accounts, and makes an admin's changes.
#[async_trait::async_trait]
pub(crate) trait People: Send + Sync {
    async fn add(&self, name: &str, attributes: Attributes) -> AccountId;
    async fn set_main_password(&self, id: &AccountId, password: &str);
    async fn rename(&self, id: &AccountId, name: &str);

    /// Enough accounts to use all buckets of the ledger.
    fn spread(&self) -> u32 {
        1
    }
}

struct InFile {
    store: Embedded,
    hasher: Arc<HashPool>,
    path: PathBuf,
}

#[async_trait::async_trait]
impl People for InFile {
    async fn add(&self, name: &str, attributes: Attributes) -> AccountId {
        let password = Some(main_password(&self.hasher, MAIN_PASSWORD).await);
        let policy = AccountPolicy::default();
        self.store
            .create_account(NewAccount { name: name.to_owned(), password, policy, attributes })
            .await
            .unwrap()
    }

    async fn set_main_password(&self, id: &AccountId, password: &str) {
        let hash = main_password(&self.hasher, password).await;
        self.store.set_main_password(id, Some(hash)).await.unwrap();
    }

    async fn rename(&self, id: &AccountId, name: &str) {
        let rename = "UPDATE account SET name = ?2 WHERE id = ?1";
        let changed = Connection::open(&self.path).unwrap().execute(rename, [id.as_str(), name]);
        assert_eq!(changed.unwrap(), 1);
    }
}

async fn main_password(hasher: &HashPool, password: &str) -> StoredHash {
    hasher.hash(password.as_bytes(), &[1; SALT_BYTES], CHEAP, Purpose::MainPassword).await.unwrap()
}

impl Site {
    /// On the embedded stores.
    pub(crate) async fn new() -> Self {
        // In memory if possible, because a busy disk would make the stores miss their deadlines.
        let in_memory = Path::new("/dev/shm");
        let dir = if in_memory.is_dir() { TempDir::new_in(in_memory) } else { TempDir::new() }.unwrap();
        let (clock, hasher) = (Arc::new(TestClock::new()), hasher());
        let path = dir.path().join("postern.db");
        let store = Embedded::open(&path, &hasher, clock.clone()).unwrap();
        let ledger = Arc::new(store.ledger(dir.path()));
        let people = InFile { store: store.clone(), hasher: Arc::clone(&hasher), path };
        Self::on(Arc::new(store), ledger, Arc::new(people), clock, hasher, dir).await
    }

    pub(super) async fn on(
        directory: Arc<dyn Directory>,
        ledger: Arc<dyn Ledger>,
        people: Arc<dyn People>,
        clock: Arc<TestClock>,
        hasher: Arc<HashPool>,
        dir: TempDir,
    ) -> Self {
        let faults = Arc::new(FaultInjector::default());
        let replica = Arc::new(Replicated { inner: directory, copies: Mutex::default() });
        let inner: Arc<dyn Directory> = Arc::<Replicated>::clone(&replica);
        let directory: Arc<dyn Directory> = Arc::new(Watched { faults: Arc::clone(&faults), inner });
        let ledger: Arc<dyn Ledger> = Arc::new(Watched { faults: Arc::clone(&faults), inner: ledger });
        let setup = Setup::new();
        let caches = caches(&hasher);
        let parts = (Arc::clone(&directory), Arc::clone(&ledger), Arc::clone(&faults));
        let post = Arc::new(Post::default());
        let engine = engine(&setup, parts, &post, &clock, caches);
        let site = Self {
            engine,
            setup,
            clock,
            hasher,
            faults,
            post,
            directory,
            ledger,
            people,
            replica,
            next_uid: AtomicU32::new(FIRST_UID),
            dir,
        };
        site.begin_to_remember().await;
        site
    }

    /// A new ledger does not know which codes were spent before it was created. That time is over when users log in.
    async fn begin_to_remember(&self) {
        let at = self.clock.now();
        let factor = FactorId::new([0; 16]);
        for number in 0..self.people.spread() {
            let account = AccountId::new(format!("nobody {number}"));
            let (step, token) = (at.as_unix() / 30, Token::new([0; Token::BYTES]));
            let spend = Spend { account: &account, factor, step, period: 30, is_first: false, at, token };
            self.ledger.spend(&spend).await.unwrap();
        }
        self.clock.advance(600);
        self.faults.expect(None);
    }

    /// As a restart of the host does.
    pub(crate) fn forget_spent_steps(&self) {
        for file in std::fs::read_dir(self.dir.path()).unwrap() {
            let file = file.unwrap();
            if file.file_name().to_string_lossy().contains(".spent") {
                std::fs::remove_file(file.path()).unwrap();
            }
        }
    }

    /// A backup of the database, to be restored later.
    pub(crate) fn backup(&self) -> Backup {
        let path = self.dir.path().join("postern.db");
        let copy =
            self.dir.path().join(format!("backup-{}.db", self.next_uid.fetch_add(1, Ordering::Relaxed)));
        let copied = Connection::open(path).unwrap().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]);
        copied.unwrap();
        Backup(copy)
    }

    /// Restores it over the database, under its open connections.
    pub(crate) fn restore(&self, backup: &Backup) {
        let database = Connection::open(self.dir.path().join("postern.db")).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database.execute("ATTACH ?1 AS backup", [backup.0.to_str().unwrap()]).unwrap();
        let mut select =
            database.prepare("SELECT name FROM backup.sqlite_schema WHERE type = 'table'").unwrap();
        let tables: Vec<String> =
            select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let copies = tables.iter().map(|table| {
            format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM backup.{table};")
        });
        let copies: String = copies.collect();
        database
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; {copies} COMMIT;"))
            .unwrap();
    }

    /// From now on, reads as a site with replicas does.
    pub(crate) fn has_replicas(&mut self) {
        let (inner, ledger) = (Arc::clone(&self.directory), Arc::clone(&self.ledger));
        let keyring = self.dir.path().join("keyring");
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&keyring).unwrap();
        file.write_all(self.setup.keyring.as_bytes()).unwrap();
        let clock = Arc::<TestClock>::clone(&self.clock);
        self.directory = Arc::new(FreshReads::new(inner, ledger, &keyring, clock, Access::Daemon));
        self.configure(|_| {});
    }

    /// From now on, changes of this account do not reach the replica.
    pub(crate) async fn lag(&self, who: &Someone) {
        let account = self.account(who).await;
        self.replica.copies.lock().unwrap().insert(who.name.clone(), account);
    }

    /// Changes the settings, as after a reload.
    pub(crate) fn configure(&mut self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.setup);
        self.engine = self.host_with(&self.setup, Arc::clone(&self.engine.caches));
    }

    /// Another host with the same stores, or this one after a restart.
    pub(crate) fn another_host(&self) -> Arc<Engine> {
        self.host_with(&self.setup, caches(&self.hasher))
    }

    fn host_with(&self, setup: &Setup, caches: Arc<ProcessCaches>) -> Arc<Engine> {
        let parts = (Arc::clone(&self.directory), Arc::clone(&self.ledger), Arc::clone(&self.faults));
        engine(setup, parts, &self.post, &self.clock, caches)
    }

    pub(crate) fn authority(&self) -> Authority {
        self.engine.authority()
    }

    /// A user with an account, the main password [`MAIN_PASSWORD`], and a uid on this host.
    pub(crate) async fn person(&self, name: &str) -> Someone {
        self.person_with(name, &[]).await
    }

    /// With further attributes.
    pub(crate) async fn person_with(&self, name: &str, more: &[(&str, &str)]) -> Someone {
        let uid = self.next_uid.fetch_add(1, Ordering::Relaxed);
        self.set_host_user(name, Some(uid));
        let mut attributes = Attributes::new();
        attributes.set("uidNumber", vec![uid.to_string()]);
        more.iter().for_each(|(name, value)| attributes.set(name, vec![(*value).to_owned()]));
        let id = self.people.add(name, attributes).await;
        Someone { id, name: name.to_owned(), uid }
    }

    /// Renames the account, so that the name is free.
    pub(crate) async fn rename(&self, who: &Someone, name: &str) {
        self.people.rename(&who.id, name).await;
    }

    pub(crate) async fn set_main_password(&self, who: &Someone, password: &str) {
        self.people.set_main_password(&who.id, password).await;
    }

    /// Gives the host's user another uid, or removes the user.
    pub(crate) fn set_host_user(&self, name: &str, uid: Option<u32>) {
        let mut users = self.faults.users.lock().unwrap();
        match uid {
            Some(uid) => users.insert(name.to_owned(), uid),
            None => users.remove(name),
        };
    }

    pub(crate) fn now_plus(&self, seconds: u64) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(seconds))
    }

    /// Binds an app with the usual shape, and no code spent.
    pub(crate) async fn bind(&self, who: &Someone, label: &str) -> App {
        self.bind_shape(who, label, TotpShape::default()).await
    }

    pub(crate) async fn bind_shape(&self, who: &Someone, label: &str, shape: TotpShape) -> App {
        let mut seed = [0; 20];
        getrandom::fill(&mut seed).unwrap();
        let totp = NewTotp::new(shape, Seed::new(&seed).unwrap());
        let authority = self.authority();
        let (id, label) = (FactorId::draw(authority.random).unwrap(), Label::new(label).unwrap());
        let new = totp.to_factor(id, label, &self.engine.keyring, authority.random).unwrap();
        changes::bind_factor(&authority, &self.engine.keyring, &who.id, &new, None, None).await.unwrap();
        App::new(&seed, shape, &self.clock).bound_as(new.id)
    }

    /// Recovery codes as usual, but cheaper to check.
    pub(crate) async fn recovery_codes(&self, who: &Someone, count: usize) -> Vec<String> {
        let (mut shown, mut stored) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let code = RecoveryText::draw(getrandom::fill).unwrap();
            let hash = self.hasher.hash(code.secret(), &[3; SALT_BYTES], CHEAP, Purpose::RecoveryCode).await;
            stored.push(RecoveryCode { id: code.id(), hash: hash.unwrap() });
            shown.push(code.grouped().to_string());
        }
        self.edit(who, |data| data.recovery_codes.clone_from(&stored)).await;
        shown
    }

    pub(crate) async fn app_password(&self, who: &Someone, scope: Scope) -> String {
        self.app_password_until(who, scope, None).await
    }

    pub(crate) async fn app_password_until(
        &self,
        who: &Someone,
        scope: Scope,
        expires: Option<Timestamp>,
    ) -> String {
        let label = Label::new("Foxmail").unwrap();
        let order = Order { label, scope, expires, networks: Networks::default() };
        let created = changes::create_app_password(&self.authority(), &who.id, &order).await.unwrap();
        created.password.grouped().to_string()
    }

    /// Changes the stored data of an account, as an admin would.
    pub(crate) async fn edit(&self, who: &Someone, mut change: impl FnMut(&mut AccountData) + Send) {
        let change = |data: &mut AccountData| {
            change(data);
            Ok::<_, ChangeError>(())
        };
        changes::edit(&*self.directory, &who.id, change).await.unwrap();
    }

    pub(crate) async fn account(&self, who: &Someone) -> Account {
        self.directory.read(&who.id).await.unwrap().unwrap()
    }

    /// An existing user.
    pub(crate) async fn known(&self, name: &str) -> Someone {
        let found = self.directory.find(&LoginName::new(name).unwrap(), Class::Login).await.unwrap().unwrap();
        let uid = found.attributes.values("uidNumber")[0].parse().unwrap();
        Someone { id: found.id, name: name.to_owned(), uid }
    }
}

/// A copy of the database.
pub(crate) struct Backup(PathBuf);

/// Names an ssh key as the PAM module does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SshKey(pub(crate) u8);

impl SshKey {
    pub(crate) fn text(self) -> String {
        let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
        blob.extend([self.0; 32]);
        format!("ssh-key ssh-ed25519 {}", STANDARD.encode(blob))
    }
}

pub(crate) const MAIN_PASSWORD: &str = "correct horse battery";
pub(crate) const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };
const FIRST_UID: u32 = 10_000;
