//! Measures posternd's memory after many logins over LDAP, and what a large directory costs a login.
//!
//! `bench-scale [ROUNDS [SECONDS]]`; run it with `make bench-scale`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, scale};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(50, 0.5) else { return fail("usage: bench-scale [ROUNDS [SECONDS]]") };
    match scale(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-scale: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
