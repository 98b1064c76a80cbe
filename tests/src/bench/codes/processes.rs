use std::io::{Result, Write};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::stock::{Ready, Stock};
use super::{CodesBench, OF_PAM, Plan};
use crate::bench::numbers::{quantile, sorted};
use crate::{Authenticator, PamService, Ran, UnixUser, flood, guard, host, otp, pam, peers, unix_users};

/// Logins through PAM, a process each: a module that asks for nothing, Postern's, and two others.
pub(super) fn run(plan: &Plan, bench: &mut CodesBench, out: &mut dyn Write) -> Result<()> {
    let names: Vec<String> = bench.few.ready().into_iter().map(|one| one.name).collect();
    let nothing = Stock::of(names.into_iter().map(|name| (name, Authenticator::random())));
    let config = bench.site.client_config();
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
    for _ in 0..plan.rounds {
        contenders.iter_mut().for_each(Contender::round);
    }
    let heading = ["logins/s", "p50 ms", "p99 ms", "logins"];
    let title = format!("{IN_FLIGHT} pamtesters at a time");
    writeln!(out, "{title:<36}{}", heading.map(|word| format!("{word:>14}")).concat())?;
    for contender in &contenders {
        let times = sorted(contender.times.iter().copied());
        writeln!(
            out,
            "  {:<34}{:>14.0}{:>14.2}{:>14.2}{:>14}",
            contender.name,
            quantile(&sorted(contender.rates.iter().copied()), 0.5),
            quantile(&times, 0.5),
            quantile(&times, 0.99),
            times.len()
        )?;
    }
    let [permit, ours, oath, google] = &contenders;
    for other in [permit, oath, google] {
        let ratios = sorted(ours.rates.iter().zip(&other.rates).map(|(ours, theirs)| ours / theirs));
        let (least, most) = (quantile(&ratios, 0.0), quantile(&ratios, 1.0));
        let ratio = quantile(&ratios, 0.5);
        writeln!(out, "{} / {}: {ratio:.2}, rounds {least:.2} .. {most:.2}", ours.name, other.name)?;
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

const IN_FLIGHT: usize = 4;
/// A round takes fewer.
const SECONDS: u64 = 6;
const LIMIT: Duration = Duration::from_secs(20);
