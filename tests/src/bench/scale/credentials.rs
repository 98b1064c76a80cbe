use std::io::{Result, Write};
use std::time::{Duration, Instant};

use super::repeated::Repeated;
use crate::bench::app_passwords::plant_many;
use crate::bench::codes::{Ready, Stock, at_prompt};
use crate::bench::results::{Figure, Results, Spread};
use crate::bench::{Plan, turns};
use crate::flood::{self, Shot};
use crate::{Binder, Listen, Posternd, Redis, Site, Slapd, guard, otp, unix_users};

/// Compares logins of accounts that have one credential with those of accounts that have as many as they may.
pub(super) fn run(plan: &Plan, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let mut bench = Credentials::start();
    writeln!(out, "logins at the socket, {IN_FLIGHT} in flight, {} rounds of each in turn", plan.rounds)?;
    let mut apps: [Vec<f64>; 2] = Default::default();
    for shots in &bench.shots {
        drop(flood::fire(&bench.site.socket(), shots.iter().cloned(), IN_FLIGHT));
    }
    for round in 0..plan.rounds {
        for which in turns(round, 2) {
            apps[which].push(bench.app_passwords(which, plan.round));
        }
    }
    compare(results, out, "app passwords", APP_PASSWORDS, &apps)?;
    let mut codes: [Vec<f64>; 2] = Default::default();
    for round in 0..plan.rounds.div_ceil(6) {
        for which in turns(round, 2) {
            codes[which].push(bench.codes(which));
        }
    }
    compare(results, out, "factors", FACTORS.map(|count| count as u32), &codes)
}

/// A site whose accounts have few and many of both. What runs ends before what it needs.
struct Credentials {
    /// Of accounts with few and with many app passwords.
    shots: [Vec<Shot>; 2],
    /// Of accounts with few and with many factors.
    stocks: [Stock; 2],
    _posternd: Posternd,
    site: Site,
    _redis: Redis,
    _slapd: Slapd,
}

impl Credentials {
    fn start() -> Self {
        let planted = APP_PASSWORDS.map(|count| (0..OWNERS).map(|_| plant_many(count)).collect::<Vec<_>>());
        let people = CODES / FACTORS.map(|count| count as u32).iter().min().expect("a number");
        let builder = Slapd::builder("bench-credentials").quiet().crowd(2 * OWNERS + 2 * people);
        let all = planted.iter().flatten().zip(0..);
        let slapd = all.fold(builder, |builder, (one, number)| builder.crowd_with(number, &one.ldif)).start();
        let redis = Redis::start("bench-credentials", Listen::Tcp);
        let site = Site::builder("bench-credentials")
            .ldap(&slapd)
            .setting("[services.sshd]", "first = \"stack\"\ntrust_device = \"0s\"")
            .build();
        redis.join(&site);
        let shot = |number: u32, secret: &str| Shot::new(&slapd.nth(number).name, secret, number as usize);
        let mut number = 0..;
        let shots = planted.each_ref().map(|group| {
            group.iter().map(|one| shot(number.next().expect("a number"), &one.secret)).collect()
        });
        let binder = Binder::of(&site);
        let mut next = 2 * OWNERS;
        let stocks = FACTORS.map(|count| {
            let people = CODES / count as u32;
            let people: Vec<_> = (next..next + people).map(|number| slapd.nth(number)).collect();
            next += people.len() as u32;
            unix_users::add_names(people.iter().map(|person| (&*person.name, person.uid)));
            let names: Vec<String> = people.into_iter().map(|person| person.name).collect();
            Stock::bind(&binder, &names, count)
        });
        drop(binder);
        Self { shots, stocks, _posternd: site.posternd(), site, _redis: redis, _slapd: slapd }
    }

    /// The milliseconds that a login by an app password takes.
    fn app_passwords(&self, which: usize, time: Duration) -> f64 {
        Repeated::run(&self.shots[which], &[self.site.socket()], IN_FLIGHT, time).ms()
    }

    /// The milliseconds that a login by a code takes: one of each app.
    fn codes(&mut self, which: usize) -> f64 {
        let stock = &mut self.stocks[which];
        let mut ready = stock.ready();
        while 30 - otp::now() % 30 < 8 || ready.len() < CODES as usize {
            guard::pause(Duration::from_millis(200));
            ready = stock.ready();
        }
        ready.truncate(CODES as usize);
        // Neighbours are of different people: posternd counts a code before it looks at it, and takes five at once of an account.
        let factors = FACTORS[which];
        ready.sort_by_key(|one| (one.app % factors, one.app / factors));
        let socket = self.site.socket();
        let started = Instant::now();
        flood::each(ready.iter(), IN_FLIGHT, |one: &Ready| at_prompt(&socket, one));
        let took = started.elapsed().as_secs_f64() * 1e3 / ready.len() as f64;
        stock.use_up(&ready);
        took
    }
}

fn compare(
    results: &mut Results,
    out: &mut dyn Write,
    what: &str,
    counts: [u32; 2],
    times: &[Vec<f64>; 2],
) -> Result<()> {
    for (count, times) in counts.iter().zip(times) {
        let (name, value) =
            (format!("a login of an account with {count} {what}"), Spread::of(times.iter().copied()));
        results.figure(out, Figure { name, value, unit: "ms", aim: None })?;
    }
    let name = format!("{} {what} / {}", counts[1], counts[0]);
    let [few, many] = times.each_ref().map(|times| times.iter().copied());
    results.figure(out, Figure::ratio(name, many, few, None))
}

/// As many as an account may have, by default.
const APP_PASSWORDS: [u32; 2] = [1, 25];
const FACTORS: [usize; 2] = [1, 10];
const OWNERS: u32 = 200;
/// Codes of a round: apps that are bound for each side.
const CODES: u32 = 200;
const IN_FLIGHT: usize = 8;
