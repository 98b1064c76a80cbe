use std::fmt;
use std::path::Path;

use postern_core::config::{FileError, read_private};
use zeroize::Zeroizing;

use crate::OpenError;

/// The secret in a file: one line, without its line end.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// Reads the file's only line.
    pub(crate) fn read(section: &'static str, path: &Path) -> Result<Self, OpenError> {
        let [secret] = lines(section, path, "holds one line, the secret")?;
        Ok(secret)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Reads a file of exactly `COUNT` lines that are not empty.
pub(crate) fn lines<const COUNT: usize>(
    section: &'static str,
    path: &Path,
    wanted: &str,
) -> Result<[Secret; COUNT], OpenError> {
    let text = read_private(path).map_err(|error| match error {
        FileError::Missing => OpenError::of_file(
            section,
            path,
            "does not exist; write it, root:postern 0640, or remove the key",
        ),
        FileError::NotMade
        | FileError::Denied(_)
        | FileError::NotReadable(_)
        | FileError::Io(_)
        | FileError::NotAFile
        | FileError::Mode { .. }
        | FileError::Owner(_)
        | FileError::TooLarge => OpenError::of_file(section, path, error),
    })?;
    let lines: Vec<Secret> = text
        .trim_end_matches(['\r', '\n'])
        .split('\n')
        .map(|line| Secret(Zeroizing::new(line.trim_end_matches('\r').to_owned())))
        .collect();
    let is_plain =
        |line: &Secret| !line.expose().trim().is_empty() && !line.expose().chars().any(char::is_control);
    let wrong = OpenError::of_file(section, path, format!("is not as it should be: it {wanted}"));
    if !lines.iter().all(is_plain) {
        return Err(wrong);
    }
    <[Secret; COUNT]>::try_from(lines).map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn read(text: &str, mode: u32) -> Result<Secret, OpenError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        Secret::read("courier.sms", &path)
    }

    #[test]
    fn a_secret_is_one_line_that_others_may_not_read() {
        for text in ["abc", "abc\n", "abc\r\n"] {
            assert_eq!(read(text, 0o600).unwrap().expose(), "abc");
        }
        for text in ["", "\n", "abc\ndef\n", "a\tb"] {
            assert!(read(text, 0o600).is_err(), "{text:?}");
        }
        let error = read("abc", 0o644).unwrap_err().to_string();
        assert!(error.starts_with("courier.sms: /") && error.contains("chmod 0640"), "{error}");
        assert!(!format!("{:?}", read("abc", 0o600)).contains("abc"));
    }
}
