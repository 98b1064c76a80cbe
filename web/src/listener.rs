use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};

use crate::config::Listen;
use crate::stream::Stream;

/// The socket that the proxy connects to. A Unix socket's file is removed when dropped.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Binds the configured address.
    pub(crate) async fn open(listen: &Listen) -> io::Result<Self> {
        match listen {
            Listen::Loopback(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Listen::Unix(path) => bind_unix(path).map(|socket| Self::Unix(socket, path.clone())),
        }
    }

    /// The next connection. It breaks if the client does not read an answer for as long as `patience`.
    pub(crate) async fn accept(&self, patience: Duration) -> io::Result<Stream> {
        match self {
            Self::Tcp(socket) => socket.accept().await.map(|(stream, _)| Stream::new(stream, patience)),
            Self::Unix(socket, _) => socket.accept().await.map(|(stream, _)| Stream::new(stream, patience)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            drop(std::fs::remove_file(path));
        }
    }
}

fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => {
            return Err(io::Error::new(
                ErrorKind::AlreadyExists,
                "is in the way and not a socket; remove it",
            ));
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            return Err(io::Error::new(
                ErrorKind::AddrInUse,
                "is served already; another postern-web is running",
            ));
        }
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // Until the next line the umask keeps other users out.
    let socket = UnixListener::bind(path)?;
    // The proxy is in the group. Every client of this socket is believed about the address that it reports.
    std::fs::set_permissions(path, Permissions::from_mode(0o660))?;
    Ok(socket)
}
