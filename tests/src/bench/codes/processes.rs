use std::io::{Result, Write};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::stock::{Ready, Stock};
use super::{CodesBench, OF_PAM, Plan};
use crate::bench::results::{Aim, Figure, Results, Row};
use crate::bench::turns;
use crate::{Authenticator, PamService, Ran, UnixUser, flood, guard, host, otp, pam, peers, unix_users};

/// Logins through PAM, a process each: a module that asks for nothing, Postern's, and two others.
pub(super) fn run(
    plan: &Plan,
    bench: &mut CodesBench,
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    let names: Vec<String> = bench.few.ready().into_iter().map(|one| one.name).collect();
    let nothing = Stock::of(names.into_iter().map(|name| (name, Authenticator::random())));
    let config = bench.sides[0].site.client_config();
    let postern = format!("auth required {{module}} config={} service=sshd", config.display());
    let few = std::mem::replace(&mut bench.few, Stock::of(std::iter::empty()));
    let mut contenders = [
        Contender::new(
            "pam_permit, which asks for nothing",
            nothing,
            &["auth required pam_permit.so".to_owned()],
        ),
        Contender::new("pam_postern", few, &[postern]),
        Contender::peer("pam_oath", peers::oath),
        Contender::peer("pam_google_authenticator", peers::google_authenticator),
    ];
    for round in 0..plan.rounds {
        for at in turns(round, contenders.len()) {
            contenders[at].round();
        }
    }
    let level = format!("{IN_FLIGHT} pamtesters at a time");
    let row = |(at, one): (usize, &Contender)| {
        Row::new(&level, one.name, at == OURS, one.rates.iter().copied(), one.times.iter().copied())
    };
    results.level(out, contenders.iter().enumerate().map(row).collect())?;
    let [permit, ours, oath, google] = &contenders;
    for (other, aim) in [(permit, None), (oath, Some(Aim::AtLeast(1.0))), (google, Some(Aim::AtLeast(1.0)))] {
        let (name, rates) = (format!("{} / {}", ours.name, other.name), other.rates.iter().copied());
        results.figure(out, Figure::ratio(name, ours.rates.iter().copied(), rates, aim))?;
    }
    Ok(())
}

struct Contender {
    name: &'static str,
    stock: Stock,
    /// One for all names, or one for each.
    services: Vec<PamService>,
    rates: Vec<f64>,
    /// In milliseconds.
    times: Vec<f64>,
}

impl Contender {
    fn new(name: &'static str, stock: Stock, lines: &[String]) -> Self {
        let services = lines.iter().map(|line| PamService::new("bench", &pam::auth(line))).collect();
        Self { name, stock, services, rates: Vec::new(), times: Vec::new() }
    }

    /// Each of its users in a file of their own, which is quickest.
    fn peer(name: &'static str, peer: fn(&UnixUser, &Authenticator) -> String) -> Self {
        let people = (0..OF_PAM).map(|_| (unix_users::fresh("anna"), Authenticator::random()));
        let people: Vec<(UnixUser, Authenticator)> = people.collect();
        let lines: Vec<String> = people.iter().map(|(user, app)| peer(user, app)).collect();
        Self::new(name, Stock::of(people.into_iter().map(|(user, app)| (user.name, app))), &lines)
    }

    /// One login of each name.
    fn round(&mut self) {
        let mut ready = self.stock.ready();
        while 30 - otp::now() % 30 < SECONDS || ready.len() < OF_PAM as usize {
            guard::pause(Duration::from_millis(200));
            ready = self.stock.ready();
        }
        ready.truncate(OF_PAM as usize);
        let times = Mutex::new(Vec::new());
        let started = Instant::now();
        flood::each(ready.iter(), IN_FLIGHT, |one| {
            let service = &self.services[one.app % self.services.len()];
            let took = login(service, one);
            times.lock().expect("a list").push(took.as_secs_f64() * 1e3);
        });
        self.rates.push(ready.len() as f64 / started.elapsed().as_secs_f64());
        self.times.extend(times.into_inner().expect("a list"));
        self.stock.use_up(&ready);
    }
}

fn login(service: &PamService, one: &Ready) -> Duration {
    let mut command = Command::new(host::system_program("/usr/bin/pamtester", "pamtester"));
    command.args([service.name(), &one.name, "authenticate"]).current_dir("/");
    Ran::of(&mut command, format!("{}\n", one.code).as_bytes(), LIMIT).succeeded().took.wall()
}

/// Where ours is among the contenders.
const OURS: usize = 1;
const IN_FLIGHT: usize = 4;
/// A round takes fewer.
const SECONDS: u64 = 6;
const LIMIT: Duration = Duration::from_secs(20);
