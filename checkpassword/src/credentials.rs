/// The name and the password that a mail server passes on file descriptor 3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The name that was typed.
    pub user: &'a str,
    /// The password that was typed; empty in a lookup.
    pub password: &'a str,
}

impl<'a> Credentials<'a> {
    /// Reads `user NUL password NUL …`, both in UTF-8. The fields that follow (a timestamp, or nothing) have no meaning here.
    /// `None` if the input is cut short or not UTF-8; it cannot be a valid password then.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = bytes.split(|byte| *byte == 0);
        let (user, password) = (fields.next()?, fields.next()?);
        fields.next()?;
        Some(Self { user: std::str::from_utf8(user).ok()?, password: std::str::from_utf8(password).ok()? })
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
        Credentials::parse(bytes).map(|parsed| (parsed.user, parsed.password))
    }

    #[test]
    fn the_name_and_the_password_end_with_nul() {
        assert_eq!(split(b"alice\0secret\0\0"), Some(("alice", "secret")));
        assert_eq!(split(b"alice\0secret\0"), Some(("alice", "secret")));
        assert_eq!(split(b"alice\0\0\0"), Some(("alice", "")));
        assert_eq!(split(b"alice\0secret\0Y123456\0"), Some(("alice", "secret")));
    }

    #[test]
    fn input_that_is_cut_short_or_not_utf_8_is_refused() {
        assert_eq!(split(b""), None);
        assert_eq!(split(b"alice\0secret"), None);
        assert_eq!(split(b"alice\0s\xff\0"), None);
        assert_eq!(split(b"al\xffice\0s\0"), None);
    }
}
