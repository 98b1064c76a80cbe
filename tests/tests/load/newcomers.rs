//! People who log in with main password and code from where they never were, beside a flood of wrong main passwords from many
//! sources at a given rate, against names that exist, names that do not, and both.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use postern_ipc::Verdict;
use postern_tests::bench::cpu_time;
use postern_tests::flood::{Rate, Shot, Tally, Times, fire_at, meanwhile, meanwhile_each};
use postern_tests::planted::execute;
use postern_tests::{Authenticator, Binder, Site, Stopwatch, guard, otp};
use serde_json::json;

use crate::flood::{EVERY, limit};
use crate::stock::{Stocked, accounts};
use crate::{Alone, say};

/// Whose main password is guessed: of this many accounts, of names without an account, or of both in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Unknown,
    Known(usize),
    Both(usize),
}

impl Names {
    /// The flood number `flood`. Each guess comes from another source than those before it; a name without an account is tried once.
    fn guesses(self, flood: usize) -> impl Iterator<Item = Shot> + Send {
        (0..).map(move |number: usize| {
            let name = match self {
                Self::Known(victims) => victim(flood, number % victims),
                Self::Both(victims) if number.is_multiple_of(2) => victim(flood, number / 2 % victims),
                Self::Unknown | Self::Both(_) => format!("nobody-{flood}-{number}"),
            };
            Shot::new(&name, &format!("wrong password {number}"), number)
        })
    }
}

/// One of the accounts that a flood tries.
fn victim(flood: usize, number: usize) -> String {
    format!("victim-{flood}-{number}")
}

/// People who were never seen where they are, each with an app.
struct Newcomers {
    people: Vec<Newcomer>,
    main: String,
    first_step: u64,
    turn: usize,
}

struct Newcomer {
    name: String,
    codes: Vec<String>,
    /// The first step that is not used.
    next: u64,
}

impl Newcomers {
    /// As many accounts, with the main password of `like`.
    fn plant(site: &Site, like: &Stocked, count: usize) -> Self {
        let names: Vec<String> = (0..count).map(|number| format!("newcomer-{number}")).collect();
        plant(site, like, &names);
        let first_step = otp::now() / PERIOD;
        let binder = Binder::of(site);
        let people = names.into_iter().map(|name| {
            let app = Authenticator::random();
            let _ = binder.bind(&name, &app);
            let codes = app.codes(first_step * PERIOD, STEPS);
            Newcomer { name, codes, next: first_step }
        });
        Self { people: people.collect(), main: like.main.clone(), first_step, turn: 0 }
    }

    /// The next login, from a source of its own; `None` until there are new codes.
    fn login(&mut self) -> Option<Shot> {
        let now = otp::now() / PERIOD;
        for _ in 0..self.people.len() {
            self.turn += 1;
            let at = self.turn % self.people.len();
            let person = &mut self.people[at];
            // The next one is good already, and one that was good before may not be any more when its turn comes.
            let step = person.next.max(now);
            if step > now + 1 {
                continue;
            }
            person.next = step + 1;
            let code = &person.codes[usize::try_from(step - self.first_step).unwrap()];
            let secret = format!("{}{code}", self.main);
            let rhost = format!("10.{}.{}.{}", self.turn >> 16 & 255, self.turn >> 8 & 255, self.turn & 255);
            return Some(Shot { service: "webmail", user: person.name.clone(), secret, rhost });
        }
        None
    }
}

/// Makes accounts with the main password of `like`, by SQL: the CLI would take minutes for thousands.
fn plant(site: &Site, like: &Stocked, names: &[String]) {
    let sql = "INSERT INTO account (id, name, password, password_changed)
        SELECT ?, ?, password, password_changed FROM account WHERE name = ?";
    let rows: Vec<_> = names.iter().map(|name| json!([format!("id-{name}"), name, like.name])).collect();
    execute(site, sql, &rows);
}

/// How a flood went, and how those fared who came meanwhile.
struct Seen {
    newcomers: Tally,
    waits: Times,
    limit: Duration,
}

/// A host with an embedded directory, with newcomers and with accounts to guess at.
struct Target {
    alone: Alone,
    newcomers: Mutex<Newcomers>,
    regulars: [(&'static str, Vec<Shot>); 2],
}

impl Target {
    /// With as many accounts to guess at for each flood.
    fn new(name: &str, newcomers: usize, victims: &[usize]) -> Self {
        let site =
            || Site::builder(name).setting("[services.webmail]", "class = \"mail\"\ncombined = true").build();
        let (alone, (newcomers, warm, main)) = Alone::new(site, |site| {
            let mut stock = accounts(site, &["like", "warm", "main"], 5);
            let like = stock.remove("like").unwrap();
            for (flood, count) in victims.iter().enumerate() {
                let victims: Vec<String> = (0..*count).map(|number| victim(flood, number)).collect();
                plant(site, &like, &victims);
            }
            let newcomers = Newcomers::plant(site, &like, newcomers);
            (newcomers, stock["warm"].logins(HERE), vec![stock["main"].main_login(HERE)])
        });
        for login in warm.iter().chain(&main) {
            let ended = login.fire(&alone.site.socket());
            assert!(matches!(ended, Ok(Verdict::Accept(_))), "{login:?}: {ended:?}");
        }
        let regulars = [("app passwords that return", warm), ("a main password from a known source", main)];
        Self { alone, newcomers: Mutex::new(newcomers), regulars }
    }

    /// Lets newcomers in, one every so long, while a flood goes on, and says how long each took.
    fn flood(&self, names: Names, flood: usize, rate: Rate, newcomer_every: Duration) -> Seen {
        let socket = self.alone.site.socket();
        let tally = Mutex::new(Tally::default());
        // A second one sets out although the first one waits.
        let next = AtomicUsize::new(0);
        let started = Stopwatch::start();
        let visit = || {
            let number = u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            // The first guesses at each account are like newcomers themselves.
            let due = FIRST_GUESSES + newcomer_every * number;
            guard::pause(due.saturating_sub(started.elapsed().wall()));
            let login = || self.newcomers.lock().unwrap().login();
            let login = guard::wait_for("new codes", Duration::from_secs(2 * PERIOD), login);
            let began = Stopwatch::start();
            let ended = login.fire(&socket);
            let took = began.elapsed().wall();
            tally.lock().unwrap().count(ended);
            took
        };
        let groups = self.regulars.clone().map(|(_, logins)| logins);
        let runs = self.alone.runs().main_password;
        let cpu = || cpu_time(std::process::id()) + cpu_time(self.alone.posternd.pid());
        let before = cpu();
        let (((thrown, per_second), waits), regulars) = meanwhile(&socket, &groups, EVERY * 5, || {
            meanwhile_each((0..8).map(|_| visit).collect(), Duration::ZERO, || {
                fire_at(&socket, names.guesses(flood), rate)
            })
        });
        let (wall, used) = (started.elapsed().wall(), cpu() - before);
        let waits: Times = waits.iter().flat_map(Times::iter).collect();
        let newcomers = tally.into_inner().unwrap();
        let runs = self.alone.runs().main_password - runs;
        say(&format!(
            "{names:?} names, {} a second wanted, {per_second:.0} sent: refused {:?}, deferred {:?}, failed {:?}; {runs} hashes; \
             {used:.1?} of processor time in {wall:.1?}",
            rate.per_second, thrown.rejected, thrown.deferred, thrown.failed
        ));
        say(&format!("  newcomers: {}; deferred {:?}", waits.summary(), newcomers.deferred));
        for ((name, _), times) in self.regulars.iter().zip(&regulars) {
            say(&format!("  {name}: {}", times.summary()));
        }
        Seen { newcomers, waits, limit: limit(wall, used) }
    }
}

impl Seen {
    /// All got in, within half a second on a machine that does nothing else.
    fn holds(&self) -> bool {
        self.newcomers.len() == self.newcomers.accepted && self.waits.quantile(0.99) < self.limit / 2
    }
}

#[test]
fn newcomers_get_in_beside_wrong_main_passwords_from_everywhere() {
    let target = Target::new("newcomers", 60, &[5]);
    let rate = Rate { per_second: 300, in_flight: 400, lasts: Duration::from_secs(4) };
    let seen = target.flood(Names::Both(5), 0, rate, Duration::from_millis(100));
    // Where other programs have the processors and the disk, the slowest of so few say little.
    let is_turned_away = seen.newcomers.deferred.keys().any(|reason| reason.contains("too many logins wait"));
    assert!(!is_turned_away && seen.waits.quantile(0.5) < seen.limit / 2, "{:?}", seen.newcomers);
    target.alone.assert_within_means();
}

#[test]
#[ignore = "takes minutes"]
fn newcomers_get_in_beside_any_flood_of_wrong_main_passwords() {
    let kinds = [Names::Unknown, Names::Known(FEW), Names::Both(FEW), Names::Known(MANY)];
    let floods: Vec<(Names, u32)> = kinds.iter().flat_map(|names| RATES.map(|rate| (*names, rate))).collect();
    let victims = floods.iter().map(|(names, _)| match names {
        Names::Unknown => 0,
        Names::Known(victims) | Names::Both(victims) => *victims,
    });
    let target = Target::new("newcomers_long", 150, &victims.collect::<Vec<_>>());
    let mut failures = Vec::new();
    for (flood, (names, per_second)) in floods.into_iter().enumerate() {
        let rate = Rate { per_second, in_flight: 400, lasts: Duration::from_secs(20) };
        let seen = target.flood(names, flood, rate, Duration::from_millis(200));
        // The first guess at each account is like a newcomer's: so many of them take longer than half a second.
        if names != Names::Known(MANY) && !seen.holds() {
            failures.push(format!(
                "{names:?} at {per_second}: {}, {:?}",
                seen.waits.summary(),
                seen.newcomers
            ));
        }
        guard::pause(Duration::from_secs(3));
    }
    target.alone.assert_within_means();
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Accounts of a small host, all of which a flood tries.
const FEW: usize = 50;
const MANY: usize = 1_000;
/// Guesses a second.
const RATES: [u32; 3] = [170, 1_000, 5_000];
const FIRST_GUESSES: Duration = Duration::from_secs(1);
const HERE: usize = 60_000;
const PERIOD: u64 = 30;
const STEPS: u64 = 120;
