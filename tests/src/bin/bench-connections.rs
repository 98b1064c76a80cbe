//! Compares IMAP LOGIN and SMTP AUTH by whole connections with TLS: Postern, Dovecot's own passdb ldap and passdb static.
//!
//! `bench-connections [ROUNDS [SECONDS]]`; run it with `make bench-connections`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, connections};

fn main() -> ExitCode {
    let Some(plan) = Plan::from_args(9, 2.0) else {
        return fail("usage: bench-connections [ROUNDS [SECONDS]]");
    };
    match connections(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-connections: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
