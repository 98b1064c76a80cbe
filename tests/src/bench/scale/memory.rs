use std::io::{Result, Write};
use std::time::Instant;

use super::thousands::{ACCOUNTS, Thousands};
use crate::bench::numbers::cpu_time;
use crate::bench::results::{Aim, Figure, Results};
use crate::flood::fire;

/// Logs many accounts of an LDAP server in, again and again, and prints posternd's memory on the way, and Redis' in the end.
pub(super) fn run(thousands: &Thousands, results: &mut Results, out: &mut dyn Write) -> Result<()> {
    let Thousands { posternd, site, .. } = thousands;
    let redis = thousands.redis_bytes();
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
    let before = cpu_time(posternd.pid());
    for time in 1..=TIMES {
        let (started, cpu) = (Instant::now(), cpu_time(posternd.pid()));
        let tally = fire(&site.socket(), thousands.everyone(), IN_FLIGHT);
        let took = started.elapsed().as_secs_f64();
        assert_eq!(tally.accepted, ACCOUNTS as usize, "{tally:?}");
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
    let cpu = cpu_time(posternd.pid()) - before;
    let status = posternd.status();
    let runs: u64 = status.argon2id_runs.values().sum();
    writeln!(out, "posternd computed argon2id {runs} times; its cache spared it {}", status.cache_hits)?;
    let ledger = (thousands.redis_bytes() - redis) / f64::from(ACCOUNTS);
    let keys: f64 = thousands.redis.cli(&["DBSIZE"]).parse().expect("a number");
    let logins = TIMES * ACCOUNTS;
    let of_all = format!("after {logins} logins of {ACCOUNTS} accounts");
    for figure in [
        Figure::once(
            format!("posternd resident {of_all}"),
            mib(posternd.resident_kib()),
            "MiB",
            Some(Aim::AtMost(AIM_MIB)),
        ),
        Figure::once(
            format!("posternd's processor {of_all}"),
            cpu.as_secs_f64() * 1e3 / f64::from(logins),
            "ms a login",
            None,
        ),
        Figure::once(format!("Redis {of_all}"), ledger, "bytes an account", None),
        Figure::once(format!("Redis {of_all}"), keys / f64::from(ACCOUNTS), "keys an account", None),
    ] {
        results.figure(out, figure)?;
    }
    Ok(())
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

const TIMES: u32 = 10;
const IN_FLIGHT: usize = 8;
const AIM_MIB: f64 = 64.0;
