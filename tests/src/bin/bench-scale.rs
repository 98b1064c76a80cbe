//! Measures what many accounts cost: posternd's memory, their return after a restart, many credentials, several posternd, a large
//! directory, and the programs themselves.
//!
//! `bench-scale [ROUNDS [SECONDS]] [PART]...` with the parts `programs`, `memory`, `cold`, `credentials`, `fleet`, `entries`; run it with `make bench-scale`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Plan, program, scale};

fn main() -> ExitCode {
    let run = Plan::with_names(50, 0.5);
    let run = run.map(|(plan, parts)| move |out: &mut dyn Write| scale(&plan, &parts, out));
    program("bench-scale", "[ROUNDS [SECONDS]] [PART]...", run)
}
