//! Compares IMAP LOGIN and SMTP AUTH by whole connections with TLS: Postern, Dovecot's own passdb ldap and passdb static.
//!
//! `bench-connections [ROUNDS [SECONDS]]`; run it with `make bench-connections`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, connections, program};

fn main() -> ExitCode {
    let plan = Plan::from_args(9, 2.0);
    program(
        "bench-connections",
        "[ROUNDS [SECONDS]]",
        plan.map(|plan| move |out: &mut dyn Write| connections(&plan, out)),
    )
}
