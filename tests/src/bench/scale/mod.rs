//! What many accounts cost: a part for each cost.

use std::io::{Result, Write};

use super::Plan;
use super::machine::machine;
use super::results::Results;
use crate::host;

mod cold;
mod credentials;
mod entries;
mod fleet;
mod memory;
mod part;
mod programs;
mod repeated;
mod thousands;

pub use part::Part;

use thousands::Thousands;

/// Measures what many accounts cost, part by part, and prints that to `out`; `parts` narrows it to these. Each part keeps its results as
/// `scale-PART`, so that one which runs alone leaves those of the others.
///
/// # Errors
/// `out` cannot be written. A login that is refused is a panic.
pub fn scale(plan: &Plan, parts: &[Part], out: &mut dyn Write) -> Result<()> {
    host::require_test_host();
    let is_wanted = |part: &Part| parts.is_empty() || parts.contains(part);
    writeln!(out, "bench-scale: {}; logins straight at posternd's socket", machine())?;
    let rounds_after_restart = if is_wanted(&Part::Cold) { plan.rounds.clamp(1, 5) } else { 0 };
    let start = || Thousands::start(rounds_after_restart);
    let mut thousands = None;
    for part in Part::ALL.into_iter().filter(is_wanted) {
        writeln!(out)?;
        let mut results = Results::new(&format!("scale-{}", part.name()), "logins/s", plan.to_json());
        match part {
            Part::Programs => programs::run(&mut results, out)?,
            Part::Memory => {
                let accounts = start();
                memory::run(&accounts, &mut results, out)?;
                thousands = is_wanted(&Part::Cold).then_some(accounts);
            }
            Part::Cold => {
                let mut accounts = thousands.take().unwrap_or_else(start);
                cold::run(&mut accounts, rounds_after_restart, &mut results, out)?;
            }
            Part::Credentials => credentials::run(plan, &mut results, out)?,
            Part::Fleet => fleet::run(plan, &mut results, out)?,
            Part::Entries => entries::run(plan, &mut results, out)?,
        }
        results.save(out)?;
    }
    Ok(())
}
