//! The binds as users at one server: whose turn it is, and their connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ldap3::Ldap as Connection;
use postern_core::turns::{Bounds, Gate};

/// Who may bind now, and the connections that are idle.
///
/// A bind has its connection to itself. At most [`AT_ONE_TIME`] have a turn, about as many as a server works at: more would wait there, in the
/// order in which they came and each on a new connection with its own TLS handshake.
#[derive(Debug)]
pub(super) struct Binders {
    pub(super) gate: Arc<Gate>,
    /// The newest last.
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    since: Instant,
    connection: Connection,
}

impl Binders {
    pub(super) fn new() -> Self {
        Self { gate: Gate::new(BOUNDS), idle: Mutex::default() }
    }

    /// A connection that was used before and is not closed.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        std::iter::from_fn(|| idle.pop())
            .find_map(|mut idle| (!idle.connection.is_closed()).then_some(idle.connection))
    }

    /// Keeps a connection whose bind was answered, and closes those that a busier time has left.
    pub(super) fn keep(&self, connection: Connection) {
        let since = Instant::now();
        let mut idle = self.idle();
        idle.retain(|idle| since.saturating_duration_since(idle.since) < IDLE_FOR);
        if idle.len() < AT_ONE_TIME {
            idle.push(Idle { since, connection });
        }
    }

    /// Closes the idle connections.
    pub(super) fn clear(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// slapd has 16 threads for all of its clients, if its configuration does not say; as many wait for these on the way, or are on it.
const AT_ONE_TIME: usize = 32;
/// There is room for about as many as a server answers in a second on one processor. A bind that takes longer than others may wait for what
/// only that user's password needs, such as another directory behind the server.
const BOUNDS: Bounds = Bounds { at_one_time: AT_ONE_TIME, room: 1_024, lasts: Duration::from_millis(100) };
const IDLE_FOR: Duration = Duration::from_secs(60);
