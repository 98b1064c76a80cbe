use std::os::unix::net::UnixDatagram;

/// How bad a message is, as in RFC 5424, section 6.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something is out of order.
    Error = 3,
    /// Somebody should know.
    Notice = 5,
    /// For the record.
    Info = 6,
    /// For whoever looks for a fault.
    Debug = 7,
}

/// Who may read a message, as in RFC 5424, section 6.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facility {
    /// `auth`.
    Auth = 4,
    /// `authpriv`: where PAM modules write, and with it names that people typed.
    AuthPrivate = 10,
}

/// Sends one line to the local syslog under the `auth` facility; does nothing where there is none. See [`log_to`].
pub fn log(program: &str, severity: Severity, text: &str) {
    log_to(Facility::Auth, program, severity, text);
}

/// Sends one line to the local syslog (RFC 3164, section 4.1); does nothing where there is none.
///
/// Control characters in `text` become `?`, so that one call is one line, and of `program` only what a tag may hold is kept,
/// so that nobody's process name ends it early. No descriptor stays open, and nothing waits.
pub fn log_to(facility: Facility, program: &str, severity: Severity, text: &str) {
    let clean: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    let priority = facility as u8 * 8 + severity as u8;
    let line = format!("<{priority}>{}[{}]: {clean}", tag(program), std::process::id());
    let Ok(socket) = UnixDatagram::unbound() else { return };
    if socket.set_nonblocking(true).is_ok() {
        // A full or absent syslog must not change a verdict.
        drop(socket.send_to(line.as_bytes(), "/dev/log"));
    }
}

/// A process may call itself anything, and whatever is no letter or digit ends a tag (RFC 3164, section 4.1.3).
fn tag(program: &str) -> String {
    let tag: String =
        program.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
    if tag.is_empty() { "postern".to_owned() } else { tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_cannot_forge_a_tag() {
        assert_eq!(tag("sshd-session"), "sshd-session");
        assert_eq!(tag("pam_postern.so"), "pam_postern.so");
        assert_eq!(tag("sshd[1]: ok\n\u{1b}"), "sshd1ok");
        assert_eq!(tag("\u{e4}: "), "postern");
    }
}
