//! The files to import, which are read before root is given up.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::User;
use postern_import::SourceFile;
use zeroize::Zeroizing;

use crate::args::ImportFormat;
use crate::failure::{self, Failure};

/// Reads all files.
pub(super) fn read(format: ImportFormat, paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if format == ImportFormat::GoogleAuthenticator {
            files.extend(of_homes(path)?);
        } else {
            let text = open(path, OFlag::empty()).and_then(|file| contents(path, file, MOST_BYTES));
            let text = text.map_err(|what| Failure::io(format!("{}: {what}", path.display())))?;
            files.push(SourceFile::new(path.clone(), text));
        }
    }
    Ok(files)
}

/// The file itself, or those in a home folder or in a folder of home folders.
fn of_homes(path: &Path) -> Result<Vec<SourceFile>, Failure> {
    let at = |error: std::io::Error| Failure::io(format!("{}: {error}", path.display()));
    if !fs::metadata(path).map_err(at)?.is_dir() {
        return Ok(vec![of_user(path.to_owned())]);
    }
    let own = path.join(FILE);
    if own.symlink_metadata().is_ok() {
        return Ok(vec![of_user(own)]);
    }
    let mut found = Vec::new();
    for home in fs::read_dir(path).map_err(at)? {
        let file = home.map_err(at)?.path().join(FILE);
        if file.symlink_metadata().is_ok() {
            found.push(file);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::data(format!("{}: no folder in it has a file {FILE}", path.display())));
    }
    Ok(found.into_iter().map(of_user).collect())
}

/// A file of one user, who may have put anything in its place.
fn of_user(path: PathBuf) -> SourceFile {
    let user = user_of(&path);
    // A link could lead to another user's file, and a fifo would never end.
    let read = open(&path, OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).and_then(|file| {
        let meta = file.metadata().map_err(|error| error.to_string())?;
        if !meta.is_file() {
            return Err("is not a regular file".to_owned());
        }
        belongs(meta.uid(), &user)?;
        contents(&path, file, MOST_BYTES_OF_USER)
    });
    SourceFile::of_user(path, user, read.map_err(|what| format!("the file {what}")))
}

/// The home folder's name, or the file's own where the files of all users are in one folder.
fn user_of(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let named = if absolute.file_name().is_some_and(|name| name == FILE) {
        absolute.parent()
    } else {
        Some(&*absolute)
    };
    let name = named.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// pam_google_authenticator as well takes a file only if it is the user's own, or root's where it is told so.
fn belongs(uid: u32, user: &str) -> Result<(), String> {
    match User::from_name(user) {
        Ok(Some(known)) if uid != 0 && known.uid.as_raw() != uid => {
            Err(format!("belongs to the uid {uid}, and not to {user}"))
        }
        // A name that this host does not know, such as that of a copied folder, says nothing.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn open(path: &Path, flags: OFlag) -> Result<File, String> {
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    opened.map_err(|error| format!("cannot be opened: {error}"))
}

fn contents(path: &Path, file: File, most: u64) -> Result<Zeroizing<String>, String> {
    let meta = file.metadata().map_err(|error| error.to_string())?;
    if meta.is_file() && meta.mode() & 0o044 != 0 {
        let path = path.display();
        failure::warn(format!("{path}: others may read this file, and it holds seeds: chmod 600 {path}"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most {
        return Err(format!("is larger than {} KiB", most / 1024));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("is not UTF-8 in line {line}")
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

const FILE: &str = ".google_authenticator";
/// A table of a million tokens is smaller.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// FILEFORMAT knows 1 kB.
const MOST_BYTES_OF_USER: u64 = 64 * 1024;
