//! Compares how quickly codes of apps are checked: at posternd's socket, and through PAM beside two other modules.
//!
//! `bench-codes [ROUNDS [SECONDS]]`; run it with `make bench-codes`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, codes};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(5, 1.0) else { return fail("usage: bench-codes [ROUNDS [SECONDS]]") };
    match codes(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-codes: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
