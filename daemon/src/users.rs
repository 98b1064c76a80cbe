use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nix::unistd::{Uid, User};
use postern_core::unix_users::{NameServiceError, UnixUsers};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The users of this host, as its name services know them.
///
/// Those may be slow or stuck, and a call to them cannot be taken back: nobody waits longer than [`PATIENCE`], and no more
/// than [`AT_A_TIME`] calls are open in either direction, however many would like one. Whoever logs in asks by name, and
/// local users by their own uid; neither waits behind the other.
#[derive(Debug)]
pub(crate) struct HostUsers {
    by_name: NameServices,
    by_uid: NameServices,
}

impl HostUsers {
    pub(crate) fn new() -> Self {
        Self {
            by_name: NameServices::new(AT_A_TIME, PATIENCE),
            by_uid: NameServices::new(AT_A_TIME, PATIENCE),
        }
    }

    /// The name of the user `uid`, or `None` where there is no such user.
    pub(crate) async fn name_of(&self, uid: u32) -> Result<Option<String>, NameServiceError> {
        self.by_uid.ask(move || Ok(User::from_uid(Uid::from_raw(uid))?.map(|user| user.name))).await
    }
}

#[async_trait]
impl UnixUsers for HostUsers {
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError> {
        let name = name.to_owned();
        self.by_name.ask(move || Ok(User::from_name(&name)?.map(|user| user.uid.as_raw()))).await
    }
}

/// A way to the name services with few places and little patience.
#[derive(Debug)]
pub(crate) struct NameServices {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl NameServices {
    pub(crate) fn new(places: usize, patience: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// What `question` says; an error also where it says nothing in time.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> nix::Result<T> + Send + 'static,
    ) -> Result<T, NameServiceError> {
        let answer = async {
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(|error| error.to_string())?;
            // The place goes with the call, not with whoever waits for it: a stuck one keeps its place.
            let call = spawn_blocking(move || {
                let answer = question();
                drop(place);
                answer
            });
            call.await.map_err(|error| error.to_string())?.map_err(|errno| errno.to_string())
        };
        let answer = timeout(self.patience, answer).await;
        answer
            .unwrap_or_else(|_| Err(format!("nothing within {:?}", self.patience)))
            .map_err(NameServiceError)
    }
}

const PATIENCE: Duration = Duration::from_secs(3);
const AT_A_TIME: usize = 8;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn users_are_found_by_name_and_by_uid_and_others_are_not() {
        let users = HostUsers::new();
        assert_eq!(users.uid_of("root").await, Ok(Some(0)));
        assert_eq!(users.name_of(0).await, Ok(Some("root".to_owned())));
        assert_eq!(users.uid_of("no such user at all").await, Ok(None));
        assert_eq!(users.name_of(4_000_000_001).await, Ok(None));
    }

    #[tokio::test]
    async fn a_name_service_that_is_stuck_holds_up_nobody_and_gathers_no_threads() {
        let services = NameServices::new(2, Duration::from_millis(50));
        let (let_go, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(std::sync::Mutex::new(stuck));
        let calls = Arc::new(AtomicU32::new(0));
        let asked = Instant::now();
        for _ in 0..10 {
            let (calls, stuck) = (Arc::clone(&calls), Arc::clone(&stuck));
            let answer = services.ask(move || {
                calls.fetch_add(1, Ordering::Relaxed);
                assert!(stuck.lock().unwrap().recv().is_err(), "let go, and told nothing");
                Ok(())
            });
            assert!(answer.await.is_err());
        }
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!(calls.load(Ordering::Relaxed), 2, "no more calls than places");
        drop(let_go);
        assert_eq!(services.ask(|| Ok(7)).await, Ok(7), "places are given back when the calls return");
    }

    #[tokio::test]
    async fn an_error_of_the_name_services_is_not_taken_for_nobody() {
        let services = NameServices::new(1, PATIENCE);
        assert!(services.ask(|| Err::<Option<u32>, _>(nix::errno::Errno::EIO)).await.is_err());
    }
}
