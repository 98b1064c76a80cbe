//! postern: the command line. Admins' commands work on the stores directly, as user postern, whether or not posternd
//! runs. Self-service commands go through posternd.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod count;
mod courier;
mod failure;
mod language;
mod notices;
mod output;
mod person;
mod png;
mod privileges;
mod progress;
mod prompt;
mod records;
mod schema;
mod screen;
mod secret_file;
mod site;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return failure::usage(&error),
    };
    if let Err(error) = privileges::protect() {
        return error.report();
    }
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::system(format!("cannot start: {error}")))?;
    runtime.block_on(commands::run(args))
}
