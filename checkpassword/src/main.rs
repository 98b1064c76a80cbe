//! postern-checkpassword: relays a checkpassword request (Dovecot 2.3's, or the plain one) to posternd.
//!
//! It knows no password, no policy and no store, and is the same short-lived process for a login and a userdb lookup.

#![deny(unsafe_code)]

mod arguments;
mod descriptors;
mod relay;
mod reply;
mod request;

use std::process::ExitCode;
use std::time::Instant;

use postern_ipc::{ClientConfig, Severity};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use arguments::Arguments;
use reply::Ending;
use request::{Purpose, Request};

fn main() -> ExitCode {
    let started = Instant::now();
    let ending = answer(started).unwrap_or_else(|why| {
        postern_ipc::log("postern-checkpassword", Severity::Error, &why);
        Ending::Defer
    });
    ending.into()
}

/// Everything that is out of order comes back as a text for the log, and ends in 111.
fn answer(started: Instant) -> Result<Ending, String> {
    // No password in a core dump.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("prctl: {error}"))?;
    let arguments = Arguments::parse(std::env::args_os().skip(1))?;
    let config = ClientConfig::load(&arguments.config).map_err(|error| error.to_string())?;
    let deadline = started + config.mail_deadline;
    let Some(request) = Request::read(&arguments, deadline)? else {
        return Ok(Ending::Refused);
    };
    let is_lookup = request.purpose == Purpose::Lookup;
    let verdict = relay::ask(&config, request, deadline)?;
    reply::give(verdict, is_lookup, &arguments)
}
