//! The settings of a site, and its engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use postern_core::app_password::ScopeWord;
use postern_core::checks::{InFlight, MailGate};
use postern_core::clock::Timestamp;
use postern_core::config::{MailServer, MailSettings, Tls};
use postern_core::directory::Directory;
use postern_core::engine::{Engine, NotedUses, ProcessCaches};
use postern_core::factor::RelyingParty;
use postern_core::hashing::{Budget, HashPool, VerificationCache};
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::ledger::Ledger;
use postern_core::limits::{Limits, LocalAttempts, UnprovedCalls, WrongUnderLock};
use postern_core::login_event::RecentLogins;
use postern_core::policy::{
    First, LoginService, MailService, MainPasswordOnMail, Policy, Service, ServiceKind, Title,
};
use postern_core::random::RandomnessGone;
use postern_core::session::Application;
use postern_core::userdb::Userdb;
use postern_core::words::Language;

use super::site::CHEAP;
use super::stores::FaultInjector;
use super::{Post, START, TestClock};

/// The settings of a site.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) policy: Policy,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) limits: Limits,
    pub(crate) language: Language,
    pub(crate) keyring: String,
    pub(crate) applications: BTreeMap<String, Application>,
}

impl Setup {
    pub(super) fn new() -> Self {
        let limits = Limits {
            app_password_cost: CHEAP,
            main_password_cost: CHEAP,
            recovery_codes: 2,
            ..Limits::default()
        };
        Self {
            policy: Policy::default(),
            services: services(),
            limits,
            language: Language::English,
            applications: BTreeMap::new(),
            keyring: Keyring::render(&[5; KEY_BYTES], Timestamp::from_unix(START)).to_string(),
        }
    }

    /// Changes a login service.
    pub(crate) fn login_service(&mut self, name: &str, change: impl FnOnce(&mut LoginService)) {
        match &mut self.services.get_mut(name).unwrap().kind {
            ServiceKind::Login(login) => change(login),
            ServiceKind::Mail(_) => panic!("{name} is a mail service"),
        }
    }
}

fn services() -> BTreeMap<String, Service> {
    let login = |first, enforces_account, ignores_strangers| {
        ServiceKind::Login(LoginService {
            first,
            enforces_account,
            ignores_strangers,
            ..LoginService::default()
        })
    };
    let mail = |main_password_on_mail, combined| {
        ServiceKind::Mail(MailService { scope: Some(ScopeWord::Imap), main_password_on_mail, combined })
    };
    [
        ("sshd", login(First::Directory, true, false)),
        ("sshkey", login(First::Stack, true, false)),
        ("sudo", login(First::Directory, false, true)),
        ("imap", mail(None, false)),
        ("lenient", mail(Some(MainPasswordOnMail::Always), false)),
        ("webmail", mail(None, true)),
        ("web", ServiceKind::Login(LoginService { is_browser: true, ..LoginService::default() })),
    ]
    .into_iter()
    .map(|(name, kind)| {
        (name.to_owned(), Service { name: name.to_owned(), kind, observe: None, title: Title::default() })
    })
    .collect()
}

pub(super) fn engine(
    setup: &Setup,
    (directory, ledger, users): (Arc<dyn Directory>, Arc<dyn Ledger>, Arc<FaultInjector>),
    post: &Arc<Post>,
    clock: &Arc<TestClock>,
    caches: Arc<ProcessCaches>,
) -> Arc<Engine> {
    let imap = MailServer { host: "imap.example.org".to_owned(), port: 993, tls: Tls::Implicit };
    Arc::new(Engine {
        directory,
        ledger,
        courier: Arc::<Post>::clone(post),
        clock: Arc::<TestClock>::clone(clock),
        keyring: Keyring::parse(&setup.keyring).unwrap(),
        policy: setup.policy,
        services: setup.services.clone(),
        userdb: Userdb::default(),
        limits: setup.limits.clone(),
        users,
        language: setup.language,
        issuer: "Example Mail".to_owned(),
        host_title: "mail1.example.org".to_owned(),
        mail_settings: MailSettings {
            imap: Some(imap),
            domains: vec!["example.org".to_owned()],
            ..MailSettings::default()
        },
        relying_party: RelyingParty::of(&"https://account.example.org/".parse().unwrap()),
        applications: Some(setup.applications.clone()),
        random: |bytes| getrandom::fill(bytes).map_err(|_| RandomnessGone),
        caches,
    })
}

pub(super) fn caches(hasher: &Arc<HashPool>) -> Arc<ProcessCaches> {
    Arc::new(ProcessCaches {
        hasher: Arc::clone(hasher),
        verified: VerificationCache::new([6; KEY_BYTES]),
        in_flight: InFlight::new(),
        attempts: LocalAttempts::new(),
        strangers: LocalAttempts::new(),
        wrong_under_lock: WrongUnderLock::new(),
        unproved_calls: UnprovedCalls::new(),
        mail_gate: MailGate::new(),
        noted: NotedUses::new(),
        recent_logins: RecentLogins::new(),
    })
}

pub(super) fn hasher() -> Arc<HashPool> {
    Arc::new(HashPool::start(Budget { memory_kib: Budget::MIN_MEMORY_KIB, cores: 1 }).unwrap())
}
