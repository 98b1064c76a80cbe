use std::io::{Result, Write};
use std::time::Duration;

use super::repeated::Repeated;
use crate::bench::app_passwords::{Planted, plant};
use crate::bench::numbers::{cpu_time, quantile, sorted};
use crate::bench::results::{Aim, Figure, Results};
use crate::bench::{Plan, turns};
use crate::flood::{self, Shot};
use crate::{Listen, Posternd, Redis, Site, Slapd};

/// Compares the same logins with few and with many entries in LDAP.
pub(super) fn run(plan: &Plan, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let planted = plant(ACCOUNTS);
    let mut sides = ENTRIES.map(|entries| Side::start(entries, &planted));
    writeln!(
        out,
        "{ACCOUNTS} accounts log in with {} and with {} entries in slapd, {} rounds of {} s each in turn",
        ENTRIES[0],
        ENTRIES[1],
        plan.rounds,
        plan.round.as_secs_f64()
    )?;
    for side in &sides {
        drop(flood::fire(&side.site.socket(), side.shots.iter().cloned(), 8));
    }
    for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        for round in 0..plan.rounds {
            for at in turns(round, sides.len()) {
                let side = &mut sides[at];
                let cost = side.round(in_flight, plan.round);
                side.costs[level].push(cost);
            }
        }
        report(results, out, in_flight, [&sides[0].costs[level], &sides[1].costs[level]])?;
    }
    Ok(())
}

/// What a login took in a round, in milliseconds.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

/// A directory of a size, and what asks it. What runs ends before what it needs.
struct Side {
    costs: [Vec<Cost>; 2],
    shots: Vec<Shot>,
    posternd: Posternd,
    site: Site,
    _redis: Redis,
    slapd: Slapd,
}

impl Side {
    fn start(entries: u32, planted: &[Planted]) -> Self {
        let name = format!("bench-scale-{entries}");
        // Spread over all of the tree.
        let places = || (0..entries).step_by((entries / ACCOUNTS) as usize).zip(planted);
        let builder = Slapd::builder(&name).quiet().crowd(entries);
        let slapd =
            places().fold(builder, |builder, (place, one)| builder.crowd_with(place, &one.ldif)).start();
        let redis = Redis::start(&name, Listen::Tcp);
        let site = Site::builder(&name).ldap(&slapd).build();
        redis.join(&site);
        let shots = places().map(|(place, one)| Shot::new(&slapd.nth(place).name, &one.secret, 0)).collect();
        Self { costs: [Vec::new(), Vec::new()], shots, posternd: site.posternd(), site, _redis: redis, slapd }
    }

    fn round(&self, in_flight: usize, time: Duration) -> Cost {
        let before = self.cpu_time();
        let logins = Repeated::run(&self.shots, &[self.site.socket()], in_flight, time);
        Cost { wall: logins.ms(), cpu: logins.ms_of(self.cpu_time() - before) }
    }

    /// Of posternd and slapd together.
    fn cpu_time(&self) -> Duration {
        cpu_time(self.posternd.pid()) + cpu_time(self.slapd.pid())
    }
}

fn report(
    results: &mut Results,
    out: &mut dyn Write,
    in_flight: usize,
    [few, many]: [&Vec<Cost>; 2],
) -> Result<()> {
    writeln!(
        out,
        "{:<34}{:>12}{:>12}{:>24}",
        format!("{in_flight} in flight"),
        "ms a login",
        "CPU ms",
        "rounds from .. to"
    )?;
    for (entries, costs) in ENTRIES.iter().zip([few, many]) {
        let wall = sorted(costs.iter().map(|cost| cost.wall));
        writeln!(
            out,
            "  {:<32}{:>12.3}{:>12.3}{:>24}",
            format!("{entries} entries"),
            quantile(&wall, 0.5),
            mean(costs.iter().map(|cost| cost.cpu)),
            format!("{:.3} .. {:.3}", quantile(&wall, 0.0), quantile(&wall, 1.0))
        )?;
    }
    let name = |what| format!("{} / {} entries, {in_flight} in flight: {what}", ENTRIES[1], ENTRIES[0]);
    let wall = |costs: &[Cost]| costs.iter().map(|cost| cost.wall).collect::<Vec<_>>().into_iter();
    results.figure(out, Figure::ratio(name("a login"), wall(many), wall(few), Some(Aim::AtMost(AIM))))?;
    let cpu = mean(many.iter().map(|cost| cost.cpu)) / mean(few.iter().map(|cost| cost.cpu));
    results.figure(out, Figure::once(name("processor of posternd and slapd"), cpu, "", None))?;
    let noise = sorted(few.windows(2).map(|pair| pair[1].wall / pair[0].wall));
    let middle = |sorted: &[f64]| format!("{:.2} .. {:.2}", quantile(sorted, 0.25), quantile(sorted, 0.75));
    writeln!(
        out,
        "  noise: {} entries against themselves a round later: half of them {}",
        ENTRIES[0],
        middle(&noise)
    )
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len() as f64;
    numbers.sum::<f64>() / count
}

const ENTRIES: [u32; 2] = [1_000, 1_000_000];
const ACCOUNTS: u32 = 1_000;
const IN_FLIGHT: [usize; 2] = [1, 8];
const AIM: f64 = 1.1;
