//! postern-checkpassword: relays a checkpassword request (Dovecot 2.3's, or the plain one) to posternd.
//!
//! It knows no password, no policy and no store, and is the same short-lived process for a login and a userdb lookup.

#![deny(unsafe_code)]
#![cfg_attr(all(target_env = "gnu", not(test)), no_main)]

mod arguments;
mod descriptors;
mod relay;
mod reply;
mod request;

#[cfg(all(target_env = "gnu", not(test)))]
use std::ffi::{c_char, c_int};
use std::time::Instant;

use postern_ipc::{ClientConfig, Severity, wait_until};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use arguments::Arguments;
use reply::Ending;
use request::{Purpose, Request};

/// What libc calls, past Rust's own start: that looks at the standard descriptors and reads /proc/self/maps to tell a stack
/// overflow from other faults, which for a process that lives a millisecond is a twentieth of its life. SIGPIPE keeps its
/// default: where nobody is left to read the answer, nobody misses the exit status.
#[cfg(all(target_env = "gnu", not(test)))]
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "libc calls the function of this name, and no other has it")]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    run().number().into()
}

/// Elsewhere libc does not hand over the arguments but to Rust's own start.
#[cfg(not(all(target_env = "gnu", not(test))))]
fn main() -> std::process::ExitCode {
    run().number().into()
}

fn run() -> Ending {
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
        // The configuration may be what is out of order.
        wait_until(started + ClientConfig::load(&arguments.config).unwrap_or_default().smtp_defer_after);
    }
    ending
}

/// Everything that is out of order comes back as a text for the log, and ends in 111.
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
