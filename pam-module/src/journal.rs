//! The module's lines for syslog. None holds a secret.

use postern_ipc::{Facility, RemoteHost, Severity, log_to};
use postern_pam_text::log_value;

use crate::libpam::{Handle, Item};

/// The log of one hook.
pub(crate) struct Journal {
    prefix: String,
    debug: bool,
}

impl Journal {
    /// For a hook of PAM's management group `kind` (`auth`, `account`).
    pub(crate) fn new(pam: &Handle, kind: &str, debug: bool) -> Self {
        let service = pam.item(Item::Service).map(|name| log_value(&name)).unwrap_or_default();
        Self { prefix: format!("pam_postern({service}:{kind}):"), debug }
    }

    /// A fault.
    pub(crate) fn error(&self, text: &str) {
        write(Severity::Error, &format!("{} {text}", self.prefix));
    }

    /// An unusual event that is not a fault.
    pub(crate) fn note(&self, text: &str) {
        write(Severity::Notice, &format!("{} {text}", self.prefix));
    }

    /// A detail for fault-finding. Written only with the argument `debug`.
    pub(crate) fn debug(&self, text: &str) {
        if self.debug {
            write(Severity::Debug, &format!("{} {text}", self.prefix));
        }
    }

    /// A refusal: what was refused and the user that it is about, in the words that PAM modules use.
    pub(crate) fn refusal(&self, pam: &Handle, what: &str, user: &[u8]) {
        let item = |item| pam.item(item).map(|value| log_value(&value)).unwrap_or_default();
        let rhost = pam.item(Item::RemoteHost).map(|value| logged_host(&value)).unwrap_or_default();
        let (uid, euid) = (rustix::process::getuid().as_raw(), rustix::process::geteuid().as_raw());
        let line = format!(
            "{} {what}; logname= uid={uid} euid={euid} tty={} ruser={} rhost={rhost} user={}",
            self.prefix,
            item(Item::Tty),
            item(Item::RemoteUser),
            log_value(user)
        );
        write(Severity::Notice, &line);
    }
}

/// An address as log filters expect it: without its zone, and IPv4 as such.
fn logged_host(value: &[u8]) -> String {
    match std::str::from_utf8(value).ok().and_then(RemoteHost::parse) {
        Some(host) => log_value(host.to_string().as_bytes()),
        None => log_value(value),
    }
}

/// Sends one line under the host's own name, as libpam's pam_syslog does. Unlike this function, pam_syslog may wait for
/// a slow syslog, and leaves a descriptor open.
pub(crate) fn write(severity: Severity, line: &str) {
    let host = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
    let host = host.trim_end();
    log_to(Facility::AuthPrivate, if host.is_empty() { "pam_postern" } else { host }, severity, line);
}
