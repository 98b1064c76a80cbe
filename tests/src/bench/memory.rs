use std::io::{Result, Write};
use std::time::Instant;

use super::crowd::plant;
use super::numbers::cpu_time;
use crate::flood::{Shot, fire};
use crate::{Listen, Redis, Site, Slapd};

/// Logs many accounts of an LDAP server in, again and again, and prints posternd's memory on the way.
pub(super) fn run(out: &mut dyn Write) -> Result<()> {
    let planted = plant(ACCOUNTS);
    let builder = Slapd::builder("bench-scale").quiet().crowd(ACCOUNTS);
    let slapd = (0..)
        .zip(&planted)
        .fold(builder, |builder, (number, one)| builder.crowd_with(number, &one.ldif))
        .start();
    let redis = Redis::start("bench-scale", Listen::Tcp);
    let site = Site::builder("bench-scale").ldap(&slapd).build();
    redis.join(&site);
    let posternd = site.posternd();
    let shots = || {
        let everyone = (0..).zip(&planted);
        everyone.map(|(number, one)| Shot::new(&slapd.nth(number).name, &one.secret, number as usize))
    };
    writeln!(
        out,
        "{ACCOUNTS} accounts in LDAP log in with their app passwords, {TIMES} times each, {IN_FLIGHT} in flight; \
         ledger in Redis"
    )?;
    writeln!(
        out,
        "{:>10}{:>12}{:>16}{:>16}{:>20}",
        "logins", "logins/s", "resident MiB", "at most MiB", "posternd's CPU ms"
    )?;
    writeln!(out, "{:>10}{:>12}{:>16.1}", 0, "", mib(posternd.resident_kib()))?;
    for time in 1..=TIMES {
        let (started, cpu) = (Instant::now(), cpu_time(posternd.pid()));
        let tally = fire(&site.socket(), shots(), IN_FLIGHT);
        let took = started.elapsed().as_secs_f64();
        assert_eq!(tally.accepted, planted.len(), "{tally:?}");
        writeln!(
            out,
            "{:>10}{:>12.0}{:>16.1}{:>16.1}{:>20.2}",
            time * ACCOUNTS,
            tally.accepted as f64 / took,
            mib(posternd.resident_kib()),
            mib(posternd.peak_resident_kib()),
            (cpu_time(posternd.pid()) - cpu).as_secs_f64() * 1e3 / tally.accepted as f64
        )?;
    }
    let status = posternd.status();
    let runs: u64 = status.argon2id_runs.values().sum();
    writeln!(out, "posternd computed argon2id {runs} times; its cache spared it {}", status.cache_hits)?;
    let resident = mib(posternd.resident_kib());
    let verdict = if resident <= AIM_MIB { "met" } else { "missed" };
    writeln!(
        out,
        "resident after {} logins of {ACCOUNTS} accounts: {resident:.1} MiB; aim {AIM_MIB:.0}: {verdict}",
        TIMES * ACCOUNTS
    )
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

const ACCOUNTS: u32 = 10_000;
const TIMES: u32 = 10;
const IN_FLIGHT: usize = 8;
const AIM_MIB: f64 = 64.0;
