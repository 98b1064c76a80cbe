use std::io::{Result, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use postern_ipc::Verdict;

use super::thousands::{ACCOUNTS, Thousands};
use crate::bench::numbers::cpu_time;
use crate::bench::results::{Aim, Figure, Results, Spread};
use crate::flood::{fire, meanwhile_each};

/// Restarts posternd, lets all accounts come back at once, and times those who come for the first time meanwhile.
pub(super) fn run(
    thousands: &mut Thousands,
    rounds: usize,
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    writeln!(
        out,
        "posternd is restarted, {ACCOUNTS} accounts come back by their app passwords, {IN_FLIGHT} in flight; meanwhile each {} ms \
         one who was not there before",
        EVERY.as_millis()
    )?;
    // Who comes back was there before.
    let tally = fire(&thousands.site.socket(), thousands.everyone(), IN_FLIGHT);
    assert_eq!(tally.accepted, ACCOUNTS as usize, "{tally:?}");
    let heading = ["all in, s", "CPU s", "newcomers", "p50 ms", "p99 ms", "most ms"];
    writeln!(out, "{:>8}{}", "round", heading.map(|word| format!("{word:>12}")).concat())?;
    let (mut seconds, mut worst) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        assert!(thousands.posternd.stop().success());
        thousands.posternd.start_again();
        let socket = thousands.site.socket();
        let newcomers = Mutex::new(thousands.newcomers().collect::<Vec<_>>());
        let arrive = || {
            let shot = newcomers.lock().expect("a list").pop().expect("enough newcomers");
            let began = Instant::now();
            let ended = shot.fire(&socket);
            assert!(matches!(ended, Ok(Verdict::Accept(_))), "{}: {ended:?}", shot.user);
            began.elapsed()
        };
        let cpu = cpu_time(thousands.posternd.pid());
        let ((tally, took), times) = meanwhile_each(vec![arrive], EVERY, || {
            let began = Instant::now();
            (fire(&socket, thousands.everyone(), IN_FLIGHT), began.elapsed().as_secs_f64())
        });
        assert_eq!(tally.accepted, ACCOUNTS as usize, "{tally:?}");
        let times = &times[0];
        let ms = |part| times.quantile(part).as_secs_f64() * 1e3;
        writeln!(
            out,
            "{round:>8}{took:>12.1}{:>12.1}{:>12}{:>12.1}{:>12.1}{:>12.1}",
            (cpu_time(thousands.posternd.pid()) - cpu).as_secs_f64(),
            times.len(),
            ms(0.5),
            ms(0.99),
            ms(1.0)
        )?;
        seconds.push(took);
        worst.push(ms(1.0));
    }
    let of_all = format!("{ACCOUNTS} accounts back after a restart");
    for (what, values, unit, aim) in
        [("all in", seconds, "s", AIM_S), ("a newcomer waits at most", worst, "ms", AIM_MS)]
    {
        let value = Spread::of(values.into_iter());
        let figure = Figure { name: format!("{of_all}: {what}"), value, unit, aim: Some(Aim::AtMost(aim)) };
        results.figure(out, figure)?;
    }
    Ok(())
}

/// As many as find a place at once, and wait for theirs otherwise: with 30 auth workers a Dovecot has fewer.
const IN_FLIGHT: usize = 200;
const EVERY: Duration = Duration::from_millis(50);
const AIM_S: f64 = 15.0;
const AIM_MS: f64 = 1_000.0;
