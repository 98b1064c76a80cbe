/// Whether `tty`, as PAM names it, is where a person types: a terminal, or sshd, which shows a person every visible question. Servers
/// that answer for a person have other names (`dovecot`, `ftp`), or none.
#[must_use]
pub fn is_terminal(tty: &str) -> bool {
    tty == "ssh" || ["/dev/", "tty", "pts/"].iter().any(|place| tty.starts_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_at_a_terminal_and_behind_sshd_alone() {
        for tty in ["ssh", "/dev/pts/3", "/dev/tty1", "tty1", "pts/0"] {
            assert!(is_terminal(tty), "{tty}");
        }
        for tty in ["dovecot", "ftp", "", "cron", "nodev", ":0", "SSH"] {
            assert!(!is_terminal(tty), "{tty}");
        }
    }
}
