//! Shows web mail behind the second step, with a real Roundcube; run it with `make demo-webmail`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match postern_tests::demo::run_webmail(&mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "demo-webmail: {error}"));
            ExitCode::FAILURE
        }
    }
}
