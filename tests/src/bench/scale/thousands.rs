use std::path::Path;

use postern_ipc::Verdict;

use crate::bench::app_passwords::{Planted, plant};
use crate::bench::codes::{Ready, Stock, at_prompt};
use crate::flood::Shot;
use crate::{Binder, Listen, Posternd, Redis, Site, Slapd, unix_users};

/// A site with 10,000 accounts in LDAP, an app password each, and some more that have not come yet. What runs ends before what it
/// needs.
pub(super) struct Thousands {
    pub(super) posternd: Posternd,
    pub(super) site: Site,
    pub(super) redis: Redis,
    slapd: Slapd,
    planted: Vec<Planted>,
    /// Apps of those who come with a code.
    codes: Stock,
}

/// A login of one who has not come yet.
pub(super) enum Newcomer {
    AppPassword(Shot),
    Code(Ready),
}

impl Thousands {
    /// With newcomers for so many rounds.
    pub(super) fn start(rounds: usize) -> Self {
        let [with_app_password, with_code] = [BY_APP_PASSWORD, BY_CODE].map(|a_round| a_round * rounds);
        let planted = plant(ACCOUNTS + number(with_app_password));
        let builder = Slapd::builder("bench-scale").quiet().crowd(number(planted.len() + with_code));
        let slapd = (0..)
            .zip(&planted)
            .fold(builder, |builder, (number, one)| builder.crowd_with(number, &one.ldif))
            .start();
        let redis = Redis::start("bench-scale", Listen::Tcp);
        let site = Site::builder("bench-scale")
            .ldap(&slapd)
            .setting("[services.sshd]", "first = \"stack\"\ntrust_device = \"0s\"")
            .build();
        redis.join(&site);
        let people = (planted.len()..planted.len() + with_code).map(|place| slapd.nth(number(place)));
        let people: Vec<_> = people.collect();
        unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
        let names: Vec<String> = people.into_iter().map(|person| person.name).collect();
        let codes = Stock::bind(&Binder::of(&site), &names, 1);
        Self { posternd: site.posternd(), site, redis, slapd, planted, codes }
    }

    /// A login of each account.
    pub(super) fn everyone(&self) -> impl Iterator<Item = Shot> + Send + '_ {
        (0..ACCOUNTS as usize).map(|place| self.shot(place))
    }

    /// Those of a round, the first of which is 0, one with a code after some with app passwords. The code is one of the moment.
    pub(super) fn newcomers(&self, round: usize) -> impl Iterator<Item = Newcomer> + Send + '_ {
        let (first, some) = (ACCOUNTS as usize, BY_APP_PASSWORD / BY_CODE);
        (round * BY_CODE..(round + 1) * BY_CODE).flat_map(move |app| {
            let places = first + app * some..first + (app + 1) * some;
            let shots = places.map(|place| Newcomer::AppPassword(self.shot(place)));
            shots.chain(std::iter::once_with(move || Newcomer::Code(self.code(app))))
        })
    }

    fn code(&self, app: usize) -> Ready {
        // Older ones come first.
        let ready = self.codes.ready().into_iter().rev().find(|ready| ready.app == app);
        ready.expect("a code that is not used")
    }

    fn shot(&self, place: usize) -> Shot {
        Shot::new(&self.slapd.nth(number(place)).name, &self.planted[place].secret, place)
    }

    /// What Redis uses, in bytes.
    pub(super) fn redis_bytes(&self) -> f64 {
        let info = self.redis.cli(&["INFO", "memory"]);
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
        used.expect("INFO memory")
    }
}

impl Newcomer {
    /// Logs in, and has to be let in.
    pub(super) fn log_in(&self, socket: &Path) {
        match self {
            Self::AppPassword(shot) => {
                let ended = shot.fire(socket);
                assert!(matches!(ended, Ok(Verdict::Accept(_))), "{}: {ended:?}", shot.user);
            }
            Self::Code(ready) => at_prompt(socket, ready),
        }
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).expect("a number")
}

pub(super) const ACCOUNTS: u32 = 10_000;
/// Newcomers of a round. Names are in /etc/passwd if they come with a code, and that is read to its end for each login: they are few.
const BY_APP_PASSWORD: usize = 400;
const BY_CODE: usize = 80;
