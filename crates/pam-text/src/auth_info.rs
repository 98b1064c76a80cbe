/// The first public key in `SSH_AUTH_INFO_0`, as the device identity `ssh-key TYPE BLOB`; a certificate as it is.
///
/// sshd writes one line for each method that succeeded: the method's name, and for a key its type and its blob. `None` if no
/// line is a well-formed key.
#[must_use]
pub fn ssh_key(info: &str) -> Option<String> {
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
/// The base64 of a certificate with several long fields. A message of the protocol holds twice as much.
const MAX_BLOB: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_counts() {
        assert_eq!(
            ssh_key("publickey ssh-ed25519 AAAAC3+/=\n").as_deref(),
            Some("ssh-key ssh-ed25519 AAAAC3+/=")
        );
        let two = "password\npublickey ssh-rsa-cert-v01@openssh.com AAAA\npublickey ssh-ed25519 BBBB\n";
        assert_eq!(ssh_key(two).as_deref(), Some("ssh-key ssh-rsa-cert-v01@openssh.com AAAA"));
    }

    #[test]
    fn malformed_input_has_no_key() {
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
            assert_eq!(ssh_key(info), None, "{info}");
        }
    }
}
