use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};

/// The severity of a message (RFC 5424, section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A fault.
    Error = 3,
    /// An unusual event that an admin should know.
    Notice = 5,
    /// A usual event.
    Info = 6,
    /// A detail for fault-finding.
    Debug = 7,
}

/// The facility of a message, which decides who may read it (RFC 5424, section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facility {
    /// `auth`.
    Auth = 4,
    /// `authpriv`: where PAM modules write. Its messages may contain names that people typed.
    AuthPrivate = 10,
}

/// Sends one line to the local syslog under the `auth` facility. Without a syslog it does nothing. See [`log_to`].
pub fn log(program: &str, severity: Severity, text: &str) {
    log_to(Facility::Auth, program, severity, text);
}

/// Sends one line to the local syslog (RFC 3164, section 4.1). Without a syslog it does nothing.
///
/// Control characters in `text` become `?`, so one call is one line. `program` is reduced to the characters of a tag,
/// so that a process name cannot end the tag early. No descriptor stays open, and the call never waits.
pub fn log_to(facility: Facility, program: &str, severity: Severity, text: &str) {
    let clean: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let priority = facility as u8 * 8 + severity as u8;
    let line = format!("<{priority}>{}[{}]: {clean}", tag(program), std::process::id());
    // A full or absent syslog must not change a verdict.
    send_to(Path::new("/dev/log"), &line).unwrap_or_default();
}

/// As syslog(3) does: a datagram, or on a stream socket a message that NUL ends.
fn send_to(path: &Path, line: &str) -> Result<(), Errno> {
    let socket = UnixDatagram::unbound().map_err(|error| errno(&error))?;
    socket.set_nonblocking(true).map_err(|error| errno(&error))?;
    match socket.send_to(line.as_bytes(), path).map_err(|error| errno(&error)) {
        Err(Errno::PROTOTYPE) => send_as_stream(path, line),
        sent => sent.map(|_| ()),
    }
}

fn send_as_stream(path: &Path, line: &str) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    let mut rest = [line.as_bytes(), b"\0"].concat();
    while !rest.is_empty() {
        // A syslog that is gone must not end the host with SIGPIPE.
        match send(&socket, &rest, SendFlags::NOSIGNAL) {
            Ok(sent) => drop(rest.drain(..sent.min(rest.len()))),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn errno(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// A process may choose any name, and every character but a letter or digit would end the tag (RFC 3164, section
/// 4.1.3).
fn tag(program: &str) -> String {
    let tag: String =
        program.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
    if tag.is_empty() { "postern".to_owned() } else { tag }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_line_reaches_a_syslog_of_either_kind_and_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (datagrams, streams) = (dir.path().join("dgram"), dir.path().join("stream"));
        let socket = UnixDatagram::bind(&datagrams).unwrap();
        let listener = UnixListener::bind(&streams).unwrap();
        for path in [&datagrams, &streams] {
            send_to(path, "<86>sshd[1]: one").unwrap();
            send_to(path, "<86>sshd[1]: two").unwrap();
        }
        let mut message = [0; 64];
        for word in ["one", "two"] {
            let line = format!("<86>sshd[1]: {word}");
            let length = socket.recv(&mut message).unwrap();
            assert_eq!(&message[..length], line.as_bytes());
            let mut all = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut all).unwrap();
            assert_eq!(all, [line.as_bytes(), b"\0"].concat());
        }
    }

    #[test]
    fn a_syslog_that_is_absent_gone_or_full_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        assert!(send_to(&dir.path().join("absent"), "x").is_err());
        let gone = dir.path().join("gone");
        drop(UnixListener::bind(&gone).unwrap());
        assert!(send_to(&gone, "x").is_err());
        let full = dir.path().join("full");
        let _listener = UnixListener::bind(&full).unwrap();
        assert!((0..100_000).any(|_| send_to(&full, &"x".repeat(4096)).is_err()), "no reader");
    }

    #[test]
    fn a_process_name_cannot_forge_a_tag() {
        assert_eq!(tag("sshd-session"), "sshd-session");
        assert_eq!(tag("pam_postern.so"), "pam_postern.so");
        assert_eq!(tag("sshd[1]: ok\n\u{1b}"), "sshd1ok");
        assert_eq!(tag("\u{e4}: "), "postern");
    }
}
