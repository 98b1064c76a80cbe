use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::guard;

/// A way to a server that can be cut as a network is: nothing comes through, and neither side is told.
#[derive(Debug)]
pub struct Gate {
    /// The TCP port of 127.0.0.1 at which it leads to the server.
    pub port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_cut: AtomicBool,
    is_over: AtomicBool,
}

impl Gate {
    /// A way to the port of a server on 127.0.0.1.
    #[must_use]
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", guard::free_port())).expect("a free port");
        let gate = Self { port: listener.local_addr().expect("a port").port(), state: Arc::default() };
        let state = Arc::clone(&gate.state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if state.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                for (from, to) in [(&stream, &server), (&server, &stream)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let state = Arc::clone(&state);
                    thread::spawn(move || pass(from, to, &state));
                }
            }
        });
        gate
    }

    /// From now on nothing comes through.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
    }

    /// What was held back comes through, and all that follows.
    pub fn repair(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, state: &State) {
    from.set_read_timeout(Some(POLL)).expect("a timeout");
    let mut buffer = [0; 16_384];
    while !state.is_over.load(Ordering::SeqCst) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                // It may have been cut while this was read.
                while state.is_cut.load(Ordering::SeqCst) && !state.is_over.load(Ordering::SeqCst) {
                    guard::pause(POLL);
                }
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

const POLL: Duration = Duration::from_millis(20);
