use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, fchown};
use postern_core::clock::{Clock, SystemClock};
use postern_core::config::read_made_by_init;
use postern_core::keyring::{BadKeyring, CannotDrop, KEY_BYTES, Keyring};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::site;

/// Puts a new key first in a keyring file, and returns its number. At every moment the file is complete, the old one or
/// the new one, with the same owner and mode.
pub(super) fn rotate(path: &Path) -> Result<u32, Failure> {
    let mut random = Zeroizing::new([0; KEY_BYTES]);
    site::random(random.as_mut())?;
    change(path, |text| {
        let new = Keyring::rotate(text, &random, SystemClock.now())?;
        let id = Keyring::parse(&new)?.current_id();
        Ok::<_, BadKeyring>((new, id))
    })
}

/// Removes an older key from a keyring file, in the same way.
pub(super) fn remove(path: &Path, id: u32) -> Result<(), Failure> {
    change(path, |text| Ok::<_, CannotDrop>((Keyring::without(text, id)?, ())))
}

fn change<T, E: std::fmt::Display>(
    path: &Path,
    make: impl FnOnce(&str) -> Result<(Zeroizing<String>, T), E>,
) -> Result<T, Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
    let config = |error: &dyn std::fmt::Display| Failure::config(format!("{}: {error}", path.display()));
    let old = File::open(path).map_err(|error| config(&error))?;
    match old.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(at(&"another postern changes it just now")),
        Err(TryLockError::Error(error)) => return Err(at(&error)),
    }
    let meta = old.metadata().map_err(|error| at(&error))?;
    // Another process replaced the file before we had the lock, which is of the old file.
    if std::fs::metadata(path).map_err(|error| at(&error))?.ino() != meta.ino() {
        return Err(at(&"was changed just now"));
    }
    let text = read_made_by_init(path).map_err(|error| config(&error))?;
    let (new, made) = make(&text).map_err(|error| config(&error))?;
    replace(path, &new, (meta.uid(), meta.gid())).map_err(|error| at(&error))?;
    Ok(made)
}

fn replace(path: &Path, text: &str, (uid, gid): (u32, u32)) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    fchown(&file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid))).map_err(std::io::Error::from)?;
    file.set_permissions(Permissions::from_mode(0o640))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use postern_core::clock::Timestamp;

    use super::*;

    #[test]
    fn a_new_key_is_put_in_front_and_the_older_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let text = Keyring::render(&[7; KEY_BYTES], Timestamp::from_unix(1_800_000_000));
        std::fs::write(&path, &*text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let sealed = Keyring::parse(&text).unwrap().seal(b"x", b"secret", [1; 24]).unwrap();
        // Left behind by a rotation that was interrupted.
        std::fs::write(folder.path().join("keyring.new"), "half a key").unwrap();
        assert_eq!((rotate(&path).unwrap(), rotate(&path).unwrap()), (2, 3));
        let ring = Keyring::parse(&read_made_by_init(&path).unwrap()).unwrap();
        assert_eq!(ring.ages().map(|age| age.id).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(ring.open(b"x", &sealed).unwrap().as_slice(), b"secret");
        assert!(remove(&path, 3).is_err(), "the current one");
        remove(&path, 2).unwrap();
        let ring = Keyring::parse(&read_made_by_init(&path).unwrap()).unwrap();
        assert_eq!(ring.ages().map(|age| age.id).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_broken_keyring_and_one_in_use_are_left_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        assert!(rotate(&path).is_err());
        std::fs::write(&path, "version = 1\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(rotate(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "version = 1\n");
        std::fs::write(&path, &*Keyring::render(&[7; KEY_BYTES], Timestamp::from_unix(1))).unwrap();
        let held = File::open(&path).unwrap();
        held.lock().unwrap();
        assert!(rotate(&path).is_err());
        drop(held);
        assert_eq!(rotate(&path).unwrap(), 2);
    }
}
