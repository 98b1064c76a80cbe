use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::address::Network;

/// The places of connections.
///
/// Whoever connects gets one at once. Where all are taken, the connection that has kept others waiting longest is broken off, among
/// those of the client who has the most of them: what is idle, or sends its request slowly, has to give way. Only those that
/// posternd is at work for stay.
#[derive(Debug, Clone)]
pub(crate) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    open: Mutex<Open>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    places: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    state: State,
    give_way: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// For a request, or for its body or the client's reading of the answer, where it is known whose it is.
    Waits(Option<Network>),
    /// For posternd.
    Works,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, open: Mutex::default(), freed: Notify::new() }))
    }

    /// A place for another connection. Waits where posternd is at work for all the others.
    pub(crate) async fn place(&self) -> ConnectionPlace {
        loop {
            let freed = self.0.freed.notified();
            if let Some(place) = self.try_place() {
                return place;
            }
            freed.await;
        }
    }

    fn try_place(&self) -> Option<ConnectionPlace> {
        let mut open = self.lock();
        if open.places.len() >= self.0.most {
            let victim = open.victim()?;
            if let Some(entry) = open.places.remove(&victim) {
                entry.give_way.notify_one();
            }
        }
        let id = open.next;
        open.next += 1;
        let give_way = Arc::new(Notify::new());
        let entry = Entry { state: State::Waits(None), give_way: Arc::clone(&give_way) };
        open.places.insert(id, entry);
        Some(ConnectionPlace { connections: self.clone(), id, give_way })
    }

    /// Whether all have ended within `longest`.
    pub(crate) async fn drain(&self, longest: Duration) -> bool {
        let empty = async {
            loop {
                let freed = self.0.freed.notified();
                if self.lock().places.is_empty() {
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
        for (id, entry) in &self.places {
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

/// A place in [`Connections`], given back when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPlace {
    connections: Connections,
    id: u64,
    give_way: Arc<Notify>,
}

impl ConnectionPlace {
    /// Comes back when this connection has to be broken off.
    pub(crate) async fn has_to_give_way(&self) {
        self.give_way.notified().await;
    }

    /// A request of this client has begun to arrive.
    pub(crate) fn is_of(&self, client: Option<Network>) {
        self.set(State::Waits(client));
    }

    /// posternd is at work for it.
    pub(crate) fn works(&self) {
        self.set(State::Works);
    }

    fn set(&self, state: State) {
        if let Some(entry) = self.connections.lock().places.get_mut(&self.id) {
            entry.state = state;
        }
        if state != State::Works {
            self.connections.0.freed.notify_waiters();
        }
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        self.connections.lock().places.remove(&self.id);
        self.connections.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Option<Network> {
        Network::of(address)
    }

    async fn gives_way(place: &ConnectionPlace) -> bool {
        timeout(Duration::from_millis(20), place.has_to_give_way()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_connection_of_the_greediest_client_gives_way() {
        let connections = Connections::new(4);
        let (first, of_one, of_two, of_two_too) = (
            connections.place().await,
            connections.place().await,
            connections.place().await,
            connections.place().await,
        );
        of_one.is_of(client("192.0.2.1"));
        of_two.is_of(client("2001:db8::1"));
        of_two_too.is_of(client("2001:db8::2"));
        let fifth = connections.place().await;
        assert!(gives_way(&of_two).await && !gives_way(&of_one).await && !gives_way(&first).await);
        drop(of_two);
        fifth.is_of(client("192.0.2.5"));
        let _sixth = connections.place().await;
        assert!(gives_way(&first).await, "one each: the oldest");
        assert_eq!(connections.lock().places.len(), 4);
    }

    #[tokio::test]
    async fn who_posternd_works_for_stays_and_the_next_waits() {
        let connections = Connections::new(1);
        let place = connections.place().await;
        place.works();
        assert!(timeout(Duration::from_millis(20), connections.place()).await.is_err());
        let (next, ()) = tokio::join!(connections.place(), async {
            tokio::task::yield_now().await;
            place.is_of(None);
        });
        assert!(gives_way(&place).await);
        drop((place, next));
        assert!(connections.drain(Duration::from_millis(20)).await);
    }
}
