//! Hosts of one site, and users with apps.

use std::path::PathBuf;

use postern_tests::{
    Authenticator, Binder, Door, Listen, Posternd, Redis, Site, SiteBuilder, Slapd, SlapdBuilder, otp,
    unix_users,
};

use crate::rush::Rushed;

/// Two hosts on one slapd and one Redis.
pub(crate) struct Pair {
    pub(crate) second: Posternd,
    pub(crate) first: Posternd,
    pub(crate) people: Vec<Enrolled>,
    pub(crate) sites: [Site; 2],
    pub(crate) redis: Redis,
    pub(crate) slapd: Slapd,
}

/// One host with everything in its file.
pub(crate) struct Single {
    pub(crate) posternd: Posternd,
    pub(crate) people: Vec<Enrolled>,
    pub(crate) site: Site,
}

/// A user with an app.
#[derive(Debug)]
pub(crate) struct Enrolled {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) app: Authenticator,
    /// The first step that is not spent, as far as the test knows.
    pub(crate) next: u64,
}

impl Pair {
    /// With so many users.
    pub(crate) fn new(name: &str, people: u32, setting: impl Fn(SiteBuilder) -> SiteBuilder) -> Self {
        Self::on(Slapd::builder(name).crowd(people).quiet(), name, people, setting)
    }

    /// On this slapd; the first `people` of its users have an app.
    pub(crate) fn on(
        slapd: SlapdBuilder,
        name: &str,
        people: u32,
        setting: impl Fn(SiteBuilder) -> SiteBuilder,
    ) -> Self {
        let slapd = slapd.start();
        let redis = Redis::start(name, Listen::Tcp);
        let sites = ["1", "2"].map(|number| {
            let site = setting(Site::builder(&format!("{name}{number}")).ldap(&slapd)).build();
            redis.join(&site);
            site
        });
        sites[1].take_keyring(&sites[0]);
        let people: Vec<_> = (0..people).map(|number| slapd.nth(number)).collect();
        unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
        let binder = Binder::of(&sites[0]);
        let people = people.into_iter().map(|one| Enrolled::new(&binder, one.name, one.password)).collect();
        drop(binder);
        let [first, second] = [sites[0].posternd(), sites[1].posternd()];
        Self { second, first, people, sites, redis, slapd }
    }

    /// Both daemons' sockets.
    pub(crate) fn sockets(&self) -> [PathBuf; 2] {
        [self.sites[0].socket(), self.sites[1].socket()]
    }
}

impl Single {
    pub(crate) fn new(name: &str, people: u32, setting: impl Fn(SiteBuilder) -> SiteBuilder) -> Self {
        let site = setting(Site::builder(name)).build();
        let users: Vec<_> = (0..people).map(|_| unix_users::fresh("anna")).collect();
        let accounts: Vec<_> = users.iter().map(|user| site.account_of(user)).collect();
        let binder = Binder::of(&site);
        let people = accounts.into_iter().map(|one| Enrolled::new(&binder, one.name, one.password)).collect();
        drop(binder);
        Self { posternd: site.posternd(), people, site }
    }
}

impl Enrolled {
    fn new(binder: &Binder<'_>, name: String, password: String) -> Self {
        let app = Authenticator::random();
        let _ = binder.bind(&name, &app);
        Self { name, password, app, next: 0 }
    }

    /// At the ssh prompt.
    pub(crate) fn at_sshd(&self) -> Door<'_> {
        Door::new("sshd", &self.name, &self.password)
    }

    /// The oldest step that a code is still taken of, and was not.
    pub(crate) fn step(&self) -> Option<u64> {
        let now = now_step();
        Some(self.next.max(now - 1)).filter(|step| *step <= now + 1)
    }

    /// The code of `step` was typed. If no login was accepted, all wrong ones stay counted, and more are too many.
    pub(crate) fn has_typed(&mut self, step: u64, rushed: &Rushed) {
        self.next = if rushed.accepted.is_empty() { u64::MAX } else { step + 1 };
    }

    /// The code of a step.
    pub(crate) fn code(&self, step: u64) -> String {
        self.app.code_at(step * PERIOD)
    }
}

/// The step of now.
pub(crate) fn now_step() -> u64 {
    otp::now() / PERIOD
}

/// Of every app here.
pub(crate) const PERIOD: u64 = 30;
