use std::io::{Result, Write};

use postern_ipc::Status;

use super::contender::{
    ACCOUNTS, CHECKPASSWORD, CHECKPASSWORD_MAIN, CHECKPASSWORD_SQLITE, Contest, FD_4, LUA, LUA_SQLITE, PAM,
    PAM_LDAP, PAM_PERMIT, PASSDB_LDAP, PASSDB_LDAP_HASH, REPLY_TOOL,
};
use super::machine::machine;
use super::results::{Aim, Figure, Results, Row};
use super::{Contender, IN_FLIGHT, Plan};
use crate::{Checkpassword, Release, host};

/// Says what is measured, on what.
pub(super) fn heading(out: &mut dyn Write, release: Release, plan: &Plan) -> Result<()> {
    let version = release.version();
    let (rounds, seconds) = (plan.rounds, plan.round.as_secs_f64());
    writeln!(out, "Dovecot {version}, {}; AUTH PLAIN, {ACCOUNTS} accounts in turn", machine())?;
    writeln!(out, "{rounds} rounds of {seconds} s for each at each number in flight, in turn; medians\n")
}

/// Rates, latencies, noise; and Postern against the others, with what we aim at.
pub(super) fn compare(results: &mut Results, out: &mut dyn Write, contenders: &[Contender]) -> Result<()> {
    for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
        let title = format!("{in_flight} in flight");
        let rows = contenders.iter().map(|contender| {
            let rounds = &contender.rounds[level];
            let times = rounds.iter().flat_map(|round| round.latencies.iter().copied());
            Row::new(&title, contender.name, contender.posternd.is_some(), rates(contender, level), times)
        });
        results.level(out, rows.collect())?;
    }
    for (ours, other, aims) in RATIOS {
        let (Some(ours), Some(other)) = (named(contenders, ours), named(contenders, other)) else { continue };
        for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            let name = format!("{} / {}, {in_flight} in flight", ours.name, other.name);
            let aim = aims[level].map(Aim::AtLeast);
            results.figure(out, Figure::ratio(name, rates(ours, level), rates(other, level), aim))?;
        }
    }
    writeln!(out)
}

/// `None` if it does not compete: Dovecot 2.4 has no checkpassword.
fn named<'a>(contenders: &'a [Contender], name: &str) -> Option<&'a Contender> {
    contenders.iter().find(|contender| contender.name == name)
}

fn rates(contender: &Contender, level: usize) -> impl Iterator<Item = f64> + '_ {
    contender.rounds[level].iter().map(|round| round.rate)
}

/// Resident memory, and how often each posternd computed argon2id.
pub(super) fn memory(
    results: &mut Results,
    out: &mut dyn Write,
    contest: &Contest,
    before: &[Status; 2],
) -> Result<()> {
    for contender in &contest.contenders {
        if let Some(program) = &contender.program {
            let kib = peak(contender, program);
            let aim = (contender.name == CHECKPASSWORD).then_some(Aim::AtMost(CHECKPASSWORD_KIB));
            results
                .figure(out, Figure::once(format!("resident: {}", contender.name), kib as f64, "KiB", aim))?;
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
    Ok(())
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

// Ours, the other, and the least that we promise with each number in flight.
const RATIOS: [(&str, &str, [Option<f64>; IN_FLIGHT.len()]); 13] = [
    (CHECKPASSWORD, REPLY_TOOL, [Some(1.5), Some(1.5), Some(1.5)]),
    (CHECKPASSWORD, FD_4, [Some(0.8), Some(0.8), Some(0.8)]),
    (CHECKPASSWORD_SQLITE, REPLY_TOOL, [Some(1.5), Some(1.5), Some(1.5)]),
    (CHECKPASSWORD_SQLITE, FD_4, [Some(0.8), Some(0.8), Some(0.8)]),
    (CHECKPASSWORD, CHECKPASSWORD_SQLITE, NO_AIM),
    (CHECKPASSWORD, PASSDB_LDAP, NO_AIM),
    (CHECKPASSWORD_MAIN, PASSDB_LDAP, NO_AIM),
    (PAM, PAM_PERMIT, [Some(0.9), Some(0.9), Some(0.9)]),
    (PAM, PAM_LDAP, [Some(1.0), Some(1.0), Some(1.0)]),
    (LUA, PASSDB_LDAP, [Some(1.0), Some(1.2), Some(1.2)]),
    (LUA, PASSDB_LDAP_HASH, NO_AIM),
    (LUA_SQLITE, PASSDB_LDAP, NO_AIM),
    (LUA, LUA_SQLITE, NO_AIM),
];
const CHECKPASSWORD_KIB: f64 = 3_072.0;
const NO_AIM: [Option<f64>; IN_FLIGHT.len()] = [None; IN_FLIGHT.len()];
