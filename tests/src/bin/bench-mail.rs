//! Compares logins through a real Dovecot's auth socket: Postern against two checkpassword programs that do nothing.
//!
//! `bench-mail [ROUNDS [SECONDS]]`; run it with `make bench-mail`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use postern_tests::bench::{Plan, run};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<f64>());
    let (rounds, seconds) = match (numbers.next(), numbers.next(), numbers.next()) {
        (None, None, None) => (9.0, 1.0),
        (Some(Ok(rounds)), None, None) if rounds >= 1.0 => (rounds, 1.0),
        (Some(Ok(rounds)), Some(Ok(seconds)), None) if rounds >= 1.0 && seconds >= 0.1 => (rounds, seconds),
        _ => return fail("usage: bench-mail [ROUNDS [SECONDS]]"),
    };
    let plan = Plan { rounds: rounds as usize, round: Duration::from_secs_f64(seconds) };
    match run(&plan, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("bench-mail: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    drop(writeln!(std::io::stderr().lock(), "{why}"));
    ExitCode::FAILURE
}
