//! Stops panics: no hook unwinds into its host.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::Once;

use pamsm::{Pam, PamError};
use postern_ipc::Severity;

use crate::journal;
use crate::libpam::Handle;

/// Runs a hook; a panic in it becomes `PAM_ABORT` and a line in the syslog.
pub(crate) fn guarded(pam: Pam, arguments: &[String], hook: impl FnOnce(&Handle) -> PamError) -> PamError {
    // It is the hook of this module's own copy of std. A host in Rust keeps its own.
    QUIET.call_once(|| set_hook(Box::new(note)));
    let run = AssertUnwindSafe(|| {
        panic_where_a_test_wants_it(arguments);
        hook(&Handle::from(pam))
    });
    catch_unwind(run).unwrap_or(PamError::ABORT)
}

/// Logs the place of a panic, never its text, which may hold a secret.
fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
    journal::write(Severity::Error, &format!("pam_postern: internal error{}", place.unwrap_or_default()));
}

#[cfg(feature = "panic-hook")]
#[allow(clippy::panic, reason = "this is what the feature is for")]
fn panic_where_a_test_wants_it(arguments: &[String]) {
    assert!(!arguments.iter().any(|argument| argument == "panic"), "the argument asked for it");
}

#[cfg(not(feature = "panic-hook"))]
fn panic_where_a_test_wants_it(_: &[String]) {}

static QUIET: Once = Once::new();
