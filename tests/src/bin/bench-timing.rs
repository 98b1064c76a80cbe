//! Compares how long refusals take at posternd's socket, for what they may tell about accounts.
//!
//! `bench-timing [SAMPLES]`; run it with `make bench-timing`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{program, timing};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let samples = args.next().map_or(Some(1_000), |text| text.parse().ok()).filter(|&samples| samples >= 20);
    let samples = samples.filter(|_| args.next().is_none());
    program(
        "bench-timing",
        "[SAMPLES]",
        samples.map(|samples| move |out: &mut dyn Write| timing(samples, out)),
    )
}
