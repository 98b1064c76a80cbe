//! The program postern-checkpassword; see the library.

#![deny(unsafe_code)]
#![cfg_attr(target_env = "gnu", no_main)]

#[cfg(target_env = "gnu")]
use std::ffi::{c_char, c_int};

/// libc calls this in the place of Rust's own start, which looks at the standard descriptors and reads /proc/self/maps to
/// tell a stack overflow from other faults. That takes a twentieth of a process that lives a millisecond. SIGPIPE keeps its
/// default: if no process is left to read the answer, none will miss the exit status.
#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "libc calls the function of this name, and no other has it")]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    postern_checkpassword::run().into()
}

/// Other libcs hand over the arguments only to Rust's own start.
#[cfg(not(target_env = "gnu"))]
fn main() -> std::process::ExitCode {
    postern_checkpassword::run().into()
}
