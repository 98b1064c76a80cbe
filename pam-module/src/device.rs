//! The ssh key that a person used before, as a device identity.

use crate::libpam::{Handle, Item};

/// `ssh-key TYPE BLOB`: the first public key that sshd accepted in this login, a certificate as it stands.
///
/// Only of sshd, which PAM knows by its terminal: elsewhere pam_env may fill the PAM environment as the person likes.
pub(crate) fn of_login(pam: &Handle) -> Option<String> {
    if pam.item(Item::Tty)?.as_slice() != b"ssh" {
        return None;
    }
    let info = pam.variable(c"SSH_AUTH_INFO_0")?;
    key(std::str::from_utf8(&info).ok()?)
}

/// One line for each method that succeeded: the method's name, and for a key its type and its blob.
fn key(info: &str) -> Option<String> {
    info.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (method, kind, blob) = (words.next()?, words.next()?, words.next()?);
        let is_key = method == "publickey"
            && (1..=MAX_KIND).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.@".contains(&byte))
            && (1..=MAX_BLOB).contains(&blob.len())
            && blob.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        is_key.then(|| format!("ssh-key {kind} {blob}"))
    })
}

const MAX_KIND: usize = 64;
/// The base64 of a certificate with several long fields; a message of the protocol holds twice as much.
const MAX_BLOB: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_counts() {
        assert_eq!(
            key("publickey ssh-ed25519 AAAAC3+/=\n").as_deref(),
            Some("ssh-key ssh-ed25519 AAAAC3+/=")
        );
        let two = "password\npublickey ssh-rsa-cert-v01@openssh.com AAAA\npublickey ssh-ed25519 BBBB\n";
        assert_eq!(key(two).as_deref(), Some("ssh-key ssh-rsa-cert-v01@openssh.com AAAA"));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let long = format!("publickey ssh-rsa {}", "A".repeat(MAX_BLOB + 1));
        for info in [
            "",
            "password",
            "publickey",
            "publickey ssh-rsa",
            "hostbased ssh-rsa AAAA",
            "publickey a b\"c",
            &long,
        ] {
            assert_eq!(key(info), None, "{info}");
        }
    }
}
