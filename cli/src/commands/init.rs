use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, chown, geteuid};
use postern_core::clock::{Clock, SystemClock};
use postern_core::config::Config;
use postern_core::keyring::{KEY_BYTES, Keyring};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;
use crate::privileges::{self, PosternUser};
use crate::site;

/// Creates the files that are missing, and keeps those that exist.
pub(crate) fn run(path: &Path, output: Output) -> Result<(), Failure> {
    create(path, output).map_err(|failure| {
        if geteuid().is_root() { failure } else { failure.and("this is for an admin; run it as root") }
    })
}

fn create(path: &Path, output: Output) -> Result<(), Failure> {
    let owner = privileges::postern_user()?;
    let mut done = Vec::new();
    done.push(secret_file(path, owner, || Ok(Zeroizing::new(EXAMPLE.to_owned())))?);
    let config = Config::load(path)?;
    done.push(secret_file(&config.keyring, owner, new_keyring)?);
    config.load_keyring()?;
    if let Some(push) = &config.couriers.web_push {
        done.push(secret_file(&push.key_file, owner, new_vapid_key)?);
    }
    if config.uses_embedded_file() {
        done.push(database(&config, owner)?);
    }
    let text: String = done.iter().map(|step| format!("{} {}\n", step.word(), step.path.display())).collect();
    output.print(&text, "init", &done)
}

fn database(config: &Config, owner: Option<PosternUser>) -> Result<Step, Failure> {
    let path = config.embedded.path.clone();
    if let Some(folder) = path.parent() {
        own_folder(folder, owner)?;
    }
    privileges::become_postern()?;
    let is_new = !path.exists();
    postern_store::create(config)?;
    Ok(Step { path, is_new })
}

/// The result for one file.
#[derive(Debug, Serialize)]
struct Step {
    path: PathBuf,
    #[serde(rename = "created")]
    is_new: bool,
}

impl Step {
    fn word(&self) -> &'static str {
        if self.is_new { "created" } else { "kept   " }
    }
}

/// Creates a file of mode 0640 that the group postern can read. It appears complete or not at all.
fn secret_file(
    path: &Path,
    owner: Option<PosternUser>,
    content: impl FnOnce() -> Result<Zeroizing<String>, Failure>,
) -> Result<Step, Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
    let is_new = !path.try_exists().map_err(|error| at(&error))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    if !is_new {
        // Killed after the link, an earlier run has left the other name of the file.
        if is_one_file(path, &draft) {
            std::fs::remove_file(&draft).map_err(|error| at(&error))?;
        }
        return Ok(Step { path: path.to_owned(), is_new });
    }
    path.parent().map_or(Ok(()), open_folder).map_err(|error| at(&error))?;
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&error)),
        Ok(()) | Err(_) => {}
    }
    let text = content()?;
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&draft)?;
        if let Some(owner) = owner {
            chown(&draft, Some(Uid::from_raw(0)), Some(owner.gid)).map_err(std::io::Error::from)?;
        }
        // The group postern must be able to read it, even if the umask removed that right.
        file.set_permissions(Permissions::from_mode(0o640))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        // Unlike a rename, a link never replaces a file that another process created in the meantime.
        std::fs::hard_link(&draft, path)?;
        std::fs::remove_file(&draft)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|error: std::io::Error| at(&error))?;
    Ok(Step { path: path.to_owned(), is_new })
}

/// Whether both names are of one file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let id = |path| std::fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    id(one).is_some_and(|one| id(other) == Some(one))
}

fn new_keyring() -> Result<Zeroizing<String>, Failure> {
    let mut random = Zeroizing::new([0; KEY_BYTES]);
    site::random(random.as_mut()).map_err(Failure::system)?;
    Ok(Keyring::render(&random, SystemClock.now()))
}

fn new_vapid_key() -> Result<Zeroizing<String>, Failure> {
    postern_courier::new_vapid_key().ok_or_else(|| Failure::system("no random bytes for the key of Web Push"))
}

/// Creates a folder and its missing parents, open to all users under every umask. Existing folders are not changed.
fn open_folder(folder: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match std::fs::DirBuilder::new().mode(0o755).create(folder) {
            Ok(()) => std::fs::set_permissions(folder, Permissions::from_mode(0o755))?,
            // Another process created it first, and owns it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The database's folder, where SQLite creates further files. If it is created here, only postern may enter it.
fn own_folder(folder: &Path, owner: Option<PosternUser>) -> Result<(), Failure> {
    let at = |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", folder.display()));
    if folder.try_exists().map_err(|error| at(&error))? {
        return Ok(());
    }
    // Its parents hold no secret, and postern must be able to pass through them.
    folder.parent().map_or(Ok(()), open_folder).map_err(|error| at(&error))?;
    std::fs::DirBuilder::new().mode(0o700).create(folder).map_err(|error| at(&error))?;
    let Some(owner) = owner else { return Ok(()) };
    let (uid, gid): (Uid, Gid) = (owner.uid, owner.gid);
    chown(folder, Some(uid), Some(gid)).map_err(|error| at(&error))
}

const EXAMPLE: &str = include_str!("../../../packaging/postern.toml");
