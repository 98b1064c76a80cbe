use std::io::{Result, Write};
use std::process::Command;

use postern_ipc::Status;

use super::contender::{ACCOUNTS, Contest};
use super::numbers::{machine, quantile, sorted};
use super::{Contender, IN_FLIGHT, Plan, Round};
use crate::{Checkpassword, host};

/// Says what is measured, on what.
pub(super) fn heading(out: &mut dyn Write, plan: &Plan) -> Result<()> {
    let version = Command::new("/usr/sbin/dovecot").arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&version);
    let (rounds, seconds) = (plan.rounds, plan.round.as_secs_f64());
    writeln!(out, "Dovecot {}, {}; AUTH PLAIN, {ACCOUNTS} accounts in turn", version.trim(), machine())?;
    writeln!(out, "{rounds} rounds of {seconds} s for each at each number in flight, in turn; medians\n")
}

/// Rates, latencies, noise.
pub(super) fn table(out: &mut dyn Write, contenders: &[Contender]) -> Result<()> {
    for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        writeln!(
            out,
            "{:<38}{:>10}{:>10}{:>10}{:>22}",
            format!("{in_flight} in flight"),
            "logins/s",
            "p50 ms",
            "p99 ms",
            "rounds from .. to"
        )?;
        for contender in contenders {
            let rounds = &contender.rounds[level];
            let rates = sorted(rounds.iter().map(|round| round.rate));
            let times = sorted(rounds.iter().flat_map(|round| round.latencies.iter().copied()));
            writeln!(
                out,
                "  {:<36}{:>10.0}{:>10.2}{:>10.2}{:>22}",
                contender.name,
                quantile(&rates, 0.5),
                quantile(&times, 0.5),
                quantile(&times, 0.99),
                format!("{:.0} .. {:.0}", quantile(&rates, 0.0), quantile(&rates, 1.0)),
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Postern against the others, with what we aim at.
pub(super) fn ratios(out: &mut dyn Write, contenders: &[Contender]) -> Result<()> {
    for (ours, other, aims) in RATIOS {
        let (ours, other) = (&contenders[ours], &contenders[other]);
        writeln!(out, "{} / {}", ours.name, other.name)?;
        for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            let pairs = ours.rounds[level].iter().zip(&other.rounds[level]);
            let ratios = sorted(pairs.map(|(ours, theirs): (&Round, &Round)| ours.rate / theirs.rate));
            let ratio = quantile(&ratios, 0.5);
            let (least, most) = (quantile(&ratios, 0.0), quantile(&ratios, 1.0));
            let verdict = match aims[level] {
                Some(aim) if ratio >= aim => format!("; aim {aim:.1}: met"),
                Some(aim) => format!("; aim {aim:.1}: missed"),
                None => String::new(),
            };
            writeln!(out, "{in_flight:>4} in flight: {ratio:.2}, rounds {least:.2} .. {most:.2}{verdict}")?;
        }
    }
    writeln!(out)
}

/// Resident memory, and how often each posternd computed argon2id.
pub(super) fn memory(out: &mut dyn Write, contest: &Contest, before: &[Status; 2]) -> Result<()> {
    for contender in &contest.contenders {
        if let Some(program) = &contender.program {
            writeln!(out, "resident: {}: {} KiB at most", contender.name, peak(contender, program))?;
        }
    }
    let after = contest.status();
    let runs = |status: &Status| status.argon2id_runs.values().sum::<u64>();
    for (number, kind) in ["SQLite", "LDAP"].iter().enumerate() {
        let (posternd, before, after) = (&contest.posternds[number], &before[number], &after[number]);
        let asking = contest.contenders.iter().filter(|contender| contender.posternd == Some(number));
        let logins: usize = asking
            .flat_map(|contender| contender.rounds.iter().flatten())
            .map(|round| round.latencies.len())
            .sum();
        writeln!(
            out,
            "resident: posternd, {kind}: {} KiB, {} KiB at most (hashing included)",
            posternd.resident_kib(),
            posternd.peak_resident_kib()
        )?;
        writeln!(
            out,
            "posternd, {kind}: {logins} logins measured, {} computed argon2id, {} came from its cache",
            runs(after) - runs(before),
            after.cache_hits - before.cache_hits
        )?;
    }
    writeln!(out, "afterwards: {}", machine())
}

// Of one run without Dovecot, the reply tool included where the program execs it.
fn peak(contender: &Contender, program: &str) -> u64 {
    let words: Vec<&str> = program.split(' ').collect();
    let ran = Checkpassword::new(&host::c_program("max_rss"))
        .args(&words)
        .args(&["/usr/lib/dovecot/checkpassword-reply"])
        .login("imap", "127.0.0.1")
        .input(&contender.attempts[0].fd3())
        .run()
        .succeeded();
    let (code, peak) = ran.stdout.trim().split_once(' ').expect("max_rss prints two numbers");
    assert_eq!(code, "0", "{}: {}", contender.name, ran.stderr);
    peak.parse().expect("KiB")
}

// Positions among the contenders, ours first, and the least that we aim at with each number in flight.
const RATIOS: [(usize, usize, [Option<f64>; IN_FLIGHT.len()]); 8] = [
    (0, 3, [Some(1.5), Some(1.5), None]),
    (0, 4, [Some(0.8), Some(0.8), None]),
    (1, 0, NO_AIM),
    (1, 3, NO_AIM),
    (1, 4, NO_AIM),
    (1, 5, NO_AIM),
    (2, 5, NO_AIM),
    (7, 5, [Some(1.0), Some(1.2), Some(1.2)]),
];
const NO_AIM: [Option<f64>; IN_FLIGHT.len()] = [None; IN_FLIGHT.len()];
