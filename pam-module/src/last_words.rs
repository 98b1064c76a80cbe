//! Why a login is refused, in the form that its host passes on.

use postern_ipc::Tone;
use postern_pam_text::lines;

use crate::libpam::{Handle, Item, Manner};
use crate::prompter;

/// Says it after the last question.
///
/// Dovecot drops messages. With `failure_show_msg=yes` it passes the last question on to the mail program, and answers it as
/// every other: with the password, which goes nowhere.
pub(crate) fn say(pam: &Handle, text: &str) {
    if text.is_empty() {
        return;
    }
    if is_host(pam, b"dovecot") {
        let line = lines(text).iter().map(|line| line.as_str()).collect::<Vec<_>>().join(" ");
        drop(pam.ask(Manner::Hidden, &line));
    } else {
        prompter::show(pam, Tone::Error, text);
    }
}

/// Whether it is the host with this PAM_TTY.
pub(crate) fn is_host(pam: &Handle, tty: &[u8]) -> bool {
    pam.item(Item::Tty).is_some_and(|item| item.as_slice() == tty)
}
