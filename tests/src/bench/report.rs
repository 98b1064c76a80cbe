use std::io::{Result, Write};
use std::process::Command;

use postern_ipc::Status;

use super::{ACCOUNTS, Contender, IN_FLIGHT, Plan, Posternd, Round};
use crate::{Attempt, Checkpassword, host};

/// Says what is measured, on what.
pub(super) fn heading(out: &mut dyn Write, plan: &Plan) -> Result<()> {
    let version = Command::new("/usr/sbin/dovecot").arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&version);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (rounds, seconds) = (plan.rounds, plan.round.as_secs_f64());
    writeln!(out, "Dovecot {}, {cores} cores; AUTH PLAIN, {ACCOUNTS} accounts in turn", version.trim())?;
    writeln!(
        out,
        "{rounds} rounds of {seconds} s for each program at each number in flight, in turn; medians\n"
    )
}

/// Rates, latencies, noise.
pub(super) fn table(out: &mut dyn Write, contenders: &[Contender]) -> Result<()> {
    for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        writeln!(
            out,
            "{:<36}{:>10}{:>10}{:>10}{:>22}",
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
                "  {:<34}{:>10.0}{:>10.2}{:>10.2}{:>22}",
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

/// The first contender against the others, with what we aim at.
pub(super) fn ratios(out: &mut dyn Write, contenders: &[Contender]) -> Result<()> {
    for (other, aim) in contenders[1..].iter().zip(AIMS) {
        for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            let pairs = contenders[0].rounds[level].iter().zip(&other.rounds[level]);
            let ratios = sorted(pairs.map(|(ours, theirs): (&Round, &Round)| ours.rate / theirs.rate));
            let ratio = quantile(&ratios, 0.5);
            writeln!(
                out,
                "postern / {:<34}{in_flight:>3} in flight: {ratio:.2}, rounds {:.2} .. {:.2}; aim {aim:.1}: {}",
                other.name,
                quantile(&ratios, 0.0),
                quantile(&ratios, 1.0),
                if ratio >= aim { "met" } else { "missed" }
            )?;
        }
    }
    writeln!(out)
}

/// Resident memory, and how often posternd computed argon2id.
pub(super) fn memory(
    out: &mut dyn Write,
    contenders: &[Contender],
    posternd: &Posternd,
    before: &Status,
    attempt: &Attempt,
) -> Result<()> {
    let (now, most) = (posternd.resident_kib(), posternd.peak_resident_kib());
    writeln!(out, "resident: posternd {now} KiB, {most} KiB at most (hashing included)")?;
    for contender in contenders {
        writeln!(out, "resident: {}: {} KiB at most", contender.name, peak(contender, attempt))?;
    }
    let after = posternd.status();
    let runs = |status: &Status| status.argon2id_runs.values().sum::<u64>();
    let logins: usize = contenders[0].rounds.iter().flatten().map(|round| round.latencies.len()).sum();
    let (runs, hits) = (runs(&after) - runs(before), after.cache_hits - before.cache_hits);
    writeln!(out, "posternd: {logins} logins measured, {runs} computed argon2id, {hits} came from its cache")
}

// Of one run without Dovecot, the reply tool included where the program execs it.
fn peak(contender: &Contender, attempt: &Attempt) -> u64 {
    let words: Vec<&str> = contender.program.split(' ').collect();
    let ran = Checkpassword::new(&host::c_program("max_rss"))
        .args(&words)
        .args(&["/usr/lib/dovecot/checkpassword-reply"])
        .login("imap", "127.0.0.1")
        .input(&attempt.fd3())
        .run()
        .succeeded();
    let (code, peak) = ran.stdout.trim().split_once(' ').expect("max_rss prints two numbers");
    assert_eq!(code, "0", "{}: {}", contender.name, ran.stderr);
    peak.parse().expect("KiB")
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = numbers.collect();
    all.sort_by(f64::total_cmp);
    all
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

const AIMS: [f64; 2] = [1.5, 0.8];
