//! postern-web: the page for phones and the pages of accounts, over HTTP behind a proxy that speaks TLS. It parses what the internet sends, so it holds
//! no secret, decides nothing, and relays each request to posternd as one conversation.
//!
//! The program is [`run`]. The parsers of untrusted input are public, so that tests and fuzz targets can call them, and so
//! is what mail programs are set up with.

#![forbid(unsafe_code)]

mod account;
mod address;
mod api;
mod applications;
mod args;
mod assets;
mod client_limit;
pub mod client_setup;
mod config;
mod connection_slots;
mod conversation_places;
mod harden;
mod host_names;
mod listener;
mod logging;
mod published_settings;
mod reply;
mod request_log;
mod route;
mod routes;
mod same_origin;
mod server;
mod site;
mod stream;
mod token;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};

use crate::config::Config;

pub use account::{AccountPath, Change, Form, PageFile, StepId};
pub use address::{Network, of_client};
pub use api::arguments;
pub use applications::{ApplicationPath, is_local};
pub use assets::Asset;
pub use route::Route;
pub use token::{is_from_page, only_cookie};

/// Runs the program with this process's arguments, to its exit status.
#[must_use]
pub fn run() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return logging::usage(&error),
    };
    let config = match Config::load(&args.config) {
        Ok(config) => config,
        Err(error) => return logging::refuse(EX_CONFIG, &error.to_string()),
    };
    if args.check {
        return ExitCode::SUCCESS;
    }
    if let Err(error) = harden::harden() {
        return logging::refuse(EX_OSERR, &format!("cannot protect this process: {error}"));
    }
    let (log, faults) = match logging::start() {
        Ok(started) => started,
        Err(error) => return logging::refuse(EX_OSERR, &format!("cannot log: {error}")),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(config.limits.conversations)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return logging::refuse(EX_OSERR, &format!("cannot start: {error}")),
    };
    let ended = runtime.block_on(server::run(config, faults));
    // A conversation that is stuck must not keep this process alive.
    runtime.shutdown_timeout(LAST_MOMENT);
    log.flush(postern_log::LAST_MOMENT);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => logging::refuse(EX_CONFIG, &error.to_string()),
    }
}

/// The command line, for tests of the documents.
#[must_use]
pub fn command() -> clap::Command {
    args::Args::command()
}

/// What is wrong in a configuration with this text, for tests of the documents.
///
/// # Errors
/// A text with the key, and what to do.
pub fn examine_config(text: &str) -> Result<(), String> {
    Config::parse(text).map(drop)
}

const WORKERS: usize = 2;
const LAST_MOMENT: Duration = Duration::from_secs(1);
/// sysexits(3): the operating system failed.
const EX_OSERR: u8 = 71;
/// sysexits(3): the configuration is wrong.
const EX_CONFIG: u8 = 78;
