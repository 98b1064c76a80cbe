//! postern-checkpassword: relays a checkpassword request (Dovecot 2.3's, or the plain one) to posternd.
//!
//! It knows no password, no policy and no store, and is the same short-lived process for a login and a userdb lookup. The
//! program is [`run`]. The parser of the request is public, so that tests and fuzz targets can call it.

#![deny(unsafe_code)]

mod arguments;
mod credentials;
mod descriptors;
mod relay;
mod reply;
mod request;

use std::time::Instant;

use postern_ipc::{ClientConfig, Severity, wait_until};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use arguments::Arguments;
pub use credentials::Credentials;
use reply::Ending;
use request::{Purpose, Request};

/// Runs the program with this process's arguments, environment and descriptors, to its exit status.
#[must_use]
pub fn run() -> u8 {
    run_to_ending().number()
}

fn run_to_ending() -> Ending {
    let started = Instant::now();
    let arguments = Arguments::parse(std::env::args_os().skip(1));
    let ending = arguments.as_ref().map_err(Clone::clone).and_then(|arguments| answer(arguments, started));
    let ending = ending.unwrap_or_else(|why| {
        postern_ipc::log("postern-checkpassword", Severity::Error, &why);
        Ending::Defer
    });
    if let (Ending::Defer, Ok(arguments)) = (ending, &arguments)
        && request::is_by_postfix(arguments)
    {
        // The configuration itself may be broken.
        wait_until(started + ClientConfig::load(&arguments.config).unwrap_or_default().smtp_defer_after);
    }
    ending
}

/// Every fault comes back as a text for the log, and ends in 111.
fn answer(arguments: &Arguments, started: Instant) -> Result<Ending, String> {
    // No password in a core dump.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("prctl: {error}"))?;
    let config = ClientConfig::load(&arguments.config).map_err(|error| error.to_string())?;
    let deadline = started + config.mail_deadline;
    let Some(request) = Request::read(arguments, deadline)? else {
        return Ok(Ending::Refused);
    };
    let is_lookup = request.purpose == Purpose::Lookup;
    let verdict = relay::ask(&config, request, deadline)?;
    reply::give(verdict, is_lookup, arguments)
}
