//! Compares how long refusals take at posternd's socket, for what they may tell about accounts.
//!
//! `bench-timing [SAMPLES]`; run it with `make bench-timing`.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::timing;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let samples = args.next().map_or(Some(1_000), |text| text.parse().ok()).filter(|&samples| samples >= 20);
    let (Some(samples), None) = (samples, args.next()) else { return fail("usage: bench-timing [SAMPLES]") };
    match timing(samples, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-timing: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
