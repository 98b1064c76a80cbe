//! Measures what valid logins wait beside thousands of wrong ones a second.
//!
//! `bench-flood [SECONDS]`, for each flood; run it with `make bench-flood`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use postern_tests::bench::{flood, program};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let seconds =
        args.next().map_or(Some(20), |text| text.parse::<u64>().ok()).filter(|&seconds| seconds > 1);
    let lasts = seconds.filter(|_| args.next().is_none()).map(Duration::from_secs);
    program("bench-flood", "[SECONDS]", lasts.map(|lasts| move |out: &mut dyn Write| flood(lasts, out)))
}
