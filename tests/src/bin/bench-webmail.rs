//! Measures logins by session mail passwords beside others, and the gate's cost per request.
//!
//! `bench-webmail [ROUNDS [SECONDS]]`; run it with `make bench-webmail`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, webmail};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(9, 1.0) else { return fail("usage: bench-webmail [ROUNDS [SECONDS]]") };
    match webmail(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-webmail: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
