//! Shows what Postern does, on a real Dovecot; run it with `make demo`, or `make demo KEEP=1` to try things by hand afterwards.

use std::process::ExitCode;

use postern_tests::program::fail;

fn main() -> ExitCode {
    let keep = std::env::args().skip(1).any(|argument| argument == "--keep");
    match postern_tests::demo::run(&mut std::io::stdout().lock(), keep) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&format!("demo: {error}")),
    }
}
