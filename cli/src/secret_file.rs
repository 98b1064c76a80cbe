use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A new file that only its owner may read. It belongs to the calling user: it is created before root is given up, and
/// can be written afterwards, but not removed.
#[derive(Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
    file: File,
}

impl SecretFile {
    /// Creates it. An existing file is never overwritten.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = made.map_err(|error| Failure::cannot_create(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes all of it.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(content).and_then(|()| self.file.sync_all());
        written.map_err(|error| Failure::io(format!("{}: {error}", self.path.display())))
    }

    /// Empties it when its content has become useless.
    pub(crate) fn clear(&mut self) {
        // Best effort: the content opens nothing.
        drop(self.file.set_len(0));
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn it_is_new_and_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.svg");
        let mut made = SecretFile::create(&path).unwrap();
        made.write(b"secret").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(std::fs::read(&path).unwrap(), b"secret");
        assert!(SecretFile::create(&path).is_err(), "what exists is kept");
        made.clear();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("link")).unwrap();
        assert!(SecretFile::create(&folder.path().join("link")).is_err(), "a link is not followed");
    }
}
