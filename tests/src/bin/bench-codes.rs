//! Compares how quickly codes of apps are checked: at posternd's socket, and through PAM beside two other modules.
//!
//! `bench-codes [ROUNDS [SECONDS]]`; run it with `make bench-codes`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, codes, program};

fn main() -> ExitCode {
    let plan = Plan::from_args(5, 1.0);
    program(
        "bench-codes",
        "[ROUNDS [SECONDS]]",
        plan.map(|plan| move |out: &mut dyn Write| codes(&plan, out)),
    )
}
