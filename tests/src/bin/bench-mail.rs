//! Compares logins through a real Dovecot's auth socket: Postern, two checkpassword programs that do nothing, and
//! Dovecot's own passdb ldap.
//!
//! `bench-mail [ROUNDS [SECONDS]]`; run it with `make bench-mail`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, mail};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(9, 1.0) else { return fail("usage: bench-mail [ROUNDS [SECONDS]]") };
    match mail(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-mail: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
