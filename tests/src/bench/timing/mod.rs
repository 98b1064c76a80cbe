//! How long refusals take, and what that tells: distributions over interleaved attempts at posternd's socket.

use std::io::{Result, Write};
use std::time::Duration;

use serde_json::json;

use super::machine::machine;
use super::numbers::{quantile, sorted};
use super::results::{self, Figure, Results};
use crate::host;
use crate::login_host::Stores;

mod attempts;
mod chart;
mod code_timer;
mod inventions;
mod people;
mod rank;

use people::People;
use rank::auc;

/// Takes so many samples of each kind of refusal, with each kind of store, and prints the tables to `out`.
///
/// # Errors
/// `out` cannot be written. A login that is not refused as expected is a panic.
pub fn timing(samples: usize, out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    writeln!(out, "bench-timing: {samples} of each in turn, one at a time; {}", machine())?;
    writeln!(
        out,
        "AUC is the chance that the one takes longer than the first of its table: 0.50 tells nothing, 0.00 and 1.00 everything"
    )?;
    let mut results = Results::new("timing", "ms", json!({ "samples": samples }));
    let mut all = Vec::new();
    for (stores, name) in
        [(Stores::Embedded, "embedded directory and ledger"), (Stores::LdapAndRedis, "LDAP and Redis")]
    {
        let people = People::new(stores);
        for table in people.tables() {
            let measure = || table.measure(samples, name);
            let refusals = if table.beside_inventions {
                inventions::beside(&people.host.site.socket(), measure)
            } else {
                measure()
            };
            print(&refusals, out)?;
            all.extend(refusals);
        }
    }
    all.iter().for_each(|one| one.keep(&mut results));
    results.save_with(out, &chart::bars("timing", &all))
}

/// Refusals that should not be told apart; the first one is what the others are compared with.
struct Table<'a> {
    title: String,
    /// How many logins one attempt is.
    at_once: usize,
    /// Whether others invent names meanwhile.
    beside_inventions: bool,
    rows: Vec<Row<'a>>,
}

/// One kind of refusal.
struct Row<'a> {
    name: &'static str,
    /// Makes the attempt of this number, and says how long its refusal took.
    attempt: Box<dyn Fn(usize) -> Duration + 'a>,
}

/// What was measured of one kind.
struct Refusals {
    /// Its table, with the stores.
    level: String,
    name: &'static str,
    /// Milliseconds, in order.
    times: Vec<f64>,
    /// Against the first one of the table.
    auc: f64,
}

impl<'a> Table<'a> {
    /// Of attempts that are one login each.
    fn of(title: &str, rows: Vec<Row<'a>>) -> Self {
        Self { title: title.to_owned(), at_once: 1, beside_inventions: false, rows }
    }

    fn measure(&self, samples: usize, stores: &str) -> Vec<Refusals> {
        let mut times: Vec<Vec<f64>> = self.rows.iter().map(|_| Vec::new()).collect();
        let samples = samples.div_ceil(self.at_once);
        for number in 0..WARM_UP + samples {
            for turn in 0..self.rows.len() {
                // Forwards and backwards in turn, each time from another one on.
                let last = self.rows.len() - 1;
                let at = (if number % 2 == 0 { turn } else { last - turn } + number) % self.rows.len();
                let took = (self.rows[at].attempt)(number).as_secs_f64() * 1e3;
                if number >= WARM_UP {
                    times[at].push(took);
                }
            }
        }
        let times: Vec<Vec<f64>> = times.into_iter().map(|times| sorted(times.into_iter())).collect();
        let aucs: Vec<f64> = times.iter().map(|these| auc(these, &times[0])).collect();
        let beside = if self.beside_inventions {
            format!(", beside {} invented names a second", inventions::PER_SECOND)
        } else {
            String::new()
        };
        let level = format!("{}{beside}; {stores}", self.title);
        let rows = self.rows.iter().zip(times).zip(aucs);
        rows.map(|((row, times), auc)| Refusals { level: level.clone(), name: row.name, times, auc })
            .collect()
    }
}

impl Refusals {
    fn keep(&self, results: &mut Results) {
        let times = || self.times.iter().copied();
        results.keep_row(results::Row::new(&self.level, self.name, true, times(), times()));
        let name = |what| format!("{}: {}: {what}", self.level, self.name);
        for (part, what) in PARTS {
            results.keep(Figure::once(name(what), quantile(&self.times, part), "ms", None));
        }
        results.keep(Figure::once(name("AUC"), self.auc, "", None));
    }
}

/// The table of what was measured, whose rows are of one level.
fn print(refusals: &[Refusals], out: &mut dyn Write) -> Result<()> {
    let heading = PARTS.map(|(_, what)| what).into_iter().chain(["AUC"]);
    let heading: String = heading.map(|word| format!("{word:>9}")).collect();
    writeln!(out, "\n{}; ms, {} samples", refusals[0].level, refusals[0].times.len())?;
    writeln!(out, "  {:<58}{heading}", "")?;
    for one in refusals {
        let at = PARTS.map(|(part, _)| format!("{:>9.3}", quantile(&one.times, part))).concat();
        writeln!(out, "  {:<58}{at}{:>9.3}", one.name, one.auc)?;
    }
    Ok(())
}

const PARTS: [(f64, &str); 4] = [(0.1, "p10"), (0.5, "median"), (0.9, "p90"), (0.99, "p99")];
const WARM_UP: usize = 20;
