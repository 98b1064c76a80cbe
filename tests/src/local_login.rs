//! The real su and login, on a terminal of the host itself.
//!
//! Both have one PAM service for everybody: each run has a mount namespace in which that is its own.

use std::fs;
use std::process::Command;

use crate::terminal::{self, Terminal};
use crate::terminal_user::{self, TerminalUser};
use crate::{UnixUser, host, pam};

/// `by` at a terminal, who types `su` to become `target`. The stack is that of the service `su`, for this process alone.
#[must_use]
pub fn su(output: &str, by: &UnixUser, target: &str, stack: &str) -> TerminalUser {
    become_by("su", "su", output, (by, target), stack)
}

/// The same with `su -`, which is the service `su-l`.
#[must_use]
pub fn su_l(output: &str, by: &UnixUser, target: &str, stack: &str) -> TerminalUser {
    become_by("su -", "su-l", output, (by, target), stack)
}

fn become_by(
    typed: &str,
    service: &str,
    output: &str,
    (by, target): (&UnixUser, &str),
    stack: &str,
) -> TerminalUser {
    drop(host::setuid_program("/usr/bin/su", "util-linux"));
    let script = format!(
        "{OWN_SERVICE}exec setpriv --reuid=\"$3\" --regid=\"$3\" --init-groups {typed} \"$4\" -c \"$5\""
    );
    let mut command = with_service(service, stack, &script);
    command.args([&by.uid.to_string(), target, &terminal_user::arrival()]);
    // Root begins, as only root mounts; on a terminal of the user's.
    TerminalUser::at(Terminal::start(command, by.ids()), output, "su")
}

/// A user at a console that asks for a name first. The stack is that of the service `login`, for this process alone.
#[must_use]
pub fn console(output: &str, stack: &str) -> TerminalUser {
    drop(host::system_program("/bin/login", "login"));
    let command = with_service("login", stack, &format!("{OWN_SERVICE}exec login"));
    TerminalUser::at(Terminal::start(command, (0.into(), 0.into())), output, "login")
}

// A shell in a mount namespace of its own, where the file $1 is the service $2; further arguments follow.
fn with_service(service: &str, stack: &str, script: &str) -> Command {
    host::require_test_host();
    let file = tempfile::Builder::new().prefix("pam.").tempfile_in(host::test_dir()).expect("a file");
    let (_, path) = file.keep().expect("a file");
    fs::write(&path, pam::filled_in(stack)).expect("a PAM service");
    host::own(&path, (0.into(), 0.into()), 0o644);
    let mut command = terminal::command(&host::system_program("/usr/bin/unshare", "util-linux"));
    command
        .args(["--mount", "--propagation", "private", "/bin/sh", "-ec", script, "sh"])
        .arg(path)
        .arg(service);
    command
}

const OWN_SERVICE: &str = "mount --bind \"$1\" \"/etc/pam.d/$2\"\n";
