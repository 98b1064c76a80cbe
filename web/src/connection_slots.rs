use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::address::Network;

/// Limits concurrent connections.
///
/// A new connection gets a slot at once. If all slots are taken, it evicts another connection: of the client with the
/// most waiting connections, the oldest that is idle or slow to send its request. Only connections that posternd is
/// working for are safe.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionSlots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    open: Mutex<Open>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    slots: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    state: State,
    eviction: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits for a request, for the rest of one, or for the client to read the answer. The client is `None` until
    /// its address is known.
    Waits(Option<Network>),
    /// posternd is working for it.
    Works,
}

impl ConnectionSlots {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, open: Mutex::default(), freed: Notify::new() }))
    }

    /// Takes a slot. Waits only while posternd is working for all other connections.
    pub(crate) async fn acquire(&self) -> ConnectionSlot {
        loop {
            let freed = self.0.freed.notified();
            if let Some(slot) = self.try_acquire() {
                return slot;
            }
            freed.await;
        }
    }

    fn try_acquire(&self) -> Option<ConnectionSlot> {
        let mut open = self.lock();
        if open.slots.len() >= self.0.most {
            let victim = open.victim()?;
            if let Some(entry) = open.slots.remove(&victim) {
                entry.eviction.notify_one();
            }
        }
        let id = open.next;
        open.next += 1;
        let eviction = Arc::new(Notify::new());
        let entry = Entry { state: State::Waits(None), eviction: Arc::clone(&eviction) };
        open.slots.insert(id, entry);
        Some(ConnectionSlot { connections: self.clone(), id, eviction })
    }

    /// Waits until all connections have ended, at most for `longest`. `false` if some have not.
    pub(crate) async fn drain(&self, longest: Duration) -> bool {
        let empty = async {
            loop {
                let freed = self.0.freed.notified();
                if self.lock().slots.is_empty() {
                    return;
                }
                freed.await;
            }
        };
        timeout(longest, empty).await.is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn victim(&self) -> Option<u64> {
        let mut waiting: HashMap<Option<Network>, (usize, u64)> = HashMap::new();
        for (id, entry) in &self.slots {
            let State::Waits(client) = entry.state else { continue };
            let (count, oldest) = waiting.entry(client).or_insert((0, *id));
            *count += 1;
            *oldest = (*id).min(*oldest);
        }
        waiting
            .into_values()
            .max_by_key(|(count, oldest)| (*count, std::cmp::Reverse(*oldest)))
            .map(|(_, id)| id)
    }
}

/// A slot of [`ConnectionSlots`], freed when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    connections: ConnectionSlots,
    id: u64,
    eviction: Arc<Notify>,
}

impl ConnectionSlot {
    /// Returns when this connection has to be closed for another one.
    pub(crate) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// Notes that the connection waits for this client.
    pub(crate) fn waits_for(&self, client: Option<Network>) {
        self.set(State::Waits(client));
    }

    /// Notes that posternd is working for it.
    pub(crate) fn is_relayed(&self) {
        self.set(State::Works);
    }

    fn set(&self, state: State) {
        if let Some(entry) = self.connections.lock().slots.get_mut(&self.id) {
            entry.state = state;
        }
        if state != State::Works {
            self.connections.0.freed.notify_waiters();
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.connections.lock().slots.remove(&self.id);
        self.connections.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Option<Network> {
        Network::of(address)
    }

    async fn gives_way(place: &ConnectionSlot) -> bool {
        timeout(Duration::from_millis(20), place.evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_connection_of_the_greediest_client_gives_way() {
        let connections = ConnectionSlots::new(4);
        let (first, of_one, of_two, of_two_too) = (
            connections.acquire().await,
            connections.acquire().await,
            connections.acquire().await,
            connections.acquire().await,
        );
        of_one.waits_for(client("192.0.2.1"));
        of_two.waits_for(client("2001:db8::1"));
        of_two_too.waits_for(client("2001:db8::2"));
        let fifth = connections.acquire().await;
        assert!(gives_way(&of_two).await && !gives_way(&of_one).await && !gives_way(&first).await);
        drop(of_two);
        fifth.waits_for(client("192.0.2.5"));
        let _sixth = connections.acquire().await;
        assert!(gives_way(&first).await, "one each: the oldest");
        assert_eq!(connections.lock().slots.len(), 4);
    }

    #[tokio::test]
    async fn a_connection_that_posternd_works_for_stays_and_the_next_waits() {
        let connections = ConnectionSlots::new(1);
        let place = connections.acquire().await;
        place.is_relayed();
        assert!(timeout(Duration::from_millis(20), connections.acquire()).await.is_err());
        let (next, ()) = tokio::join!(connections.acquire(), async {
            tokio::task::yield_now().await;
            place.waits_for(None);
        });
        assert!(gives_way(&place).await);
        drop((place, next));
        assert!(connections.drain(Duration::from_millis(20)).await);
    }
}
