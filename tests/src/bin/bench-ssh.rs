//! Compares logins by ssh: Postern, pam_unix alone, and pam_unix with pam_google_authenticator.
//!
//! `bench-ssh [ROUNDS]`; run it with `make bench-ssh`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, ssh};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(5, 1.0) else { return fail("usage: bench-ssh [ROUNDS [SECONDS]]") };
    match ssh(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-ssh: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
