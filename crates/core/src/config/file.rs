use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

/// Reads a security-critical file. It must belong to root or to this process, only its owner may write it, and others may not read
/// it.
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
        | FileError::Io(_)
        | FileError::NotAFile
        | FileError::Mode { .. }
        | FileError::Owner(_)
        | FileError::TooLarge => error,
    })
}

/// Reads a file without secrets, such as the text of a message. It must belong to root or to this process, and only its owner may
/// write it.
///
/// # Errors
/// [`FileError`] says what is wrong and how to fix it.
pub fn read_trusted(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read(path, 0o022, 0o644)
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
    #[error("does not exist; make it with: postern init")]
    NotMade,
    /// This process, running with this uid, may not open it or pass through a folder above it.
    #[error(
        "may not be read by user postern (uid {0}); mend it with: chown root:postern and chmod 0640, and see that user postern may pass through the folders above it"
    )]
    Denied(u32),
    /// It cannot be opened or read.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// Not a regular file, such as a folder or a device.
    #[error("is not a regular file")]
    NotAFile,
    /// Others may read or write it.
    #[error("has mode {mode:04o}, so that others could read or write it; mend it with: chmod {wanted:04o}")]
    Mode {
        /// The file's mode.
        mode: u32,
        /// The required mode.
        wanted: u32,
    },
    /// Another user owns it, and could change it.
    #[error("belongs to uid {0}, which is neither root nor this process; mend it with: chown root:postern")]
    Owner(u32),
    /// Larger than any valid file.
    #[error("is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

fn open(path: &Path) -> Result<File, FileError> {
    // Without O_NONBLOCK, a FIFO at this path would block the start for ever.
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
