//! Prints what the benchmarks before it saw of all that is promised.
//!
//! `bench-summary`; run it with `make bench`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{program, summary};

fn main() -> ExitCode {
    program("bench-summary", "", Some(|out: &mut dyn Write| summary(out)))
}
