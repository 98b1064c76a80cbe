//! Compares how long refusals take at posternd's socket, for what they may tell about accounts.
//!
//! `bench-timing [SAMPLES]`; run it with `make bench-timing`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{number_from_args, program, timing};

fn main() -> ExitCode {
    let samples = number_from_args(1_000, 20);
    program(
        "bench-timing",
        "[SAMPLES]",
        samples.map(|samples| move |out: &mut dyn Write| timing(samples, out)),
    )
}
