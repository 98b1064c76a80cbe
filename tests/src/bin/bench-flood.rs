//! Measures what valid logins wait beside thousands of wrong ones a second.
//!
//! `bench-flood [SECONDS]`, for each flood; run it with `make bench-flood`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use postern_tests::bench::{flood, number_from_args, program};

fn main() -> ExitCode {
    let seconds = number_from_args(20, 2).and_then(|seconds| u64::try_from(seconds).ok());
    let lasts = seconds.map(Duration::from_secs);
    program("bench-flood", "[SECONDS]", lasts.map(|lasts| move |out: &mut dyn Write| flood(lasts, out)))
}
