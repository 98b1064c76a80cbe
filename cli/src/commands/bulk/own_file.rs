//! Files of results, which hold what only their owner may read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use crate::failure::Failure;

/// Creates the file, or opens that of an earlier run, to read it and to append to it. It belongs to the calling user alone, and no
/// other process has it open here.
pub(super) fn open_own(path: &Path) -> Result<File, Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(0o600);
    let made = options.clone().create_new(true).open(path);
    let file = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Refuses a link to another place, and a fifo.
            options.custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
            options.open(path).map_err(|error| at(&error))?
        }
        made => made.map_err(|error| at(&error))?,
    };
    let meta = file.metadata().map_err(|error| at(&error))?;
    if !meta.is_file() || meta.mode() & 0o077 != 0 || meta.uid() != geteuid().as_raw() {
        return Err(at(&"is not a file that you alone may read; give another"));
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(at(&"another postern writes it just now")),
        Err(TryLockError::Error(error)) => Err(at(&error)),
    }
}

/// Has the name of a new file on the disk.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())
}
