/// The name and the password that a mail server passes on file descriptor 3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The name that was typed: any bytes but NUL.
    pub user: &'a [u8],
    /// The password that was typed, likewise; empty in a lookup.
    pub password: &'a [u8],
}

impl<'a> Credentials<'a> {
    /// Reads `user NUL password NUL …`. The fields that follow (a timestamp, or nothing) have no meaning here. `None` if the input is
    /// cut short; it cannot be a valid password then.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.split(|byte| *byte == 0);
        let (user, password) = (fields.next()?, fields.next()?);
        fields.next()?;
        Some(Self { user, password })
    }
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8]) -> Option<(&str, &str)> {
        let Credentials { user, password } = Credentials::parse(bytes)?;
        Some((std::str::from_utf8(user).unwrap(), std::str::from_utf8(password).unwrap()))
    }

    #[test]
    fn the_name_and_the_password_end_with_nul() {
        assert_eq!(split(b"alice\0secret\0\0"), Some(("alice", "secret")));
        assert_eq!(split(b"alice\0secret\0"), Some(("alice", "secret")));
        assert_eq!(split(b"alice\0\0\0"), Some(("alice", "")));
        assert_eq!(split(b"alice\0secret\0Y123456\0"), Some(("alice", "secret")));
    }

    #[test]
    fn input_that_is_cut_short_is_refused() {
        assert_eq!(split(b""), None);
        assert_eq!(split(b"alice\0secret"), None);
    }
}
