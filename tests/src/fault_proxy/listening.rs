use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdTcpListener, TcpStream as StdTcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::{guard, host};

use super::connection::{serve_tcp, serve_unix};
use super::{Fault, Place, Shared};

/// What is done at the address of a proxy.
#[derive(Debug)]
pub(super) enum Listening {
    /// Connections are taken.
    Accepts(JoinHandle<()>),
    /// Nothing listens.
    Not,
    /// The queue of a listener is full: the kernel drops what asks for another connection.
    Full { _listener: OwnedFd, _queue: Vec<StdTcpStream> },
}

impl Listening {
    pub(super) fn start(runtime: &Runtime, shared: &Arc<Shared>, fault: Fault) -> Self {
        match (&shared.place, fault) {
            (_, Fault::Refuse) => Self::Not,
            (Place::Tcp { port, .. }, Fault::BlackHole) => full(*port),
            (Place::Tcp { port, .. }, _) => {
                // With SO_REUSEADDR, which the standard library sets on Unix: connections of before may still be there.
                let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, *port))
                    .unwrap_or_else(|error| panic!("cannot listen at the port {port}: {error}"));
                listener.set_nonblocking(true).expect("a socket");
                Self::Accepts(runtime.spawn(accept_tcp(listener, Arc::clone(shared))))
            }
            (Place::Unix { path, .. }, _) => {
                let listener = bind_unix(path);
                Self::Accepts(runtime.spawn(accept_unix(listener, Arc::clone(shared))))
            }
        }
    }

    /// Returns once nothing listens any more.
    pub(super) fn stop(&mut self) {
        if let Self::Accepts(task) = std::mem::replace(self, Self::Not) {
            task.abort();
            // Not by the runtime, as a caller may be in another one.
            guard::wait_for("a proxy to stop listening", LIMIT, || task.is_finished().then_some(()));
        }
    }
}

async fn accept_tcp(listener: StdTcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        if let Ok((client, _)) = listener.accept().await {
            drop(client.set_nodelay(true));
            tokio::spawn(serve_tcp(client, Arc::clone(&shared)));
        }
    }
}

async fn accept_unix(listener: std::os::unix::net::UnixListener, shared: Arc<Shared>) {
    let listener = UnixListener::from_std(listener).expect("a listener");
    loop {
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(serve_unix(client, Arc::clone(&shared)));
        }
    }
}

fn bind_unix(path: &Path) -> std::os::unix::net::UnixListener {
    std::fs::remove_file(path).ok();
    let listener = std::os::unix::net::UnixListener::bind(path)
        .unwrap_or_else(|error| panic!("cannot listen at {}: {error}", path.display()));
    // As posternd's own: who may ask what is decided by the peer's uid.
    host::own(path, (0.into(), 0.into()), 0o666);
    listener.set_nonblocking(true).expect("a socket");
    listener
}

/// A listener that takes nobody, and whose queue is filled by ourselves. Linux drops what asks for a place in a full queue.
fn full(port: u16) -> Listening {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // A program that another test starts meanwhile would go on listening with it.
    let socket =
        rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .expect("a socket");
    sockopt::set_socket_reuseaddr(&socket, true).expect("SO_REUSEADDR");
    rustix::net::bind(&socket, &address).unwrap_or_else(|error| panic!("port {port}: {error}"));
    rustix::net::listen(&socket, 0).expect("a listener");
    let mut queue = Vec::new();
    loop {
        match StdTcpStream::connect_timeout(&address, NO_PLACE) {
            Ok(stream) => queue.push(stream),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => break,
            Err(error) => panic!("the queue of the port {port}: {error}"),
        }
        assert!(queue.len() < 64, "the queue of the port {port} does not get full");
    }
    Listening::Full { _listener: socket, _queue: queue }
}

const LIMIT: Duration = Duration::from_secs(10);
/// On loopback a connection is made at once, or never.
const NO_PLACE: Duration = Duration::from_millis(100);
