//! The benchmarks: logins a second through a real Dovecot, and what many accounts cost posternd.
//!
//! What is compared runs in short rounds in turn, so that other load on the machine affects all of it. Ratios are taken
//! within a round, medians over the rounds.

use std::io::{Result, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::fail;
use crate::{Release, host};

mod app_passwords;
mod chart;
mod codes;
mod connections;
mod contender;
mod figure;
mod floods;
mod load;
mod machine;
mod numbers;
mod profile;
mod report;
pub mod results;
mod row;
mod scale;
mod ssh;
mod stacked;
mod summary;
mod timing;
mod webmail;

pub use connections::connections;
pub use contender::Contender;
pub use floods::flood;
pub use load::{Round, drive};
pub use machine::machine;
pub use numbers::cpu_time;
pub use profile::profile;
pub use scale::{Part, scale};
pub use ssh::ssh;
pub use summary::summary;
pub use timing::timing;
pub use webmail::webmail;

use contender::Contest;
use results::Results;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds for each contender at each number in flight.
    pub rounds: usize,
    /// The length of one.
    pub round: Duration,
}

impl Plan {
    /// Reads `[ROUNDS [SECONDS]]`; what is left out is `rounds` and `seconds`.
    #[must_use]
    pub fn from_args(rounds: usize, seconds: f64) -> Option<Self> {
        Self::read(&mut std::env::args().skip(1), rounds, seconds)
    }

    /// The same with names behind it.
    #[must_use]
    pub fn with_names(rounds: usize, seconds: f64) -> Option<(Self, Vec<String>)> {
        let (numbers, names): (Vec<_>, Vec<_>) =
            std::env::args().skip(1).partition(|arg| arg.starts_with(|first: char| first.is_ascii_digit()));
        Some((Self::read(&mut numbers.into_iter(), rounds, seconds)?, names))
    }

    fn to_json(self) -> Value {
        json!({ "rounds": self.rounds, "seconds": self.round.as_secs_f64() })
    }

    fn read(args: &mut dyn Iterator<Item = String>, rounds: usize, seconds: f64) -> Option<Self> {
        let rounds =
            args.next().map_or(Some(rounds), |text| text.parse().ok()).filter(|&rounds| rounds >= 1)?;
        let seconds =
            args.next().map_or(Some(seconds), |text| text.parse().ok()).filter(|&seconds| seconds >= 0.1)?;
        let round = Duration::try_from_secs_f64(seconds).ok()?;
        args.next().is_none().then_some(Self { rounds, round })
    }
}

/// Reads `[NUMBER]`, which is at least `least`; `usual` if it is left out.
#[must_use]
pub fn number_from_args(usual: usize, least: usize) -> Option<usize> {
    let mut args = std::env::args().skip(1);
    let number = args.next().map_or(Some(usual), |text| text.parse().ok());
    number.filter(|&number| number >= least && args.next().is_none())
}

/// The places of so many contenders in the order of this round: each begins in turn.
fn turns(round: usize, contenders: usize) -> impl Iterator<Item = usize> {
    (0..contenders).map(move |turn| (round + turn) % contenders)
}

/// Runs a benchmark as a program: `run` is what its arguments ask for, or `None` if they are not as `usage` has it.
pub fn program<R>(name: &str, usage: &str, run: Option<R>) -> ExitCode
where
    R: FnOnce(&mut dyn Write) -> Result<()>,
{
    let why = match run.map(|run| run(&mut std::io::stdout().lock())) {
        Some(Ok(())) => return ExitCode::SUCCESS,
        Some(Err(error)) => format!("{name}: {error}"),
        None => format!("usage: {name} {usage}"),
    };
    fail(&why)
}

/// Compares logins through Dovecot and prints the tables to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic: such a number would mean nothing.
pub fn mail(plan: &Plan, release: Release, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(
        out,
        "bench-mail: {} accounts with an app password each, in SQLite and in LDAP",
        contender::ACCOUNTS
    )?;
    let mut contest = Contest::start(release);
    let name = match release {
        Release::V2_3 => "mail",
        Release::V2_4 => "mail-dovecot-24",
    };
    let mut results = Results::new(name, "logins/s", plan.to_json());
    report::heading(out, release, plan)?;
    for contender in &contest.contenders {
        // Starts what is started on demand, and fills posternd's cache: the accounts return, as mail programs do.
        drop(drive(&contender.dovecot, &contender.attempts, 20, Duration::from_millis(500)));
    }
    let before = contest.status();
    for round in 0..plan.rounds {
        for (level, in_flight) in IN_FLIGHT.into_iter().enumerate() {
            for at in turns(round, contest.contenders.len()) {
                let contender = &mut contest.contenders[at];
                contender.rounds[level].push(drive(
                    &contender.dovecot,
                    &contender.attempts,
                    in_flight,
                    plan.round,
                ));
            }
        }
    }
    report::compare(&mut results, out, &contest.contenders)?;
    report::memory(&mut results, out, &contest, &before)?;
    results.save(out)
}

/// Compares how quickly codes are checked, and prints that to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn codes(plan: &Plan, out: &mut dyn Write) -> Result<()> {
    codes::run(plan, out)
}

/// How many logins are in flight at once.
pub const IN_FLIGHT: [usize; 3] = [1, 20, 100];
