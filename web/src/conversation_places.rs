use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;
use tracing::warn;

use crate::address::Network;
use crate::client_limit::{ClientLimit, ClientPermit};

/// Limits the conversations with posternd at one time, of all clients and of each: a quarter of them.
#[derive(Debug, Clone)]
pub(crate) struct ConversationPlaces {
    all: Arc<Semaphore>,
    per_client: ClientLimit,
}

/// A place of [`ConversationPlaces`], freed when dropped.
#[derive(Debug)]
pub(crate) struct ConversationPlace {
    _share: ClientPermit,
    _place: OwnedSemaphorePermit,
}

impl ConversationPlaces {
    pub(crate) fn new(most: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(most)), per_client: ClientLimit::new(most.div_ceil(4)) }
    }

    /// Waits for a place. `None` if there is none by the deadline, which is logged. Unknown clients have no share of their own.
    pub(crate) async fn take(&self, client: Option<Network>, deadline: Instant) -> Option<ConversationPlace> {
        let place = async {
            let share = self.per_client.take(client).await;
            let place = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(ConversationPlace { _share: share, _place: place })
        };
        let place = timeout_at(deadline.into(), place).await.ok().flatten();
        if place.is_none() {
            warn!("no place for another conversation with posternd; see limits.conversations");
        }
        place
    }
}
