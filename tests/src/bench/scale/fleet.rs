use std::io::{Result, Write};

use super::repeated::Repeated;
use crate::bench::app_passwords::plant;
use crate::bench::results::{Figure, Results, Spread};
use crate::bench::{Plan, turns};
use crate::flood::{self, Shot};
use crate::{Listen, Posternd, Redis, Site, Slapd, host};

/// Compares logins that one, two and four posternd share, with one slapd and one Redis.
pub(super) fn run(plan: &Plan, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let planted = plant(ACCOUNTS);
    let builder = Slapd::builder("bench-fleet").quiet().crowd(ACCOUNTS);
    let slapd =
        planted.iter().zip(0..).fold(builder, |builder, (one, number)| builder.crowd_with(number, &one.ldif));
    let slapd = slapd.start();
    let redis = Redis::start("bench-fleet", Listen::Tcp);
    let sites: Vec<Site> = (0..MOST).map(|number| site(number, &slapd, &redis)).collect();
    // A keyring for all: what one notes in Redis is then believed by the others.
    for other in &sites[1..] {
        std::fs::copy(sites[0].keyring(), other.keyring())?;
        host::own(&other.keyring(), (0.into(), host::ids("postern").1), 0o640);
    }
    let _fleet: Vec<Posternd> = sites.iter().map(Site::posternd).collect();
    let shots: Vec<Shot> = (0..)
        .zip(&planted)
        .map(|(number, one)| Shot::new(&slapd.nth(number).name, &one.secret, number as usize))
        .collect();
    let sockets: Vec<_> = sites.iter().map(Site::socket).collect();
    for socket in &sockets {
        drop(flood::fire(socket, shots.iter().cloned(), IN_FLIGHT));
    }
    let mut rates: [Vec<f64>; FLEETS.len()] = Default::default();
    for round in 0..plan.rounds {
        for which in turns(round, FLEETS.len()) {
            rates[which].push(Repeated::run(&shots, &sockets[..FLEETS[which]], IN_FLIGHT, plan.round).rate());
        }
    }
    writeln!(
        out,
        "{ACCOUNTS} accounts log in at one, two and four posternd, {IN_FLIGHT} in flight in all; one slapd, one Redis, the same processors"
    )?;
    for (fleet, all) in FLEETS.iter().zip(&rates) {
        let (name, value) = (format!("{fleet} posternd"), Spread::of(all.iter().copied()));
        results.figure(out, Figure { name: name.clone(), value, unit: "logins/s", aim: None })?;
        if *fleet > 1 {
            let name = format!("{name} / 1");
            results.figure(out, Figure::ratio(name, all.iter().copied(), rates[0].iter().copied(), None))?;
        }
    }
    Ok(())
}

fn site(number: usize, slapd: &Slapd, redis: &Redis) -> Site {
    let site = Site::builder(&format!("bench-fleet-{number}")).ldap(slapd).build();
    redis.join(&site);
    site
}

const FLEETS: [usize; 3] = [1, 2, 4];
const MOST: usize = 4;
const ACCOUNTS: u32 = 1_000;
const IN_FLIGHT: usize = 16;
