//! Decisions of the login flow that need another clock or a broken store, in one process over the embedded store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is test code")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, Attributes, Revision};
use postern_core::app_password::{Generated, Label, Networks, Scope, ScopeWord};
use postern_core::clock::{Clock, Timestamp};
use postern_core::directory::{Directory, DirectoryError, Update, Visitor};
use postern_core::engine::{Engine, Memory, NotedUses};
use postern_core::flows::{self, Authority, ChangeError, InFlight, Login, Order, Outcome, RandomnessGone};
use postern_core::hashing::{Budget, Cost, HashPool, Lane, Purpose, VerificationCache};
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::ledger::{Admission, Attempt, Health, History, Ledger, LedgerError, Settlement, Use};
use postern_core::limits::{AttemptLimits, Limits, LocalAttempts, Source};
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, Class, MainPasswordOnMail, Policy, Service};
use postern_core::secret::Password;
use postern_core::userdb::Userdb;
use postern_core::{Reason, Verdict};
use postern_store::Embedded;
use postern_store::embedded::NewAccount;
use tempfile::TempDir;

#[tokio::test]
async fn an_app_password_is_refused_from_the_second_of_its_expiry_on() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let expires = Some(site.clock.now().plus(Duration::from_secs(10)));
    let password = site.app_password(&alice, Scope::All, expires).await;
    assert!(is_accept(&site.login("imap", "alice", &password).await));
    site.clock.advance(9);
    assert!(is_accept(&site.login("imap", "alice", &password).await));
    site.clock.advance(1);
    assert_eq!(site.login("imap", "alice", &password).await.verdict, Verdict::Reject(Reason::Expired));
}

#[tokio::test]
async fn limits_end_with_their_window_and_never_hold_up_a_right_app_password() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let password = site.app_password(&alice, Scope::All, None).await;
    for number in 0..10 {
        let wrong = site.login("imap", "alice", &format!("wrong {number}")).await;
        assert_eq!(wrong.verdict, Verdict::Reject(Reason::BadCredential));
    }
    assert_eq!(site.login("imap", "alice", MAIN_PASSWORD).await.verdict, Verdict::Reject(Reason::Limited));
    assert!(is_accept(&site.login("imap", "alice", &password).await));
    assert!(is_accept(&site.login_from("imap", "alice", MAIN_PASSWORD, "192.0.2.99").await));
    site.clock.advance(900);
    assert!(is_accept(&site.login("imap", "alice", MAIN_PASSWORD).await));
}

#[tokio::test]
async fn a_secret_that_was_wrong_is_tried_again_once_the_main_password_changed() {
    let site = Site::new();
    let alice = site.account("alice").await;
    for _ in 0..3 {
        assert!(!is_accept(&site.login("imap", "alice", "the next password").await));
    }
    assert_eq!(site.hasher.tally().main_password, 2, "one to make the account, one for three wrong logins");
    site.set_main_password(&alice, "the next password").await;
    assert!(is_accept(&site.login("imap", "alice", "the next password").await));
}

#[tokio::test]
async fn app_passwords_work_without_a_ledger_and_main_passwords_are_counted_in_the_process() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let password = site.app_password(&alice, Scope::All, None).await;
    site.ledger_is_down.store(true, Ordering::Relaxed);
    let outcome = site.login("imap", "alice", &password).await;
    assert!(is_accept(&outcome) && outcome.trail.is_ledger_down);
    assert!(is_accept(&site.login("imap", "alice", MAIN_PASSWORD).await));
    for number in 0..10 {
        let wrong = site.login("imap", "alice", &format!("wrong {number}")).await;
        assert_eq!(wrong.verdict, Verdict::Reject(Reason::BadCredential));
    }
    assert_eq!(site.login("imap", "alice", MAIN_PASSWORD).await.verdict, Verdict::Reject(Reason::Limited));
    assert!(is_accept(&site.login("imap", "alice", &password).await));
}

#[tokio::test]
async fn a_directory_that_is_out_of_order_defers_everybody() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let password = site.app_password(&alice, Scope::All, None).await;
    assert!(is_accept(&site.login("imap", "alice", &password).await));
    site.directory_is_down.store(true, Ordering::Relaxed);
    for (name, secret) in
        [("alice", password.as_str()), ("alice", MAIN_PASSWORD), ("alice", "wrong"), ("bob", "wrong")]
    {
        assert!(matches!(site.login("imap", name, secret).await.verdict, Verdict::Defer(_)), "{name}");
    }
    let name = LoginName::new("alice").unwrap();
    assert!(matches!(flows::lookup(&site.engine, &name).await.verdict, Verdict::Defer(_)));
    site.directory_is_down.store(false, Ordering::Relaxed);
    assert!(is_accept(&site.login("imap", "alice", &password).await));
}

#[tokio::test]
async fn a_name_without_account_costs_what_a_wrong_main_password_costs_and_fills_no_ledger() {
    let site = Site::new();
    drop(site.account("alice").await);
    let before = site.hasher.tally().main_password;
    assert_eq!(site.login("imap", "nobody", "wrong").await.verdict, Verdict::Reject(Reason::UnknownAccount));
    assert_eq!(site.hasher.tally().main_password, before + 1);
    for number in 0..50 {
        drop(site.login("imap", "nobody", &format!("wrong {number}")).await);
    }
    assert_eq!(site.hasher.tally().main_password, before + 10, "limited as an account would be");
    assert_eq!(site.ledger_calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_enrolled_account_needs_an_app_password_from_the_next_login_on() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let password = site.app_password(&alice, Scope::All, None).await;
    assert!(is_accept(&site.login("imap", "alice", MAIN_PASSWORD).await));
    flows::edit(&*site.engine.directory, &alice, |data| {
        data.enrolled = true;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(
        site.login("imap", "alice", MAIN_PASSWORD).await.verdict,
        Verdict::Reject(Reason::UseAppPassword)
    );
    assert_eq!(site.login("imap", "alice", "wrong").await.verdict, Verdict::Reject(Reason::UseAppPassword));
    assert!(is_accept(&site.login("imap", "alice", &password).await));
    assert!(
        is_accept(&site.login("lenient", "alice", MAIN_PASSWORD).await),
        "the service's word goes before the site's"
    );
}

#[tokio::test]
async fn a_tombstone_stands_for_400_days_and_its_selector_is_not_given_out_again() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let password = site.app_password(&alice, Scope::All, None).await;
    let revoked = flows::revoke_app_passwords(&site.authority(), &alice, None).await.unwrap();
    assert!(matches!(revoked, flows::Revoked::Now(all) if all.len() == 1));
    let runs = site.hasher.tally();
    let outcome = site.login("imap", "alice", &password).await;
    assert_eq!(outcome.verdict, Verdict::Reject(Reason::BadCredential));
    assert_eq!(outcome.trail.detail, Some("the app password is revoked"));
    assert_eq!(site.hasher.tally(), runs, "neither the app password nor the main password is computed");
    for (days, left) in [(399, 1), (2, 0)] {
        site.clock.advance(days * 86_400);
        drop(site.app_password(&alice, Scope::All, None).await);
        let data = site.engine.directory.read(&alice).await.unwrap().unwrap().data;
        assert_eq!(data.app_passwords.iter().filter(|password| password.live().is_none()).count(), left);
    }
}

#[tokio::test]
async fn randomness_that_fails_or_repeats_makes_no_second_app_password_of_one_selector() {
    let site = Site::new();
    let alice = site.account("alice").await;
    let order = Order {
        label: Label::new("x").unwrap(),
        scope: Scope::All,
        expires: None,
        networks: Networks::default(),
    };
    let constant = |bytes: &mut [u8]| -> Result<(), RandomnessGone> {
        bytes.fill(1);
        Ok(())
    };
    let broken = |_: &mut [u8]| Err(RandomnessGone);
    let repeating = Authority { random: constant, ..site.authority() };
    assert!(flows::create_app_password(&repeating, &alice, &order).await.is_ok());
    let again = flows::create_app_password(&repeating, &alice, &order).await;
    assert_eq!(again.err(), Some(ChangeError::Contended));
    let failing = Authority { random: broken, ..site.authority() };
    let failed = flows::create_app_password(&failing, &alice, &order).await;
    assert_eq!(failed.err(), Some(ChangeError::Randomness(RandomnessGone)));
    assert_eq!(site.engine.directory.read(&alice).await.unwrap().unwrap().data.app_passwords.len(), 1);
}

struct Site {
    engine: Engine,
    store: Embedded,
    hasher: Arc<HashPool>,
    clock: Arc<TestClock>,
    ledger_is_down: Arc<AtomicBool>,
    directory_is_down: Arc<AtomicBool>,
    ledger_calls: Arc<AtomicU64>,
    _dir: TempDir,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicU64::new(1_800_000_000)));
        let budget = Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 1 };
        let hasher = Arc::new(HashPool::start(budget).unwrap());
        let store = Embedded::open(&dir.path().join("postern.db"), &hasher, clock.clone()).unwrap();
        let switches: [Arc<AtomicBool>; 2] = std::array::from_fn(|_| Arc::default());
        let [ledger_is_down, directory_is_down] = switches;
        let ledger_calls: Arc<AtomicU64> = Arc::default();
        let key = Keyring::render(&[5; KEY_BYTES], clock.now());
        let memory = Memory {
            hasher: Arc::clone(&hasher),
            verified: VerificationCache::new([6; KEY_BYTES]),
            in_flight: InFlight::new(),
            attempts: LocalAttempts::new(),
            strangers: LocalAttempts::new(),
            noted: NotedUses::new(),
        };
        let engine = Engine {
            directory: Arc::new(Failing { inner: store.clone(), is_down: Arc::clone(&directory_is_down) }),
            ledger: Arc::new(Watched {
                inner: store.ledger(dir.path()),
                is_down: Arc::clone(&ledger_is_down),
                calls: Arc::clone(&ledger_calls),
            }),
            clock: clock.clone(),
            keyring: Keyring::parse(&key).unwrap(),
            policy: Policy::default(),
            services: services(),
            userdb: Userdb::default(),
            limits: Limits::default(),
            memory: Arc::new(memory),
        };
        Self { engine, store, hasher, clock, ledger_is_down, directory_is_down, ledger_calls, _dir: dir }
    }

    fn authority(&self) -> Authority {
        Authority {
            directory: Arc::clone(&self.engine.directory),
            hasher: Arc::clone(&self.hasher),
            clock: self.clock.clone(),
            limits: Limits { app_password_cost: CHEAP, ..Limits::default() },
            random: |bytes| getrandom::fill(bytes).map_err(|_| RandomnessGone),
        }
    }

    async fn account(&self, name: &str) -> AccountId {
        let hash =
            self.hasher.hash(MAIN_PASSWORD.as_bytes(), &[1; 16], CHEAP, Purpose::MainPassword).await.unwrap();
        let attributes = Attributes::new();
        let new = NewAccount {
            name: name.to_owned(),
            password: Some(hash),
            policy: AccountPolicy::default(),
            attributes,
        };
        self.store.create_account(new).await.unwrap()
    }

    async fn set_main_password(&self, id: &AccountId, password: &str) {
        let hash =
            self.hasher.hash(password.as_bytes(), &[2; 16], CHEAP, Purpose::MainPassword).await.unwrap();
        self.store.set_main_password(id, Some(hash)).await.unwrap();
    }

    async fn app_password(&self, id: &AccountId, scope: Scope, expires: Option<Timestamp>) -> String {
        let order =
            Order { label: Label::new("test").unwrap(), scope, expires, networks: Networks::default() };
        let created = flows::create_app_password(&self.authority(), id, &order).await.unwrap();
        Generated::grouped(&created.password).to_string()
    }

    async fn login(&self, service: &str, name: &str, secret: &str) -> Outcome {
        self.login_from(service, name, secret, "192.0.2.1").await
    }

    async fn login_from(&self, service: &str, name: &str, secret: &str, from: &str) -> Outcome {
        let (name, password) = (LoginName::new(name).unwrap(), Password::new(secret.to_owned()).unwrap());
        let address = from.parse::<IpAddr>().ok();
        flows::login(&self.engine, &Login { service, name: &name, password: &password, address }).await
    }
}

fn services() -> BTreeMap<String, Service> {
    let service = |name: &str, main_password_on_mail| Service {
        name: name.to_owned(),
        scope: Some(ScopeWord::Imap),
        main_password_on_mail,
        observe: None,
    };
    let all = [service("imap", None), service("lenient", Some(MainPasswordOnMail::Always))];
    all.into_iter().map(|service| (service.name.clone(), service)).collect()
}

fn is_accept(outcome: &Outcome) -> bool {
    matches!(outcome.verdict, Verdict::Accept(_))
}

#[derive(Debug)]
struct TestClock(AtomicU64);

impl TestClock {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

#[derive(Debug)]
struct Failing {
    inner: Embedded,
    is_down: Arc<AtomicBool>,
}

impl Failing {
    fn up(&self) -> Result<&Embedded, DirectoryError> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        if is_down { Err(DirectoryError::Down("switched off".to_owned())) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl Directory for Failing {
    async fn find(&self, name: &LoginName, class: Class) -> Result<Option<Account>, DirectoryError> {
        self.up()?.find(name, class).await
    }

    async fn read(&self, id: &AccountId) -> Result<Option<Account>, DirectoryError> {
        self.up()?.read(id).await
    }

    async fn check_main_password(
        &self,
        account: Option<&Account>,
        password: &Password,
        lane: Lane,
    ) -> Result<bool, DirectoryError> {
        self.up()?.check_main_password(account, password, lane).await
    }

    async fn update(
        &self,
        id: &AccountId,
        expected: Revision,
        data: &AccountData,
    ) -> Result<Update, DirectoryError> {
        self.up()?.update(id, expected, data).await
    }

    async fn visit(&self, each: &mut Visitor<'_>) -> Result<(), DirectoryError> {
        self.up()?.visit(each).await
    }
}

#[derive(Debug)]
struct Watched {
    inner: postern_store::embedded::EmbeddedLedger,
    is_down: Arc<AtomicBool>,
    calls: Arc<AtomicU64>,
}

impl Watched {
    fn up(&self) -> Result<&postern_store::embedded::EmbeddedLedger, LedgerError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let is_down = self.is_down.load(Ordering::Relaxed);
        if is_down { Err(LedgerError::Down("switched off".to_owned())) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl Ledger for Watched {
    async fn admit(&self, attempt: &Attempt<'_>, limits: &AttemptLimits) -> Result<Admission, LedgerError> {
        self.up()?.admit(attempt, limits).await
    }

    async fn settle(&self, attempt: &Attempt<'_>, settlement: Settlement) -> Result<(), LedgerError> {
        self.up()?.settle(attempt, settlement).await
    }

    async fn history(
        &self,
        account: &AccountId,
        source: &Source,
        limits: &AttemptLimits,
        now: Timestamp,
    ) -> Result<History, LedgerError> {
        self.up()?.history(account, source, limits, now).await
    }

    async fn note_use(&self, account: &AccountId, used: &Use) -> Result<(), LedgerError> {
        self.up()?.note_use(account, used).await
    }

    async fn last_uses(&self, account: &AccountId) -> Result<Vec<Use>, LedgerError> {
        self.up()?.last_uses(account).await
    }

    async fn note_revision(
        &self,
        account: &AccountId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.up()?.note_revision(account, revision, at).await
    }

    async fn known_revision(
        &self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<Option<Revision>, LedgerError> {
        self.up()?.known_revision(account, now).await
    }

    async fn health(&self) -> Result<Health, LedgerError> {
        self.up()?.health().await
    }
}

const MAIN_PASSWORD: &str = "correct horse battery";
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };
