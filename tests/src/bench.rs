//! The mail benchmark: logins a second through a real Dovecot's auth socket, by three checkpassword programs.
//!
//! The three have a Dovecot each with the same configuration but for the program, and run in short rounds in turn, so that
//! whatever else the machine does hits all of them. Ratios are taken within a round, medians over the rounds.

use std::io::{Result, Write};
use std::time::Duration;

use crate::{Attempt, Dovecot, DovecotConfig, Posternd, Site, host};

mod load;
mod report;

pub use load::{Round, drive};

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds for each program at each number in flight.
    pub rounds: usize,
    /// The length of one.
    pub round: Duration,
}

/// A checkpassword program behind a Dovecot of its own.
#[derive(Debug)]
pub struct Contender {
    /// What it does, for the table.
    pub name: &'static str,
    /// Its Dovecot.
    pub dovecot: Dovecot,
    /// The program and its arguments, for a run without Dovecot.
    pub program: String,
    /// Its rounds, by the index of [`IN_FLIGHT`].
    pub rounds: [Vec<Round>; 2],
}

/// Runs the benchmark and prints the table to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic: such a number would mean nothing.
pub fn run(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    let site = Site::new("bench-mail");
    let posternd = site.posternd();
    writeln!(out, "bench-mail: making {ACCOUNTS} accounts with an app password each")?;
    let attempts: Vec<Attempt> = (0..ACCOUNTS).map(|number| attempt(&site, number)).collect();
    let mut contenders = contenders(&site);
    report::heading(out, plan)?;
    for contender in &contenders {
        // Starts what is started on demand, and fills posternd's cache: the accounts return, as mail programs do.
        drop(drive(&contender.dovecot, &attempts, 20, Duration::from_millis(500)));
    }
    let before = posternd.status();
    for round in 0..plan.rounds {
        for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            for turn in 0..contenders.len() {
                let at = (round + turn) % contenders.len();
                let contender = &mut contenders[at];
                contender.rounds[level].push(drive(&contender.dovecot, &attempts, in_flight, plan.round));
            }
        }
    }
    report::table(out, &contenders)?;
    report::ratios(out, &contenders)?;
    report::memory(out, &contenders, &posternd, &before, &attempts[0])
}

fn attempt(site: &Site, number: usize) -> Attempt {
    let name = format!("bench{number:02}");
    let account = site.account(&name);
    let password = site.app_password(&account.name, "bench", &[]).password;
    Attempt::new("imap", &name, &password.replace(' ', ""))
}

fn contenders(site: &Site) -> Vec<Contender> {
    let postern = site.dovecot_config().checkpassword;
    let nothing = |name| format!("{} 20000 20000 /nonexistent", host::c_program(name).display());
    [
        ("postern by checkpassword", postern, "postern"),
        ("does nothing, execs the reply tool", nothing("reply_exec"), "exec"),
        ("does nothing, answers on fd 4", nothing("reply_fd4"), "fd4"),
    ]
    .map(|(name, program, log)| {
        let log = site.output().join(format!("dovecot-{log}.log"));
        let dovecot = Dovecot::start(&DovecotConfig::new(&program, &log));
        Contender { name, dovecot, program, rounds: [Vec::new(), Vec::new()] }
    })
    .into()
}

/// How many logins are in flight at once.
pub const IN_FLIGHT: [usize; 2] = [1, 20];
const ACCOUNTS: usize = 50;
