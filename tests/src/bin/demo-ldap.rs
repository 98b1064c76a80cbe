//! Shows what Postern does on a real slapd and a real Redis; run it with `make demo-ldap`.

use std::process::ExitCode;

use postern_tests::program::fail;

fn main() -> ExitCode {
    match postern_tests::demo::run_on_ldap(&mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&format!("demo-ldap: {error}")),
    }
}
