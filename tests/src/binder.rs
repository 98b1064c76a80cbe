//! Binds authenticator apps to accounts in this process, through core, where the CLI would take too long for hundreds.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::app_password::Label;
use postern_core::changes::{Authority, bind_factor};
use postern_core::clock::{Clock, SystemClock};
use postern_core::config::Config;
use postern_core::factor::{Algorithm as Hash, FactorId, NewTotp, Seed, TotpShape};
use postern_core::hashing::{Budget, HashPool};
use postern_core::keyring::Keyring;
use postern_core::ledger::{LedgerError, Spend, Spent, Token};
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::random::RandomnessGone;
use tokio::runtime::Runtime;

use crate::otp::Algorithm;
use crate::{Authenticator, Site, Stopwatch, host};

/// The stores of a site, open in this process.
#[derive(Debug)]
pub struct Binder<'a> {
    authority: Authority,
    keyring: Keyring,
    runtime: Runtime,
    site: &'a Site,
}

impl<'a> Binder<'a> {
    /// Of this site, whose servers have to be up. Where the site keeps a file, posternd must not run.
    #[must_use]
    pub fn of(site: &'a Site) -> Self {
        // Only its owner may open it, which for a while is this process.
        for file in files(site) {
            host::own(&file, (0.into(), 0.into()), 0o600);
        }
        let config = Config::load(&site.config()).unwrap_or_else(|problems| panic!("{problems}"));
        let keyring = config.load_keyring().unwrap_or_else(|problems| panic!("{problems}"));
        // Tasks that keep a connection alive go on between two calls.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let hasher = Arc::new(HashPool::start(Budget { memory_kib: 65_536, cores: 1 }).expect("threads"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let stores = {
            let _inside = runtime.enter();
            postern_store::open(&config, &hasher, Arc::clone(&clock)).expect("the site's stores")
        };
        let random = |buffer: &mut [u8]| getrandom::fill(buffer).map_err(|_| RandomnessGone);
        let (directory, ledger, limits) = (stores.directory, stores.ledger, config.limits);
        Self {
            authority: Authority { directory, ledger, hasher, clock, limits, random },
            keyring,
            runtime,
            site,
        }
    }

    /// Binds `app` to the account `name`. As at every enrolment a step is spent, one of long ago, so that codes are taken
    /// from now on.
    #[must_use]
    pub fn bind(&self, name: &str, app: &Authenticator) -> FactorId {
        let authority = &self.authority;
        self.runtime.block_on(async {
            let account = self.account(name).await;
            let totp = NewTotp::new(shape(app), Seed::new(app.seed()).expect("a seed"));
            let label = Label::new("App").expect("a label");
            let id = FactorId::draw(authority.random).expect("random bytes");
            let new = totp.to_factor(id, label, &self.keyring, authority.random).expect("a sealed seed");
            bind_factor(authority, &self.keyring, &account, &new, None, None).await.expect("it is bound");
            let at = authority.clock.now();
            let step = at.as_unix() / app.period - LONG_AGO.as_secs() / app.period;
            let (period, token, is_first) = (app.period, *b"a step long past", true);
            let spend = Spend {
                account: &account,
                factor: new.id,
                step,
                period,
                is_first,
                at,
                token: Token::new(token),
            };
            let start = Stopwatch::start();
            let spent = loop {
                match authority.ledger.spend(&spend).await {
                    // A machine that is short of processors answers late. With its token it is the same question.
                    Err(LedgerError::Down(_)) if !start.is_over(PATIENCE) => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    answer => break answer,
                }
            };
            assert_eq!(spent, Ok(Spent::Now));
            new.id
        })
    }

    /// Runs `change` with what an admin's program works with.
    pub fn with<T>(&self, change: impl AsyncFnOnce(&Authority, &Keyring) -> T) -> T {
        self.runtime.block_on(change(&self.authority, &self.keyring))
    }

    /// The id of the account `name`.
    #[must_use]
    pub fn id(&self, name: &str) -> AccountId {
        self.runtime.block_on(self.account(name))
    }

    async fn account(&self, name: &str) -> AccountId {
        let login = LoginName::new(name).expect("a name");
        let found = self.authority.directory.find(&login, Class::Login).await.expect("the directory");
        found.unwrap_or_else(|| panic!("no account {name}")).id
    }
}

impl Drop for Binder<'_> {
    fn drop(&mut self) {
        for file in files(self.site) {
            host::own(&file, host::ids("postern"), 0o600);
        }
    }
}

/// All that a site keeps on disk for itself.
fn files(site: &Site) -> Vec<PathBuf> {
    let folders = [site.database(), site.socket()].map(|file| file.parent().expect("a folder").to_owned());
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let paths = entries.map(|entry| entry.expect("a file").path());
    paths.filter(|path| *path != site.socket()).collect()
}

fn shape(app: &Authenticator) -> TotpShape {
    let hash = match app.algorithm {
        Algorithm::Sha1 => Hash::Sha1,
        Algorithm::Sha256 => Hash::Sha256,
        Algorithm::Sha512 => Hash::Sha512,
    };
    TotpShape::new(hash, u8::try_from(app.digits).expect("digits"), app.period).expect("a shape")
}

const PATIENCE: Duration = Duration::from_secs(10);
const LONG_AGO: Duration = Duration::from_secs(3_600);
