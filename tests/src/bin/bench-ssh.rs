//! Compares logins by ssh: Postern, pam_unix alone, and pam_unix with pam_google_authenticator.
//!
//! `bench-ssh [ROUNDS]`; run it with `make bench-ssh`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, program, ssh};

fn main() -> ExitCode {
    let plan = Plan::from_args(5, 1.0);
    program("bench-ssh", "[ROUNDS [SECONDS]]", plan.map(|plan| move |out: &mut dyn Write| ssh(&plan, out)))
}
