//! Faults: no login is accepted that should not be, nothing is lost, and removing the cause is enough.

mod activation;
mod crash;
mod kill_at_write;
mod log;
mod outage;
mod reload;
mod start;

use std::os::unix::process::CommandExt;
use std::process::Command;

use postern_tests::{Checkpassword, Site, host};

/// posternd for this site, as the user postern, not started yet.
fn posternd(site: &Site) -> Command {
    let mut command = as_postern(&host::program("posternd").display().to_string());
    command.arg("--config").arg(site.config());
    command
}

/// A program run as the user postern.
fn as_postern(program: &str) -> Command {
    let (uid, gid) = host::ids("postern");
    let mut command = Command::new(program);
    command.uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
    command
}

/// A login as Dovecot asks for it, without Dovecot.
fn checkpassword(site: &Site, user: &str, password: &str) -> Checkpassword {
    let reply_tool = ["/usr/lib/dovecot/checkpassword-reply"];
    site.checkpassword().args(&reply_tool).login("imap", "192.0.2.1").credentials(user, password)
}
