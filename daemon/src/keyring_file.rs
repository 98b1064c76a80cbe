use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use postern_core::config::read_made_by_init;
use postern_core::keyring::Keyring;

/// The keyring's file, as it was when it was last read. It changes under a running daemon: `postern key rotate` writes a new one,
/// and values sealed from then on need it.
#[derive(Debug)]
pub(crate) struct KeyringFile {
    path: PathBuf,
    last: Mutex<Last>,
}

#[derive(Debug)]
struct Last {
    stamp: Option<Stamp>,
    /// When it was found to be broken, and why.
    broken: Option<(Instant, String)>,
}

/// Identifies a version of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The result of reading the file again.
#[derive(Debug)]
pub(crate) enum Again {
    /// The new keyring.
    New(Keyring),
    /// It is broken, which was not reported yet; why.
    Broken(String),
    /// It is still broken in the same way.
    StillBroken,
}

impl KeyringFile {
    /// Reads it for the first time.
    pub(crate) fn read(path: &Path) -> Result<(Self, Keyring), String> {
        // The stamp first: a change in between is noticed later.
        let stamp = Stamp::of(path);
        let keyring = read(path)?;
        let last = Mutex::new(Last { stamp, broken: None });
        Ok((Self { path: path.to_owned(), last }, keyring))
    }

    /// Whether it should be read again: the file has changed, or was broken some time ago.
    pub(crate) fn is_due(&self) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.stamp != Stamp::of(&self.path)
            || last.broken.as_ref().is_some_and(|(at, _)| at.elapsed() >= RETRY)
    }

    /// Reads it again. If it is broken, the last good keyring should stay in use.
    pub(crate) fn read_again(&self) -> Again {
        let stamp = Stamp::of(&self.path);
        let keyring = read(&self.path);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.stamp = stamp;
        match keyring {
            Ok(keyring) => {
                last.broken = None;
                Again::New(keyring)
            }
            Err(why) => {
                let is_known = last.broken.as_ref().is_some_and(|(_, known)| *known == why);
                last.broken = Some((Instant::now(), why.clone()));
                if is_known { Again::StillBroken } else { Again::Broken(why) }
            }
        }
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        Some(Self {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

fn read(path: &Path) -> Result<Keyring, String> {
    let text = read_made_by_init(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Keyring::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A fault may be mended without any change to the file itself.
const RETRY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use postern_core::clock::Timestamp;

    use super::*;

    /// A keyring of as many keys as there are in `keys`, put into the place of the one before as an editor would.
    fn put(path: &Path, keys: &[u8]) {
        let (first, more) = keys.split_first().unwrap();
        let now = Timestamp::from_unix(1_800_000_000);
        let mut text = Keyring::render(&[*first; 32], now);
        for key in more {
            text = Keyring::rotate(&text, &[*key; 32], now).unwrap();
        }
        put_text(path, &text);
    }

    fn put_text(path: &Path, text: &str) {
        let new = path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::set_permissions(&new, Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(&new, path).unwrap();
    }

    fn again(file: &KeyringFile) -> Option<u32> {
        assert!(file.is_due());
        match file.read_again() {
            Again::New(keyring) => Some(keyring.current_id()),
            Again::Broken(_) | Again::StillBroken => None,
        }
    }

    #[test]
    fn a_new_file_is_noticed_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        put(&path, &[1]);
        let (file, keyring) = KeyringFile::read(&path).unwrap();
        assert_eq!((keyring.current_id(), file.is_due()), (1, false));
        put(&path, &[1, 2]);
        assert_eq!((again(&file), file.is_due()), (Some(2), false));
        // Of the same length.
        put(&path, &[3, 4]);
        assert_eq!((again(&file), file.is_due()), (Some(2), false));
    }

    #[test]
    fn a_key_that_was_dropped_is_gone_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        put(&path, &[1, 2]);
        let (file, keyring) = KeyringFile::read(&path).unwrap();
        assert_eq!(keyring.ages().count(), 2);
        let text = std::fs::read_to_string(&path).unwrap();
        put_text(&path, &Keyring::without(&text, 1).unwrap());
        let Again::New(keyring) = file.read_again() else { panic!("it is a keyring") };
        assert_eq!(keyring.ages().map(|age| age.id).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_broken_one_is_told_of_once_and_a_good_one_after_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        put(&path, &[1]);
        let (file, _) = KeyringFile::read(&path).unwrap();
        put_text(&path, "nonsense");
        assert!(file.is_due());
        assert!(matches!(file.read_again(), Again::Broken(_)));
        assert!(!file.is_due(), "it is not read at every conversation");
        put_text(&path, "nonsense");
        assert!(matches!(file.read_again(), Again::StillBroken));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(file.read_again(), Again::Broken(why) if why.contains("does not exist")));
        put(&path, &[1, 2, 3]);
        assert_eq!(again(&file), Some(3));
        put_text(&path, "nonsense");
        assert!(matches!(file.read_again(), Again::Broken(_)), "it was good in between");
    }

    #[test]
    fn a_keyring_that_others_may_read_is_broken_until_its_mode_is_fixed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        put(&path, &[1]);
        let (file, _) = KeyringFile::read(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(again(&file), None);
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(again(&file), Some(1));
    }
}
