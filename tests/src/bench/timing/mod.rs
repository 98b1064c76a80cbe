//! How long refusals take, and what that tells: distributions over interleaved attempts at posternd's socket.

use std::io::{Result, Write};
use std::time::Duration;

use super::machine::machine;
use super::numbers::{quantile, sorted};
use crate::host;
use crate::login_host::Stores;

mod attempts;
mod rank;

use attempts::Attempts;
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
    for (stores, name) in
        [(Stores::Embedded, "embedded directory and ledger"), (Stores::LdapAndRedis, "LDAP and Redis")]
    {
        let attempts = Attempts::new(stores);
        for table in attempts.tables() {
            measure(&table, samples, name, out)?;
        }
    }
    writeln!(out, "\nafterwards: {}", machine())
}

/// Refusals that should not be told apart; the first one is what the others are compared with.
struct Table<'a> {
    title: &'static str,
    /// How many logins one attempt is.
    at_once: usize,
    rows: Vec<Row<'a>>,
}

/// One kind of refusal.
struct Row<'a> {
    name: &'static str,
    /// Makes the attempt of this number, and says how long its refusal took.
    attempt: Box<dyn Fn(usize) -> Duration + 'a>,
}

fn measure(table: &Table<'_>, samples: usize, stores: &str, out: &mut dyn Write) -> Result<()> {
    let mut times: Vec<Vec<f64>> = table.rows.iter().map(|_| Vec::new()).collect();
    let samples = samples.div_ceil(table.at_once);
    for number in 0..WARM_UP + samples {
        for turn in 0..table.rows.len() {
            // Forwards and backwards in turn, each time from another one on.
            let last = table.rows.len() - 1;
            let at = (if number % 2 == 0 { turn } else { last - turn } + number) % table.rows.len();
            let took = (table.rows[at].attempt)(number).as_secs_f64() * 1e3;
            if number >= WARM_UP {
                times[at].push(took);
            }
        }
    }
    let heading = ["p10 ms", "median", "p90", "p99", "AUC"];
    writeln!(out, "\n{}; {stores}; {samples} samples", table.title)?;
    writeln!(out, "  {:<58}{}", "", heading.map(|word| format!("{word:>9}")).concat())?;
    let times: Vec<Vec<f64>> = times.into_iter().map(|times| sorted(times.into_iter())).collect();
    for (row, these) in table.rows.iter().zip(&times) {
        let at = [0.1, 0.5, 0.9, 0.99].map(|part| format!("{:>9.3}", quantile(these, part))).concat();
        writeln!(out, "  {:<58}{at}{:>9.3}", row.name, auc(these, &times[0]))?;
    }
    Ok(())
}

const WARM_UP: usize = 20;
