//! A way to a server of this host that fails as networks and servers do: between Postern and a real server, on loopback or a Unix
//! socket.

mod connection;
mod listening;
mod writes;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::certs::Certs;
use crate::guard;

use connection::Tls;
use listening::Listening;

pub use writes::{Protocol, Stopped, When};

/// A proxy that forwards until it is told to fail. Dropping it ends every connection.
pub struct FaultProxy {
    place: Place,
    shared: Arc<Shared>,
    listening: Mutex<Listening>,
    runtime: Option<Runtime>,
}

/// How the way to a server fails. All but [`Refuse`](Self::Refuse) and [`BlackHole`](Self::BlackHole) let connections be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Not at all.
    None,
    /// Nothing listens, and connections that were open are closed.
    Refuse,
    /// What is sent gets lost: nothing comes through, neither side is told, and a TCP connection is never made (a Unix
    /// socket connects to whatever listens). What was sent meanwhile arrives once the fault is over.
    BlackHole,
    /// A server that accepts connections and says nothing, as one that is stopped by a signal.
    Silent,
    /// Each answer comes [`SLOW`] late.
    Slow,
    /// The server has closed its side: it listens on, and says nothing more.
    HalfClose,
    /// The server says what is not its protocol.
    Garbage,
    /// The server says one byte a second.
    OneByteASecond,
    /// The server's certificate is over, and connections that were open are closed. Of [`FaultProxy::tls`] alone.
    ExpiredCertificate,
    /// The server says this to each who connects, and closes the connection.
    Says(&'static str),
}

/// Where it listens, and where it leads to.
#[derive(Debug, Clone)]
enum Place {
    Tcp { port: u16, server: u16 },
    Unix { path: PathBuf, server: PathBuf },
}

struct Shared {
    fault: watch::Sender<Fault>,
    place: Place,
    tls: Option<Tls>,
    writes: writes::Watch,
    connections: AtomicU64,
}

impl FaultProxy {
    /// Before a port of 127.0.0.1, byte by byte.
    #[must_use]
    pub fn tcp(server: u16) -> Self {
        Self::start(Place::Tcp { port: guard::free_port(), server }, None)
    }

    /// Before a port of 127.0.0.1 where a server speaks in the clear. The proxy speaks TLS with the first certificate, and with the
    /// second one when that is to have expired, so that every other fault is one inside TLS.
    #[must_use]
    pub fn tls(server: u16, certs: &Certs, expired: &Certs) -> Self {
        let place = Place::Tcp { port: guard::free_port(), server };
        Self::start(place, Some(Tls::of(certs, expired)))
    }

    /// At the Unix socket `path`, before the one at `server`, which sees the users who connect here.
    #[must_use]
    pub fn unix(path: &Path, server: &Path) -> Self {
        Self::start(Place::Unix { path: path.to_owned(), server: server.to_owned() }, None)
    }

    fn start(place: Place, tls: Option<Tls>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (fault, _) = watch::channel(Fault::None);
        let shared = Arc::new(Shared {
            fault,
            place: place.clone(),
            tls,
            writes: writes::Watch::default(),
            connections: AtomicU64::default(),
        });
        let listening = Listening::start(&runtime, &shared, Fault::None);
        Self { place, shared, listening: Mutex::new(listening), runtime: Some(runtime) }
    }

    /// The port of 127.0.0.1 where it listens.
    ///
    /// # Panics
    /// It listens at a Unix socket.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.place {
            Place::Tcp { port, .. } => port,
            Place::Unix { .. } => panic!("a Unix socket has no port"),
        }
    }

    /// From now on it fails so. Connections that were broken by the fault before do not come back.
    pub fn set(&self, fault: Fault) {
        assert!(
            fault != Fault::ExpiredCertificate || self.shared.tls.is_some(),
            "a proxy without TLS has no certificate"
        );
        let runtime = self.runtime.as_ref().expect("it runs");
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        listening.stop();
        self.shared.fault.send_replace(fault);
        *listening = Listening::start(runtime, &self.shared, fault);
    }

    /// From now on it works.
    pub fn mend(&self) {
        self.set(Fault::None);
    }

    /// Stops at the `nth` write of `protocol` from now on, counted from 1: see [`Stopped`].
    #[must_use]
    pub fn stop_at_write(&self, protocol: Protocol, nth: usize, when: When) -> Stopped {
        self.shared.writes.stop_at(protocol, nth, when)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultProxy({:?}, {:?})", self.place, *self.shared.fault.borrow())
    }
}

/// How late an answer of a slow server comes.
pub const SLOW: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
