//! Opens configuration files and files of secrets: the one place where Postern checks who could have written them.
//!
//! A file is read only if it is a regular file, belongs to root or to this process, and cannot be written by others. Files
//! with secrets must not be readable by others either. The check is made on the open file, so it cannot be replaced in
//! between.

#![forbid(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

/// Reads a file with secrets, or one that decides who gets in. It must belong to root or to this process, its group may read
/// it, and others may do nothing with it.
///
/// # Errors
/// [`FileError`] says what is wrong and how to fix it.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, 0o027, 0o640)
}

/// As [`read_private`], for a file that `postern init` creates.
///
/// # Errors
/// [`FileError`] says what is wrong and how to fix it.
pub fn read_made_by_init(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read_private(path).map_err(|error| match error {
        FileError::Missing => FileError::NotMade,
        FileError::NotMade
        | FileError::Denied(_)
        | FileError::NotReadable(_)
        | FileError::Io(_)
        | FileError::NotAFile
        | FileError::Mode { .. }
        | FileError::Owner(_)
        | FileError::TooLarge => error,
    })
}

/// Reads a file without secrets, such as a front door's configuration or the text of a message. It must belong to root or to
/// this process, and neither its group nor others may write it.
///
/// # Errors
/// [`FileError`] says what is wrong and how to fix it.
pub fn read_trusted(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, 0o022, 0o644).map_err(|error| match error {
        FileError::Denied(uid) => FileError::NotReadable(uid),
        FileError::Missing
        | FileError::NotMade
        | FileError::NotReadable(_)
        | FileError::Io(_)
        | FileError::NotAFile
        | FileError::Mode { .. }
        | FileError::Owner(_)
        | FileError::TooLarge => error,
    })
}

fn read(path: &Path, forbidden: u32, wanted: u32) -> Result<Zeroizing<String>, FileError> {
    let file = open(path)?;
    let meta = file.metadata().map_err(FileError::Io)?;
    if !meta.is_file() {
        return Err(FileError::NotAFile);
    }
    if meta.mode() & forbidden != 0 {
        return Err(FileError::Mode { mode: meta.mode() & 0o7777, wanted });
    }
    if meta.uid() != 0 && meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::Owner(meta.uid()));
    }
    let mut text =
        Zeroizing::new(String::with_capacity(usize::try_from(meta.len()).unwrap_or(0).min(MAX_BYTES + 1)));
    file.take(MAX_BYTES as u64 + 1).read_to_string(&mut text).map_err(FileError::Io)?;
    if text.len() > MAX_BYTES { Err(FileError::TooLarge) } else { Ok(text) }
}

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The admin has not written it yet, or the path is wrong.
    #[error("does not exist; write it, and let only posternd read it: chown root:postern and chmod 0640")]
    Missing,
    /// `postern init` has not created it yet, or the path is wrong.
    #[error("does not exist; create it with: postern init")]
    NotMade,
    /// A private file that this process, which has the uid, may not open, or not reach.
    #[error(
        "may not be read by user postern (uid {0}); fix it with: chown root:postern and chmod 0640, and see that user postern may pass through the folders above it"
    )]
    Denied(u32),
    /// A file without secrets that this process, which has the uid, may not open, or not reach.
    #[error(
        "may not be read by uid {0}; fix it with: chmod 0644, and see that uid {0} may pass through the folders above it"
    )]
    NotReadable(u32),
    /// The system reports another error.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// It is a folder, a device or the like.
    #[error("is not a regular file")]
    NotAFile,
    /// Its mode lets others read or write it.
    #[error("has mode {mode:04o}, so that others could read or write it; fix it with: chmod {wanted:04o}")]
    Mode {
        /// The mode that it has.
        mode: u32,
        /// The mode that it should have.
        wanted: u32,
    },
    /// Its owner is neither root nor this process, and could change it.
    #[error("belongs to uid {0}, which is neither root nor this process; fix it with: chown root:postern")]
    Owner(u32),
    /// It is too large for what it should be.
    #[error("is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

fn open(path: &Path) -> Result<File, FileError> {
    // Without O_NONBLOCK, opening a fifo in the place of the file would block forever.
    OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            FileError::Missing
        } else if error.kind() == io::ErrorKind::PermissionDenied {
            FileError::Denied(rustix::process::geteuid().as_raw())
        } else {
            FileError::Io(error)
        }
    })
}

const O_NONBLOCK: i32 = 0o4000;
const MAX_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn private(mode: u32) -> Result<Zeroizing<String>, FileError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "text").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        read_private(&path)
    }

    #[test]
    fn a_file_that_others_could_read_or_write_is_refused() {
        for mode in [0o600, 0o640, 0o400] {
            assert_eq!(private(mode).unwrap().as_str(), "text");
        }
        for mode in [0o660, 0o644, 0o602, 0o666, 0o641] {
            assert!(matches!(private(mode), Err(FileError::Mode { .. })), "{mode:o}");
        }
    }

    #[test]
    fn a_file_without_secrets_may_be_read_and_not_written_by_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "text").unwrap();
        for (mode, is_taken) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_trusted(&path).is_ok(), is_taken, "{mode:o}");
        }
    }

    #[test]
    fn a_missing_file_and_a_folder_are_refused() {
        assert!(matches!(read_private(Path::new("/nonexistent")), Err(FileError::Missing)));
        assert!(read_private(Path::new("/")).is_err());
    }

    #[test]
    fn only_a_file_that_init_makes_sends_to_init() {
        let absent = Path::new("/nonexistent");
        let made = read_made_by_init(absent).unwrap_err().to_string();
        let own = read_private(absent).unwrap_err().to_string();
        assert!(made.contains("postern init"), "{made}");
        assert!(!own.contains("postern init") && own.contains("root:postern"), "{own}");
    }
}
