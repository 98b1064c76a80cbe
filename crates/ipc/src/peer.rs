use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;

use rustix::net::sockopt::socket_peercred;

/// The local user that posternd runs as.
pub const SERVER_USER: &str = "postern";

/// The uid of a user in `/etc/passwd`. It is read without NSS, so static and embedded front doors can ask.
///
/// `None` if the file cannot be read or has no such user.
#[must_use]
pub fn uid_of_local_user(name: &str) -> Option<u32> {
    let passwd = BufReader::new(File::open("/etc/passwd").ok()?);
    // By bytes: the full name of another user may be in an old encoding.
    passwd.split(b'\n').map_while(Result::ok).find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let is_theirs = fields.next() == Some(name.as_bytes());
        is_theirs.then(|| std::str::from_utf8(fields.nth(1)?).ok()?.parse().ok()).flatten()
    })
}

/// Whether the process at the other end is root (systemd's socket activation) or posternd's own user.
///
/// The kernel reports the uid that called listen(2); see unix(7), `SO_PEERCRED`.
#[must_use]
pub fn is_trusted_server(socket: impl AsFd) -> bool {
    let Ok(peer) = socket_peercred(socket) else { return false };
    peer.uid.is_root() || Some(peer.uid.as_raw()) == uid_of_local_user(SERVER_USER)
}
