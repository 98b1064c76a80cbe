use std::sync::Arc;
use std::time::Duration;

use postern_core::engine::Engine;
use postern_core::flows::{DecidedLogin, record_login};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

/// Writes decided logins to the history of their accounts, once the front door has its verdict: no login waits for it, and none fails
/// by it. What is more than it can write is left out.
///
/// What strangers cause has places of its own, so that a flood of wrong passwords keeps no accepted login out.
#[derive(Debug)]
pub(crate) struct HistoryWriter {
    strangers: Lane,
    others: Lane,
}

#[derive(Debug)]
struct Lane {
    /// Logins that are written, or wait for it.
    places: Arc<Semaphore>,
    size: u32,
    writers: Arc<Semaphore>,
}

/// A login that has a place to be written.
#[derive(Debug)]
pub(crate) struct AdmittedLogin {
    login: DecidedLogin,
    writers: Arc<Semaphore>,
    _place: OwnedSemaphorePermit,
}

impl HistoryWriter {
    pub(crate) fn new() -> Self {
        Self { strangers: Lane::new(STRANGERS, 2), others: Lane::new(OTHERS, 8) }
    }

    /// Gives a login a place. `None` if there is none, and it is left out.
    pub(crate) fn admit(&self, login: DecidedLogin) -> Option<AdmittedLogin> {
        let lane = if login.is_stranger() { &self.strangers } else { &self.others };
        let Ok(place) = Arc::clone(&lane.places).try_acquire_owned() else {
            debug!("a login is left out of the history: there are too many at once");
            return None;
        };
        Some(AdmittedLogin { login, writers: Arc::clone(&lane.writers), _place: place })
    }

    /// Waits until nothing is being written, or for `patience`.
    pub(crate) async fn drain(&self, patience: Duration) {
        let idle = async {
            for lane in [&self.strangers, &self.others] {
                drop(lane.places.acquire_many(lane.size).await);
            }
        };
        if tokio::time::timeout(patience, idle).await.is_err() {
            debug!("some logins are left out of the history: posternd stops");
        }
    }
}

impl AdmittedLogin {
    pub(crate) async fn write(self, engine: &Engine) {
        // It is never closed.
        let Ok(_writer) = self.writers.acquire().await else { return };
        if let Err(error) = record_login(engine, self.login).await {
            debug!("a login is left out of the history: {error}");
        }
    }
}

impl Lane {
    fn new(places: u32, writers: usize) -> Self {
        let semaphore = Semaphore::new(usize::try_from(places).unwrap_or(Semaphore::MAX_PERMITS));
        Self { places: Arc::new(semaphore), size: places, writers: Arc::new(Semaphore::new(writers)) }
    }
}

/// Anybody can fill these.
const STRANGERS: u32 = 64;
/// Who is let in, or knows a main password, can fill these: all mail programs of a site log in again after its server was restarted.
const OTHERS: u32 = 4096;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use postern_core::account::AccountId;
    use postern_core::clock::Timestamp;
    use postern_core::exchange::{Outcome, Trail};
    use postern_core::verdict::{Accepted, Reason, Verdict};

    use super::*;

    fn login(verdict: Verdict) -> DecidedLogin {
        let account = Some(AccountId::new("a".to_owned()));
        let outcome =
            Outcome { trail: Trail { account, ..Trail::default() }, ..Outcome::of_verdict(verdict) };
        DecidedLogin::of("imap", None, &outcome, Timestamp::from_unix(1_800_000_000)).unwrap()
    }

    #[tokio::test]
    async fn a_flood_of_wrong_passwords_leaves_places_for_those_who_are_let_in() {
        let accept = || {
            let accepted = Accepted { user: "alice".to_owned(), userdb: BTreeMap::new(), proof: None };
            login(Verdict::Accept(accepted))
        };
        let writer = HistoryWriter::new();
        let reject = || writer.admit(login(Verdict::Reject(Reason::BadCredential)));
        let mut flood: Vec<_> = (0..1000).filter_map(|_| reject()).collect();
        assert_eq!((flood.len(), reject().is_none()), (64, true));
        let accepted = writer.admit(accept());
        assert!(accepted.is_some());
        drop((accepted, flood.pop()));
        assert!(reject().is_some(), "a place is free again");
        drop(flood);
        writer.drain(Duration::from_secs(60)).await;
        assert!(writer.admit(accept()).is_some());
    }
}
