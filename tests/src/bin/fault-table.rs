//! Prints what a person sees at every door while a server fails, and whether that is what is promised.
//!
//! `fault-table [ROW]...`, where ROW is a party, a fault, or both as in `ldap/slow`; run it with `make faults`.

use std::process::ExitCode;

use postern_tests::fault_table;
use postern_tests::program::fail;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rows = match fault_table::rows(&words) {
        Ok(rows) => rows,
        Err(why) => return fail(&why),
    };
    match fault_table::run(&rows, &mut std::io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => fail("fault-table: some cells are not as promised"),
        Err(error) => fail(&format!("fault-table: {error}")),
    }
}
