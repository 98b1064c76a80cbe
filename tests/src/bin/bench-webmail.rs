//! Measures logins by session mail passwords beside others, and the gate's cost per request.
//!
//! `bench-webmail [ROUNDS [SECONDS]]`; run it with `make bench-webmail`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, program, webmail};

fn main() -> ExitCode {
    let plan = Plan::from_args(9, 1.0);
    program(
        "bench-webmail",
        "[ROUNDS [SECONDS]]",
        plan.map(|plan| move |out: &mut dyn Write| webmail(&plan, out)),
    )
}
