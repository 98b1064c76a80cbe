//! Shows web mail behind the second step, with a real Roundcube; run it with `make demo-webmail`.

use std::process::ExitCode;

use postern_tests::program::fail;

fn main() -> ExitCode {
    match postern_tests::demo::run_webmail(&mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&format!("demo-webmail: {error}")),
    }
}
