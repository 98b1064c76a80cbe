//! Compares logins by ssh: Postern, pam_unix alone, and pam_unix with pam_google_authenticator.
//!
//! `bench-ssh [ROUNDS]`; run it with `make bench-ssh`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{number_from_args, program, ssh};

fn main() -> ExitCode {
    let rounds = number_from_args(5, 1);
    program("bench-ssh", "[ROUNDS]", rounds.map(|rounds| move |out: &mut dyn Write| ssh(rounds, out)))
}
