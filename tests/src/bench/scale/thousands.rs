use super::app_passwords::{Planted, plant};
use crate::flood::Shot;
use crate::{Listen, Posternd, Redis, Site, Slapd};

/// A site with 10,000 accounts in LDAP, an app password each, and some more that have not come yet. What runs ends before what it
/// needs.
pub(super) struct Thousands {
    pub(super) posternd: Posternd,
    pub(super) site: Site,
    pub(super) redis: Redis,
    slapd: Slapd,
    planted: Vec<Planted>,
}

impl Thousands {
    pub(super) fn start() -> Self {
        let planted = plant(ACCOUNTS + NEWCOMERS);
        let builder = Slapd::builder("bench-scale").quiet().crowd(ACCOUNTS + NEWCOMERS);
        let slapd = (0..)
            .zip(&planted)
            .fold(builder, |builder, (number, one)| builder.crowd_with(number, &one.ldif))
            .start();
        let redis = Redis::start("bench-scale", Listen::Tcp);
        let site = Site::builder("bench-scale").ldap(&slapd).build();
        redis.join(&site);
        Self { posternd: site.posternd(), site, redis, slapd, planted }
    }

    /// A login of each account.
    pub(super) fn everyone(&self) -> impl Iterator<Item = Shot> + Send + '_ {
        self.shots(0, ACCOUNTS as usize)
    }

    /// A login of each of those who have not come yet.
    pub(super) fn newcomers(&self) -> impl Iterator<Item = Shot> + Send + '_ {
        self.shots(ACCOUNTS as usize, NEWCOMERS as usize)
    }

    fn shots(&self, first: usize, count: usize) -> impl Iterator<Item = Shot> + Send + '_ {
        let one = move |number: usize| {
            let person = self.slapd.nth(u32::try_from(number).expect("a number"));
            Shot::new(&person.name, &self.planted[number].secret, number)
        };
        (first..first + count).map(one)
    }

    /// What Redis uses, in bytes.
    pub(super) fn redis_bytes(&self) -> f64 {
        let info = self.redis.cli(&["INFO", "memory"]);
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
        used.expect("INFO memory")
    }
}

pub(super) const ACCOUNTS: u32 = 10_000;
const NEWCOMERS: u32 = 400;
