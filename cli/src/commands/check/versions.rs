//! The installed programs that ask Postern, and their versions, by which the guides differ.

use std::process::Command;

use super::remark::Remark;

/// Reports what is installed.
pub(super) fn all() -> Vec<Remark> {
    let dovecot = first(&DOVECOT, "--version").map(|said| dovecot(&said));
    let sshd = first(&SSHD, "-V").map(|said| sshd(&said));
    dovecot.into_iter().chain(sshd).collect()
}

/// Reads `2.3.19.1 (9b53102964)`.
fn dovecot(said: &str) -> Remark {
    let version = said.split_whitespace().next().unwrap_or_default();
    let mut numbers = version.split('.');
    match (numbers.next(), numbers.next()) {
        (Some("2"), Some("3")) => Remark::note(format!(
            "Dovecot {version}: a 2.3, which asks by Lua, checkpassword or PAM (/usr/share/postern/examples/dovecot-2.3)"
        )),
        (Some("2"), Some("4")) => Remark::note(format!(
            "Dovecot {version}: a 2.4, which asks by Lua or PAM (/usr/share/postern/examples/dovecot-2.4)"
        )),
        _ => Remark::warn(format!(
            "Dovecot \"{version}\" is neither a 2.3 nor a 2.4, for which Postern was tried"
        )),
    }
}

/// Reads `OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025`. Older versions reject the option, and print the
/// version all the same.
fn sshd(said: &str) -> Remark {
    let version =
        said.split(|c: char| c.is_whitespace() || c == ',').find(|word| word.starts_with("OpenSSH_"));
    match version {
        Some(version) => Remark::note(version.replacen('_', " ", 1)),
        None => Remark::note("an sshd that does not say that it is OpenSSH".to_owned()),
    }
}

/// The output of the first of these programs that exists, on either stream.
fn first(programs: &[&str], option: &str) -> Option<String> {
    let program = programs.iter().find(|program| std::path::Path::new(program).is_file())?;
    let ran = Command::new(program).arg(option).output().ok()?;
    let said = [ran.stdout, ran.stderr].concat();
    Some(String::from_utf8_lossy(&said).replace(|c: char| c.is_control() && c != '\n', " "))
}

const DOVECOT: [&str; 2] = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"];
const SSHD: [&str; 2] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"];

#[cfg(test)]
mod tests {
    use super::super::remark::Mark;
    use super::*;

    #[test]
    fn a_dovecot_2_3_and_a_2_4_are_covered_and_others_are_named() {
        let covered = dovecot("2.3.19.1 (9b53102964)\n");
        assert!(covered.mark == Mark::Note && covered.text.contains("2.3.19.1: a 2.3"), "{covered}");
        let newer = dovecot("2.4.1-4 (7d8c0e5759)");
        assert!(newer.mark == Mark::Note && newer.text.contains("2.4.1-4: a 2.4"), "{newer}");
        for odd in ["3.0.0", "2.5.1", "2.2.36 (1f10bfa63)", "", "usage"] {
            assert_eq!(dovecot(odd).mark, Mark::Warn, "{odd}");
        }
    }

    #[test]
    fn an_sshd_says_its_version_in_its_usage_too() {
        let old =
            "unknown option -- V\nOpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023\nusage: sshd";
        assert_eq!(sshd(old).text, "OpenSSH 8.4p1");
        assert_eq!(sshd("OpenSSH_10.0p2, OpenSSL 3.5").text, "OpenSSH 10.0p2");
        assert!(sshd("dropbear").text.contains("does not say"));
    }
}
