use std::io::ErrorKind;
use std::path::Path;

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{Gid, Uid, User, geteuid, initgroups, setgid, setuid};
use postern_core::config::Config;
use postern_ipc::SERVER_USER;

use crate::failure::Failure;

/// The user that posternd runs as, which owns the stores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PosternUser {
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
}

/// Keeps passwords out of core dumps and away from debuggers.
pub(crate) fn protect() -> Result<(), Failure> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)
        .and_then(|()| set_dumpable(false))
        .map_err(|error| Failure::system(format!("cannot protect this process: {error}")))
}

/// Gives up root, then reads the configuration. A local user who may not read it is told what would help.
pub(crate) fn load_config(path: &Path) -> Result<Config, Failure> {
    become_postern()?;
    refuse_others(path)?;
    Ok(Config::load(path)?)
}

/// Refuses an ordinary user, who may not read the configuration and cannot change that: the command is root's.
pub(crate) fn refuse_others(path: &Path) -> Result<(), Failure> {
    let me = geteuid();
    let is_denied =
        || matches!(std::fs::File::open(path), Err(error) if error.kind() == ErrorKind::PermissionDenied);
    let is_postern = User::from_name(SERVER_USER).ok().flatten().is_some_and(|user| user.uid == me);
    if me.is_root() || is_postern || !is_denied() {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::not_permitted(format!(
        "this is for an admin, as only root and {SERVER_USER} may read {path}; run it as root. For your own account see: postern my --help"
    )))
}

/// Looks the user up. `None` if this process is not root and stays what it is.
pub(crate) fn postern_user() -> Result<Option<PosternUser>, Failure> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let user = User::from_name(SERVER_USER)
        .map_err(|error| Failure::system(format!("user {SERVER_USER}: {error}")))?;
    let missing = || {
        let remedy = format!(
            "create it with: useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin {SERVER_USER}"
        );
        Failure::config(format!("there is no user {SERVER_USER}; {remedy}"))
    };
    let user = user.ok_or_else(missing)?;
    Ok(Some(PosternUser { uid: user.uid, gid: user.gid }))
}

/// Gives up root for good: everything that this process creates from here on belongs to postern.
pub(crate) fn become_postern() -> Result<(), Failure> {
    let Some(user) = postern_user()? else { return Ok(()) };
    let become_it = || {
        initgroups(c"postern", user.gid)?;
        setgid(user.gid)?;
        setuid(user.uid)
    };
    become_it().map_err(|error| Failure::system(format!("cannot become user {SERVER_USER}: {error}")))
}
