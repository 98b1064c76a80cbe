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

use postern_ipc::{ClientConfig, Deferral, Severity};
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
    let parsed = arguments.as_ref().map_err(|why| Deferral::of_host(why.clone()));
    parsed.and_then(|arguments| answer(arguments, started)).unwrap_or_else(|deferral| {
        postern_ipc::log("postern-checkpassword", Severity::Error, deferral.why());
        if let Ok(arguments) = &arguments
            && request::is_by_postfix(arguments)
        {
            // The configuration itself may be broken.
            let config = ClientConfig::load(&arguments.config).unwrap_or_default();
            deferral.outlast_postfix(started, config.smtp_defer_after);
        }
        Ending::Defer
    })
}

/// Every fault ends in 111.
fn answer(arguments: &Arguments, started: Instant) -> Result<Ending, Deferral> {
    // No password in a core dump.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| Deferral::of_host(format!("prctl: {error}")))?;
    let config =
        ClientConfig::load(&arguments.config).map_err(|error| Deferral::of_host(error.to_string()))?;
    let deadline = started + config.mail_deadline;
    let Some(request) = Request::read(arguments, deadline).map_err(Deferral::of_host)? else {
        return Ok(Ending::Refused);
    };
    let is_lookup = request.purpose == Purpose::Lookup;
    let verdict = relay::ask(&config, request, deadline)?;
    reply::give(verdict, is_lookup, arguments)
}
