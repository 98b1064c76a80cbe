//! Compares logins through a real Dovecot's auth socket: Postern, two checkpassword programs that do nothing, and
//! Dovecot's own passdb ldap.
//!
//! `bench-mail [ROUNDS [SECONDS]]`; run it with `make bench-mail`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, mail, program};

fn main() -> ExitCode {
    let plan = Plan::from_args(9, 1.0);
    program("bench-mail", "[ROUNDS [SECONDS]]", plan.map(|plan| move |out: &mut dyn Write| mail(&plan, out)))
}
