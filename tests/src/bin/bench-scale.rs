//! Measures what many accounts cost: posternd's memory, their return after a restart, many credentials, several posternd, a large
//! directory, and the programs themselves.
//!
//! `bench-scale [ROUNDS [SECONDS]] [PART]...`; run it with `make bench-scale`. A word that is no part is refused with a list of the parts.

use std::io::Write;
use std::process::ExitCode;

use postern_tests::bench::{Part, Plan, program, scale};

fn main() -> ExitCode {
    let run = Plan::with_names(50, 0.5).and_then(|(plan, names)| {
        let parts = Part::named(&names)?;
        Some(move |out: &mut dyn Write| scale(&plan, &parts, out))
    });
    let parts = Part::ALL.map(Part::name).join(", ");
    program("bench-scale", &format!("[ROUNDS [SECONDS]] [PART]...; the parts are {parts}"), run)
}
