//! A persistent connection between two conversations.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::line_stream::LineStream;
use crate::server::Server;
use crate::slots::{Holder, Slot};

/// Waits for the next conversation to begin, and takes a place for it. `None` if the connection has to be closed.
///
/// Nothing is read here. If posternd closes a connection in which a `begin` has just arrived, the kernel tells the client that it was
/// not read, and the client repeats it on another connection.
pub(super) async fn next_begin(server: &Arc<Server>, line: &LineStream, uid: u32) -> Option<Slot> {
    let idle = server.slots.wait_idle(server.site().capacity)?;
    let mut closing = server.closing();
    tokio::select! {
        biased;
        // An error means that the server is gone.
        _ = closing.wait_for(|closes| *closes) => return None,
        arrived = timeout(IDLE, line.arrival()) => arrived.ok()?.ok()?,
    }
    let site = server.site();
    if site.rights.is_due(Instant::now()) {
        let (users, rights) = (Arc::clone(&server.users), site.rights.clone());
        drop(tokio::spawn(async move { users.look_again(&rights).await }));
    }
    // It may have lost its rights meanwhile.
    let holder = site.rights.holder(uid).filter(|holder| *holder == Holder::Trusted)?;
    let slot = server.slots.take(site.capacity, holder);
    if slot.is_none() {
        server.no_room_for(uid);
    }
    drop(idle);
    // posternd does not wait for a conversation whose place it has not seen.
    slot.filter(|_| !*closing.borrow())
}

/// How long a client may take to begin another conversation. A new connection costs it a fraction of a millisecond.
const IDLE: Duration = Duration::from_secs(60);
