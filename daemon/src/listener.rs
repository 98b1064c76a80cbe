use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use tokio::net::UnixListener;

/// A Unix socket, such as the one that front doors connect to. Dropping it removes the socket file, if posternd created it.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) socket: UnixListener,
    own_file: Option<PathBuf>,
}

impl Listener {
    /// Takes the socket that systemd passes (sd_listen_fds(3)), or binds `path`, which every local user may connect to.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut passed = listenfd::ListenFd::from_env();
        if passed.len() > 1 {
            return Err(io::Error::other(format!(
                "systemd passed {} sockets, and one is expected",
                passed.len()
            )));
        }
        let (listener, own_file) = match passed.take_unix_listener(0)? {
            Some(listener) => (listener, None),
            None => (bind_anew(path)?, Some(path.to_owned())),
        };
        Self::of(listener, own_file)
    }

    /// Binds `path`, which every local user may connect to.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        Self::of(bind_anew(path)?, Some(path.to_owned()))
    }

    fn of(listener: StdListener, own_file: Option<PathBuf>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(listener)?, own_file })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(path) = &self.own_file {
            drop(std::fs::remove_file(path));
        }
    }
}

fn bind_anew(path: &Path) -> io::Result<StdListener> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => {
            return Err(io::Error::new(
                ErrorKind::AlreadyExists,
                "is in the way and not a socket; remove it",
            ));
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            return Err(io::Error::new(
                ErrorKind::AddrInUse,
                "is served already; another posternd is running",
            ));
        }
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    // Everyone may connect; the peer's uid decides what it may do.
    std::fs::set_permissions(path, Permissions::from_mode(0o666))?;
    listen(&socket, BACKLOG)?;
    Ok(StdListener::from(socket))
}

/// Connections that wait for accept(2); a burst of mail programs returning must not be refused.
const BACKLOG: i32 = 4096;
