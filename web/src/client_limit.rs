use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::address::Network;

/// Limits how much of something each client may use at one time. A client can exhaust only its own limit. Unknown
/// clients have none.
#[derive(Debug, Clone)]
pub(crate) struct ClientLimit(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    taken: Mutex<HashMap<Network, usize>>,
    freed: Notify,
}

impl ClientLimit {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, taken: Mutex::default(), freed: Notify::new() }))
    }

    /// Takes one permit. `None` if the client has all of its own.
    pub(crate) fn try_take(&self, client: Option<Network>) -> Option<ClientPermit> {
        if let Some(client) = client {
            let mut taken = self.lock();
            let own = taken.entry(client).or_insert(0);
            if *own >= self.0.most {
                return None;
            }
            *own += 1;
        }
        Some(ClientPermit { shares: self.clone(), client })
    }

    /// Waits for a permit.
    pub(crate) async fn take(&self, client: Option<Network>) -> ClientPermit {
        loop {
            let freed = self.0.freed.notified();
            if let Some(share) = self.try_take(client) {
                return share;
            }
            freed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit of one client, returned when dropped.
#[derive(Debug)]
pub(crate) struct ClientPermit {
    shares: ClientLimit,
    client: Option<Network>,
}

impl Drop for ClientPermit {
    fn drop(&mut self) {
        let Some(client) = self.client else { return };
        let mut taken = self.shares.lock();
        match taken.get_mut(&client) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(taken.remove(&client)),
        }
        drop(taken);
        self.shares.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_fills_its_own_share_alone_and_one_64_is_one_client() {
        let shares = ClientLimit::new(2);
        let at = |address| Network::of(address);
        let mut held =
            vec![shares.try_take(at("2001:db8::1")).unwrap(), shares.try_take(at("2001:db8::2")).unwrap()];
        assert!(shares.try_take(at("2001:db8::3")).is_none());
        assert!(
            shares.try_take(at("2001:db8:0:1::3")).is_some() && shares.try_take(at("192.0.2.1")).is_some()
        );
        let unknown: Vec<ClientPermit> = (0..9).filter_map(|_| shares.try_take(None)).collect();
        assert_eq!(unknown.len(), 9);
        let (next, ()) = tokio::join!(shares.take(at("2001:db8::3")), async {
            tokio::task::yield_now().await;
            held.pop();
        });
        drop((next, held, unknown));
        assert!(shares.lock().is_empty());
    }
}
