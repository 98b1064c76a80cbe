//! Shows what Postern does, on a real Dovecot; run it with `make demo`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match postern_tests::demo::run(&mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "demo: {error}"));
            ExitCode::FAILURE
        }
    }
}
