//! How the programs of this crate end.

use std::io::Write;
use std::process::ExitCode;

/// Says on standard error why a program fails. The caller returns what this returns.
pub fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
