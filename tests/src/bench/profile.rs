//! Which program spends the processor time of a login, at each door, and how often it sleeps for it.
//!
//! Counted by the kernel, so it needs no tool: what a login takes beyond its processor time it waits, for the disk or for programs that
//! are woken up for each other.

use std::fs;
use std::io::{Result, Write};
use std::time::Duration;

use super::contender::Contest;
use super::machine::machine;
use super::numbers::{CSTIME, CUTIME, PPID, STIME, Stat, USER_HZ, UTIME, quantile, sorted};
use super::results::{Figure, Results};
use super::stacked::{self, Bar, Part};
use super::{Contender, Plan, drive, turns};
use crate::{Release, host};

/// Measures where the time of a login goes at each door, and prints that to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn profile(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-profile: {}; AUTH PLAIN through Dovecot's auth socket", machine())?;
    let contest = Contest::start(Release::V2_3);
    let mut results = Results::new("profile", "µs", plan.to_json());
    let mut bars = Vec::new();
    for in_flight in IN_FLIGHT {
        writeln!(
            out,
            "\nProcessor time of one login in µs, {in_flight} in flight (in the kernel); and how often each slept\n"
        )?;
        write!(out, "{:<38}{:>9}{:>9}", "", "p50 ms", "in all")?;
        PARTIES.iter().try_for_each(|party| write!(out, "{:>19}", party.name()))?;
        writeln!(out)?;
        for (contender, seen) in contest.contenders.iter().zip(rounds(&contest, in_flight, plan)) {
            seen.print(out, contender.name)?;
            seen.keep(&mut results, &format!("{}, {in_flight} in flight", contender.name));
            bars.push(seen.bar(contender.name, in_flight));
        }
    }
    results.save_with(
        out,
        &stacked::bars("profile", &PARTIES.map(Party::name), "µs of the processors for a login", &bars),
    )
}

/// The rounds of each contender, in turn.
fn rounds(contest: &Contest, in_flight: usize, plan: &Plan) -> Vec<Seen> {
    for contender in &contest.contenders {
        // Starts what is started on demand, which then counts from the beginning.
        drop(drive(&contender.dovecot, &contender.attempts, in_flight, plan.round / 4));
    }
    let mut seen: Vec<Seen> = contest.contenders.iter().map(|_| Seen::default()).collect();
    for round in 0..plan.rounds {
        for at in turns(round, seen.len()) {
            seen[at].round(contest, &contest.contenders[at], in_flight, plan.round);
        }
    }
    seen
}

/// Who works for a login, in the order of [`PARTIES`].
#[derive(Debug, Clone, Copy)]
enum Party {
    /// This program.
    Client,
    /// All of its processes, with what they load: PAM modules, Lua.
    Dovecot,
    /// The programs that Dovecot starts for each login.
    Started,
    Posternd,
    Slapd,
    Redis,
    /// What pam_ldap asks.
    Nslcd,
}

impl Party {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Dovecot => "Dovecot",
            Self::Started => "its programs",
            Self::Posternd => "posternd",
            Self::Slapd => "slapd",
            Self::Redis => "Redis",
            Self::Nslcd => "nslcd",
        }
    }
}

/// What one party used.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    /// In ticks of [`USER_HZ`].
    user: u64,
    kernel: u64,
    /// How often a thread went to sleep by itself.
    sleeps: u64,
}

impl Usage {
    fn add(&mut self, more: Self) {
        self.user += more.user;
        self.kernel += more.kernel;
        self.sleeps += more.sleeps;
    }

    fn since(self, before: Self) -> Self {
        Self {
            user: self.user.saturating_sub(before.user),
            kernel: self.kernel.saturating_sub(before.kernel),
            sleeps: self.sleeps.saturating_sub(before.sleeps),
        }
    }
}

/// Rounds of one contender.
#[derive(Default)]
struct Seen {
    usage: [Usage; PARTIES.len()],
    /// Of each login, in milliseconds.
    times: Vec<f64>,
}

impl Seen {
    fn round(&mut self, contest: &Contest, contender: &Contender, in_flight: usize, time: Duration) {
        let before = used(contest, contender);
        self.times.extend(drive(&contender.dovecot, &contender.attempts, in_flight, time).latencies);
        let after = used(contest, contender);
        for ((party, before), after) in self.usage.iter_mut().zip(before).zip(after) {
            party.add(after.since(before));
        }
    }

    fn logins(&self) -> f64 {
        self.times.len() as f64
    }

    /// In µs a login.
    fn time(&self, ticks: u64) -> f64 {
        ticks as f64 * 1e6 / USER_HZ as f64 / self.logins()
    }

    fn whole(&self) -> f64 {
        self.usage.iter().map(|usage| self.time(usage.user + usage.kernel)).sum()
    }

    fn print(&self, out: &mut dyn Write, name: &str) -> Result<()> {
        let p50 = quantile(&sorted(self.times.iter().copied()), 0.5);
        write!(out, "  {name:<36}{p50:>9.2}{:>9.0}", self.whole())?;
        for usage in &self.usage {
            let (all, kernel) = (self.time(usage.user + usage.kernel), self.time(usage.kernel));
            let sleeps = usage.sleeps as f64 / self.logins();
            write!(out, "{:>19}", format!("{all:.0} ({kernel:.0}) {sleeps:.1}"))?;
        }
        writeln!(out)
    }

    fn keep(&self, results: &mut Results, name: &str) {
        for (party, usage) in PARTIES.into_iter().zip(&self.usage) {
            let value = self.time(usage.user + usage.kernel);
            results.keep(Figure::once(format!("{name}: {}", party.name()), value, "µs", None));
        }
    }

    fn bar(&self, name: &str, in_flight: usize) -> Bar {
        let parts = self
            .usage
            .iter()
            .map(|usage| Part { user: self.time(usage.user), kernel: self.time(usage.kernel) });
        Bar { level: format!("{in_flight} in flight"), name: name.to_owned(), parts: parts.collect() }
    }
}

/// What each party used since it was started.
fn used(contest: &Contest, contender: &Contender) -> [Usage; PARTIES.len()] {
    let mut all = [Usage::default(); PARTIES.len()];
    let mut add = |party: Party, usage| all[party as usize].add(usage);
    let master = contender.dovecot.pid();
    for (pid, stat) in processes() {
        if pid == master {
            add(Party::Dovecot, of_process(&stat, pid));
            // The workers that it has replaced.
            add(Party::Dovecot, of_children(&stat));
        } else if stat.number(PPID) == u64::from(master) {
            add(Party::Dovecot, of_process(&stat, pid));
            add(Party::Started, of_children(&stat));
        } else if let Some(party) = party_of(contest, pid) {
            add(party, of_process(&stat, pid));
        }
    }
    all
}

fn party_of(contest: &Contest, pid: u32) -> Option<Party> {
    let servers = [
        (Party::Client, std::process::id()),
        (Party::Posternd, contest.posternds[0].pid()),
        (Party::Posternd, contest.posternds[1].pid()),
        (Party::Slapd, contest.slapd.pid()),
        (Party::Redis, contest.redis.pid()),
        (Party::Nslcd, contest.nslcd.pid()),
    ];
    servers.into_iter().find(|(_, of)| *of == pid).map(|(party, _)| party)
}

fn processes() -> impl Iterator<Item = (u32, Stat)> {
    let entries = fs::read_dir("/proc").expect("/proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // Not of one that ends just now.
    pids.filter_map(|pid| Some((pid, Stat::of(pid)?)))
}

fn of_process(stat: &Stat, pid: u32) -> Usage {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let sleeps = threads.filter_map(|thread| {
        let status = fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    });
    Usage { user: stat.number(UTIME), kernel: stat.number(STIME), sleeps: sleeps.sum() }
}

/// The children that have ended. The kernel adds no sleeps up for them.
fn of_children(stat: &Stat) -> Usage {
    Usage { user: stat.number(CUTIME), kernel: stat.number(CSTIME), sleeps: 0 }
}

const PARTIES: [Party; 7] = [
    Party::Client,
    Party::Dovecot,
    Party::Started,
    Party::Posternd,
    Party::Slapd,
    Party::Redis,
    Party::Nslcd,
];
/// One shows what a login waits for, many what it costs.
const IN_FLIGHT: [usize; 2] = [1, 20];
