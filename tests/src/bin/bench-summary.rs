//! Prints what the benchmarks before it saw of all that is promised.
//!
//! `bench-summary`; run it with `make bench`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::summary;

fn main() -> ExitCode {
    match summary(&mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "bench-summary: {error}"));
            ExitCode::FAILURE
        }
    }
}
