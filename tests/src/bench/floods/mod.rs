//! What valid logins wait beside thousands of wrong ones a second, with accounts in LDAP and in SQLite.

use std::io::{Result, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::codes::Stock;
use super::machine::machine;
use super::results::{Aim, Figure, Results, Row};
use crate::flood::{Rate, Shot, Tally, fire_at};
use crate::{guard, host};

mod embedded;
mod ldap;

/// Measures and prints to `out`; each flood lasts for `lasts`.
///
/// # Errors
/// `out` cannot be written. A wrong login that is let in is a panic.
pub fn flood(lasts: Duration, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-flood: logins straight at posternd's socket; {}", machine())?;
    let mut results = Results::new("flood", "logins/s", json!({ "seconds": lasts.as_secs_f64() }));
    ldap::run(lasts, &mut results, out)?;
    embedded::run(lasts, &mut results, out)?;
    results.save(out)
}

/// People of one kind who log in while a flood goes on.
struct Visitors<'a> {
    name: &'static str,
    /// One sets out each so long, whether or not those before have an answer.
    every: Duration,
    /// The time in ms within which 99 of 100 are to be let in.
    aim: f64,
    /// A login that is right and was not used before.
    next: Box<dyn Fn() -> Shot + Send + Sync + 'a>,
}

/// Wrong logins.
struct Wrong<'a, I> {
    /// Where, and what is wrong with them.
    what: &'a str,
    rate: Rate,
    logins: I,
}

/// How those of one kind fared.
#[derive(Default)]
struct Fared {
    set_out: AtomicU32,
    /// In ms.
    times: Mutex<Vec<f64>>,
    tally: Mutex<Tally>,
}

/// Fires what is `wrong` while `visitors` log in, and adds what was seen to `results`.
fn meet(
    socket: &Path,
    wrong: Wrong<'_, impl Iterator<Item = Shot> + Send>,
    visitors: &[Visitors<'_>],
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    let Wrong { what, rate, logins } = wrong;
    let fared: Vec<Fared> = visitors.iter().map(|_| Fared::default()).collect();
    let (is_over, began) = (AtomicBool::new(false), Instant::now());
    let (thrown, per_second) = std::thread::scope(|scope| {
        for (visitors, fared) in visitors.iter().zip(&fared) {
            for _ in 0..AT_ONE_TIME {
                let is_over = &is_over;
                scope.spawn(move || visit(socket, visitors, fared, began, is_over));
            }
        }
        let thrown = fire_at(socket, logins, rate);
        is_over.store(true, Ordering::Relaxed);
        thrown
    });
    assert_eq!(thrown.accepted, 0, "{thrown:?}");
    let level = format!("{what}, {per_second:.0} a second");
    writeln!(
        out,
        "\n{level}: refused {:?}, deferred {:?}, failed {:?}",
        thrown.rejected, thrown.deferred, thrown.failed
    )?;
    let seconds = began.elapsed().as_secs_f64();
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for (visitors, fared) in visitors.iter().zip(fared) {
        let times = fared.times.into_inner().unwrap_or_else(PoisonError::into_inner);
        let tally = fared.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rate_of_all = std::iter::once(times.len() as f64 / seconds);
        let row = Row::new(&level, visitors.name, true, rate_of_all, times.into_iter());
        let name = |figure| format!("{what}, {} a second: {}: {figure}", rate.per_second, visitors.name);
        figures.push(Figure::once(name("p99"), row.p99, "ms", Some(Aim::AtMost(visitors.aim))));
        let turned_away = tally.len() - tally.accepted;
        figures.push(Figure::once(name("not let in"), turned_away as f64, "", Some(Aim::AtMost(0.0))));
        if turned_away > 0 {
            writeln!(out, "{}: {tally:?}", visitors.name)?;
        }
        rows.push(row);
    }
    results.level(out, rows)?;
    figures.into_iter().try_for_each(|figure| results.figure(out, figure))
}

/// Lets visitors log in when they are due.
fn visit(socket: &Path, visitors: &Visitors<'_>, fared: &Fared, began: Instant, is_over: &AtomicBool) {
    loop {
        let due = WARMS_UP + visitors.every * fared.set_out.fetch_add(1, Ordering::Relaxed);
        guard::pause(due.saturating_sub(began.elapsed()));
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let shot = (visitors.next)();
        let started = Instant::now();
        let ended = shot.fire(socket);
        let took = started.elapsed().as_secs_f64() * 1e3;
        fared.times.lock().unwrap_or_else(PoisonError::into_inner).push(took);
        fared.tally.lock().unwrap_or_else(PoisonError::into_inner).count(ended);
    }
}

/// A login by main password and code, from a source that was not there before.
fn with_code(codes: &Mutex<Stock>, sources: &AtomicUsize, password_of: impl FnOnce(&str) -> String) -> Shot {
    let one = Stock::wait_for_one(codes);
    let secret = format!("{}{}", password_of(&one.name), one.code);
    let shot = Shot::new(&one.name, &secret, sources.fetch_add(1, Ordering::Relaxed));
    Shot { service: "webmail", rhost: shot.rhost.replacen("198.18.", "203.0.", 1), ..shot }
}

/// Visitors of a kind that may wait at one time.
const AT_ONE_TIME: usize = 8;
/// The flood is at its rate by then.
const WARMS_UP: Duration = Duration::from_secs(1);
/// Connections of a flood.
const IN_FLIGHT: usize = 400;
