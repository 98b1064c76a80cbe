//! Measures what many accounts cost: posternd's memory, their return after a restart, many credentials, several posternd, a large
//! directory, and the programs themselves.
//!
//! `bench-scale [ROUNDS [SECONDS]] [PART]...` with the parts `programs`, `memory`, `cold`, `credentials`, `fleet`, `entries`; run it with `make bench-scale`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, scale};

fn main() -> ExitCode {
    let Some((plan, parts)) = Plan::with_names(50, 0.5) else {
        return fail("usage: bench-scale [ROUNDS [SECONDS]] [PART]...");
    };
    match scale(&plan, &parts, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-scale: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
