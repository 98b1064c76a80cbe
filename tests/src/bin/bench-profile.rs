//! Shows which program spends the processor time of a login, at each door.
//!
//! `bench-profile [ROUNDS [SECONDS]]`; run it with `make bench-profile`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, profile, program};

fn main() -> ExitCode {
    let plan = Plan::from_args(5, 2.0);
    program(
        "bench-profile",
        "[ROUNDS [SECONDS]]",
        plan.map(|plan| move |out: &mut dyn Write| profile(&plan, out)),
    )
}
