use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::address::Network;

/// How much of something each client has at one time; a client fills its own share and no other's. Where it is not known who
/// the client is, there is no share.
#[derive(Debug, Clone)]
pub(crate) struct Shares(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    taken: Mutex<HashMap<Network, usize>>,
    freed: Notify,
}

impl Shares {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, taken: Mutex::default(), freed: Notify::new() }))
    }

    /// A part of the client's share, or `None` where it has all of it.
    pub(crate) fn try_take(&self, client: Option<Network>) -> Option<Share> {
        if let Some(client) = client {
            let mut taken = self.lock();
            let own = taken.entry(client).or_insert(0);
            if *own >= self.0.most {
                return None;
            }
            *own += 1;
        }
        Some(Share { shares: self.clone(), client })
    }

    /// The same, once there is one.
    pub(crate) async fn take(&self, client: Option<Network>) -> Share {
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

/// A part of a client's share, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Shares,
    client: Option<Network>,
}

impl Drop for Share {
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
        let shares = Shares::new(2);
        let at = |address| Network::of(address);
        let mut held =
            vec![shares.try_take(at("2001:db8::1")).unwrap(), shares.try_take(at("2001:db8::2")).unwrap()];
        assert!(shares.try_take(at("2001:db8::3")).is_none());
        assert!(
            shares.try_take(at("2001:db8:0:1::3")).is_some() && shares.try_take(at("192.0.2.1")).is_some()
        );
        let unknown: Vec<Share> = (0..9).filter_map(|_| shares.try_take(None)).collect();
        assert_eq!(unknown.len(), 9);
        let (next, ()) = tokio::join!(shares.take(at("2001:db8::3")), async {
            tokio::task::yield_now().await;
            held.pop();
        });
        drop((next, held, unknown));
        assert!(shares.lock().is_empty());
    }
}
