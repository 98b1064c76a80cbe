//! Why a login is refused, in the form that its host passes on.

use postern_ipc::Tone;

use crate::libpam::{Handle, Item};
use crate::prompter;

/// Says it after the last question. Dovecot drops it.
pub(crate) fn say(pam: &Handle, text: &str) {
    if !text.is_empty() {
        prompter::show(pam, Tone::Error, text);
    }
}

/// Whether it is the host with this PAM_TTY.
pub(crate) fn is_host(pam: &Handle, tty: &[u8]) -> bool {
    pam.item(Item::Tty).is_some_and(|item| item.as_slice() == tty)
}
