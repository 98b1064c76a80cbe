//! postern_lua: the function `postern_converse`, with which `postern.lua` puts a login or a lookup to posternd.
//!
//! It lives inside Dovecot's auth workers, knows no password, no policy and no store, and decides nothing. Its connection to
//! posternd stays open from one login to the next. It starts no thread and prints nothing.

#![deny(unsafe_code)]

mod conversation;
mod lua;
mod question;

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::Once;

use postern_ipc::Severity;

use conversation::Answer;
use question::{Question, Unusable};

/// Reads a question and puts it to posternd. No panic leaves this function.
fn answer(question: impl FnOnce() -> Result<Question, Unusable>) -> Answer {
    // It is the hook of this module's own copy of std; Dovecot has none.
    QUIET.call_once(|| set_hook(Box::new(note)));
    let ask = || match question() {
        Ok(question) => conversation::hold(question),
        Err(Unusable) => Answer::defer("postern.lua and postern_lua.so are of different releases"),
    };
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| Answer::defer("internal error"))
}

/// Logs the place of a panic, never its text, which may hold a secret.
fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
    postern_ipc::log("postern_lua", Severity::Error, &format!("internal error{}", place.unwrap_or_default()));
}

static QUIET: Once = Once::new();
