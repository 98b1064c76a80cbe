//! Shows what Postern does on a real slapd and a real Redis; run it with `make demo-ldap`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match postern_tests::demo::run_on_ldap(&mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            drop(writeln!(std::io::stderr().lock(), "demo-ldap: {error}"));
            ExitCode::FAILURE
        }
    }
}
