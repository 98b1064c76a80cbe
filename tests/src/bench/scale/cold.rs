use std::io::{Result, Write};
use std::time::{Duration, Instant};

use super::thousands::{ACCOUNTS, Newcomer, Thousands};
use crate::bench::numbers::{cpu_time, quantile, sorted};
use crate::bench::results::{Aim, Figure, Results, Spread};
use crate::flood::{fire, meanwhile_some};

/// Restarts posternd, lets all accounts come back at once, and times those who come for the first time meanwhile.
pub(super) fn run(
    thousands: &mut Thousands,
    rounds: usize,
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    // Who comes back was there before.
    let tally = fire(&thousands.site.socket(), thousands.everyone(), IN_FLIGHT_BEFORE);
    assert_eq!(tally.accepted, ACCOUNTS as usize, "{tally:?}");
    writeln!(
        out,
        "posternd is restarted, {ACCOUNTS} accounts come back by their app passwords, {IN_FLIGHT} in flight; meanwhile each {} ms \
         one who was not there before, some of them with a code",
        EVERY.as_millis()
    )?;
    let heading =
        ["all in, s", "CPU s", "newcomers", "p50 ms", "p99 ms", "most ms", "with a code", "most ms"];
    writeln!(out, "{:>8}{}", "round", heading.map(|word| format!("{word:>12}")).concat())?;
    let mut seen = Vec::new();
    for number in 0..rounds {
        let round = Round::of(thousands, number);
        round.print(number + 1, out)?;
        seen.push(round);
    }
    let figure = |what: &str, value: fn(&Round) -> f64, unit, aim| Figure {
        name: format!("{ACCOUNTS} accounts back after a restart: {what}"),
        value: Spread::of(seen.iter().map(value)),
        unit,
        aim: Some(Aim::AtMost(aim)),
    };
    let figures = [
        figure("all in", |round| round.took, "s", AIM_S),
        figure("a newcomer waits at most", |round| quantile(&round.with_app_passwords, 1.0), "ms", AIM_MS),
        figure(
            "a newcomer with a code waits at most",
            |round| quantile(&round.with_codes, 1.0),
            "ms",
            AIM_MS,
        ),
    ];
    figures.into_iter().try_for_each(|figure| results.figure(out, figure))
}

/// A restart, and who came after it.
struct Round {
    /// Seconds until all were in, and those of posternd's processor.
    took: f64,
    cpu: f64,
    /// Milliseconds of each newcomer, in order.
    with_app_passwords: Vec<f64>,
    with_codes: Vec<f64>,
    /// Whether newcomers came until all were in.
    is_covered: bool,
}

impl Round {
    fn of(thousands: &mut Thousands, number: usize) -> Self {
        assert!(thousands.posternd.stop().success());
        thousands.posternd.start_again();
        let socket = thousands.site.socket();
        let mut coming = thousands.newcomers(number);
        let (mut with_app_passwords, mut with_codes) = (Vec::new(), Vec::new());
        let arrive = || {
            let newcomer = coming.next()?;
            let began = Instant::now();
            newcomer.log_in(&socket);
            let took = began.elapsed();
            let times = match newcomer {
                Newcomer::AppPassword(_) => &mut with_app_passwords,
                Newcomer::Code(_) => &mut with_codes,
            };
            times.push(took.as_secs_f64() * 1e3);
            Some(took)
        };
        let before = cpu_time(thousands.posternd.pid());
        let ((tally, took), _) = meanwhile_some(vec![arrive], EVERY, || {
            let began = Instant::now();
            (fire(&socket, thousands.everyone(), IN_FLIGHT), began.elapsed().as_secs_f64())
        });
        assert_eq!(tally.accepted, ACCOUNTS as usize, "{tally:?}");
        let cpu = (cpu_time(thousands.posternd.pid()) - before).as_secs_f64();
        let is_covered = coming.next().is_some();
        let [with_app_passwords, with_codes] =
            [with_app_passwords, with_codes].map(|times| sorted(times.into_iter()));
        Self { took, cpu, with_app_passwords, with_codes, is_covered }
    }

    fn print(&self, number: usize, out: &mut dyn Write) -> Result<()> {
        let ms = |part| quantile(&self.with_app_passwords, part);
        writeln!(
            out,
            "{number:>8}{:>12.1}{:>12.1}{:>12}{:>12.1}{:>12.1}{:>12.1}{:>12}{:>12.1}",
            self.took,
            self.cpu,
            self.with_app_passwords.len(),
            ms(0.5),
            ms(0.99),
            ms(1.0),
            self.with_codes.len(),
            quantile(&self.with_codes, 1.0)
        )?;
        if self.is_covered {
            return Ok(());
        }
        writeln!(out, "{:>8}the newcomers were used up before all were in", "")
    }
}

/// As many as find a place at once, and wait for theirs otherwise: with 30 auth workers a Dovecot has fewer.
const IN_FLIGHT: usize = 200;
/// As each app password is computed once.
const IN_FLIGHT_BEFORE: usize = 8;
/// The newcomers of a round last for longer than [`AIM_S`]: a round that uses them up misses that.
const EVERY: Duration = Duration::from_millis(50);
const AIM_S: f64 = 15.0;
const AIM_MS: f64 = 1_000.0;
