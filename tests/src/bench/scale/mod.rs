//! What many accounts cost: a part for each cost.

use std::io::{Result, Write};

use super::Plan;
use super::machine::machine;
use super::results::Results;
use crate::host;

mod app_passwords;
mod cold;
mod credentials;
mod entries;
mod fleet;
mod memory;
mod programs;
mod thousands;

use thousands::Thousands;

/// Measures what many accounts cost, and prints that to `out`: posternd's memory, the return of all after a restart, many credentials of an
/// account, several posternd, a large directory, and the programs themselves. `parts` narrows it to parts of these names: `memory`, `cold`,
/// `credentials`, `fleet`, `entries`, `programs`.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn scale(plan: &Plan, parts: &[String], out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    let mut results = Results::new("scale", "logins/s", plan.to_json());
    let has = |part: &str| parts.is_empty() || parts.iter().any(|name| name == part);
    writeln!(out, "bench-scale: {}; logins straight at posternd's socket", machine())?;
    if has("programs") {
        writeln!(out)?;
        programs::run(&mut results, out)?;
    }
    if has("memory") || has("cold") {
        writeln!(out)?;
        let mut thousands = Thousands::start();
        memory::run(&thousands, &mut results, out)?;
        if has("cold") {
            writeln!(out)?;
            cold::run(&mut thousands, plan.rounds.clamp(1, 5), &mut results, out)?;
        }
    }
    if has("credentials") {
        writeln!(out)?;
        credentials::run(plan, &mut results, out)?;
    }
    if has("fleet") {
        writeln!(out)?;
        fleet::run(plan, &mut results, out)?;
    }
    if has("entries") {
        writeln!(out)?;
        entries::run(plan, &mut results, out)?;
    }
    results.save(out)
}
