//! Which program spends the processor time of a login, at each door, and how often it sleeps for it.
//!
//! Counted by the kernel, so it needs no tool: what a login takes beyond its processor time it waits, for the disk or for programs that
//! are woken up for each other.

use std::fs;
use std::io::{Result, Write};

use super::contender::Contest;
use super::numbers::{USER_HZ, machine, quantile, sorted};
use super::results::{Figure, Results};
use super::stacked::{self, Bar, Part};
use super::{Contender, Plan, drive};
use crate::host;

/// Measures where the time of a login goes at each door, and prints that to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn profile(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-profile: {}; AUTH PLAIN through Dovecot's auth socket", machine())?;
    let contest = Contest::start();
    let mut results = Results::new("profile", "µs");
    let mut bars = Vec::new();
    for in_flight in IN_FLIGHT {
        writeln!(
            out,
            "\nProcessor time of one login in µs, {in_flight} in flight (in the kernel); and how often each slept\n"
        )?;
        write!(out, "{:<38}{:>9}{:>9}", "", "p50 ms", "in all")?;
        PARTIES.iter().try_for_each(|party| write!(out, "{:>19}", party.name()))?;
        writeln!(out)?;
        for contender in &contest.contenders {
            let seen = Seen::of(&contest, contender, in_flight, plan);
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

/// Who works for a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
struct Seen {
    usage: [Usage; PARTIES.len()],
    logins: f64,
    /// In milliseconds.
    p50: f64,
}

impl Seen {
    fn of(contest: &Contest, contender: &Contender, in_flight: usize, plan: &Plan) -> Self {
        // Starts what is started on demand, which then counts from the beginning.
        drop(drive(&contender.dovecot, &contender.attempts, in_flight, plan.round / 4));
        let before = used(contest, contender);
        let rounds = (0..plan.rounds)
            .flat_map(|_| drive(&contender.dovecot, &contender.attempts, in_flight, plan.round).latencies);
        let times = sorted(rounds);
        let mut usage = used(contest, contender);
        for (party, before) in usage.iter_mut().zip(before) {
            *party = party.since(before);
        }
        Self { usage, logins: times.len() as f64, p50: quantile(&times, 0.5) }
    }

    /// In µs a login.
    fn time(&self, ticks: u64) -> f64 {
        ticks as f64 * 1e6 / USER_HZ as f64 / self.logins
    }

    fn whole(&self) -> f64 {
        self.usage.iter().map(|usage| self.time(usage.user + usage.kernel)).sum()
    }

    fn print(&self, out: &mut dyn Write, name: &str) -> Result<()> {
        write!(out, "  {name:<36}{:>9.2}{:>9.0}", self.p50, self.whole())?;
        for usage in &self.usage {
            let (all, kernel) = (self.time(usage.user + usage.kernel), self.time(usage.kernel));
            let sleeps = usage.sleeps as f64 / self.logins;
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
    let mut add = |party: Party, usage| {
        let place = PARTIES.iter().position(|one| *one == party).expect("every party is listed");
        all[place].add(usage);
    };
    add(Party::Client, of_process(std::process::id()));
    let master = contender.dovecot.pid();
    // The workers that it has replaced.
    add(Party::Dovecot, of_children(master));
    for pid in processes().filter(|pid| *pid == master || parent(*pid) == Some(master)) {
        add(Party::Dovecot, of_process(pid));
        if pid != master {
            add(Party::Started, of_children(pid));
        }
    }
    for posternd in &contest.posternds {
        add(Party::Posternd, of_process(posternd.pid()));
    }
    add(Party::Slapd, of_process(contest.slapd.pid()));
    add(Party::Redis, of_process(contest.redis.pid()));
    all
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("/proc");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// A process that has just ended has no parent.
fn parent(pid: u32) -> Option<u32> {
    field(&stat(pid)?, 4)
}

fn of_process(pid: u32) -> Usage {
    let Some(stat) = stat(pid) else { return Usage::default() };
    let count = |number| field(&stat, number).unwrap_or_default();
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let sleeps = threads.filter_map(|thread| {
        let status = fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    });
    Usage { user: count(14), kernel: count(15), sleeps: sleeps.sum() }
}

/// The children that have ended. The kernel adds no sleeps up for them.
fn of_children(pid: u32) -> Usage {
    let Some(stat) = stat(pid) else { return Usage::default() };
    let count = |number| field(&stat, number).unwrap_or_default();
    Usage { user: count(16), kernel: count(17), sleeps: 0 }
}

fn stat(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/stat")).ok()
}

/// A field by its number in proc(5), from the fourth on; the second one, a name, may hold spaces.
fn field<T: std::str::FromStr>(stat: &str, number: usize) -> Option<T> {
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(number - 3)?.parse().ok()
}

const PARTIES: [Party; 6] =
    [Party::Client, Party::Dovecot, Party::Started, Party::Posternd, Party::Slapd, Party::Redis];
/// One shows what a login waits for, many what it costs.
const IN_FLIGHT: [usize; 2] = [1, 20];
