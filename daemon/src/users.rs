use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nix::unistd::{Uid, User};
use postern_core::unix_users::{NameServiceError, UnixUsers};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::debug;

use crate::peer::Rights;
use crate::slots::LocalUser;

/// Asks this host's name services about users.
///
/// They may be slow or stuck, and a call cannot be cancelled: a caller waits at most [`PATIENCE`], and at most [`AT_A_TIME`] calls by
/// name and as many by uid are open. Logins ask by name and local users by uid, so neither waits behind the other.
#[derive(Debug)]
pub(crate) struct HostUsers {
    by_name: NameServices,
    by_uid: NameServices,
    /// Recent answers on whether a uid has a user.
    recent: Mutex<HashMap<u32, Recent>>,
}

#[derive(Debug, Clone, Copy)]
struct Recent {
    is_known: bool,
    until: Instant,
}

impl HostUsers {
    pub(crate) fn new() -> Self {
        Self {
            by_name: NameServices::new(AT_A_TIME, PATIENCE),
            by_uid: NameServices::new(AT_A_TIME, PATIENCE),
            recent: Mutex::default(),
        }
    }

    /// The name of the user `uid`; `None` if there is no such user.
    pub(crate) async fn name_of(&self, uid: u32) -> Result<Option<String>, NameServiceError> {
        let name =
            self.by_uid.ask(move || Ok(User::from_uid(Uid::from_raw(uid))?.map(|user| user.name))).await;
        if let Ok(name) = &name {
            self.remember(uid, name.is_some());
        }
        name
    }

    /// The recent answer about `uid`, for shares.
    pub(crate) fn remembered(&self, uid: u32) -> Option<LocalUser> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(&uid).filter(|recent| Instant::now() < recent.until).map(|recent| recent.user(uid))
    }

    /// Whose share `uid` has: its own if the name services do not answer.
    pub(crate) async fn local_user(&self, uid: u32) -> LocalUser {
        if let Some(user) = self.remembered(uid) {
            return user;
        }
        match self.name_of(uid).await {
            Ok(None) => LocalUser::Unknown,
            Ok(Some(_)) | Err(_) => LocalUser::Known(uid),
        }
    }

    /// Looks up again the users that the configuration trusts.
    pub(crate) async fn look_again(&self, rights: &Rights) {
        let rights = rights.clone();
        let looked = self.by_name.ask(move || {
            rights.look_again();
            Ok(())
        });
        if let Err(error) = looked.await {
            debug!("the users of socket.trusted: {error}");
        }
    }

    fn remember(&self, uid: u32, is_known: bool) {
        let now = Instant::now();
        let until = now + if is_known { KNOWN_FOR } else { UNKNOWN_FOR };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= MOST_REMEMBERED {
            recent.retain(|_, recent| now < recent.until);
            if recent.len() >= MOST_REMEMBERED {
                recent.clear();
            }
        }
        recent.insert(uid, Recent { is_known, until });
    }
}

impl Recent {
    fn user(self, uid: u32) -> LocalUser {
        if self.is_known { LocalUser::Known(uid) } else { LocalUser::Unknown }
    }
}

#[async_trait]
impl UnixUsers for HostUsers {
    async fn uid_of(&self, name: &str) -> Result<Option<u32>, NameServiceError> {
        let name = name.to_owned();
        self.by_name.ask(move || Ok(User::from_name(&name)?.map(|user| user.uid.as_raw()))).await
    }
}

/// Calls to the name services, bounded in number and time.
#[derive(Debug)]
pub(crate) struct NameServices {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl NameServices {
    pub(crate) fn new(places: usize, patience: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// The answer of `question`; an error if it does not come in time.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> nix::Result<T> + Send + 'static,
    ) -> Result<T, NameServiceError> {
        let answer = async {
            let place = Arc::clone(&self.places).acquire_owned().await.map_err(|error| error.to_string())?;
            // The place belongs to the call and not to its caller: a stuck call keeps its place.
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
const KNOWN_FOR: Duration = Duration::from_secs(300);
/// Short, as a user may have been created just now.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// A user with subordinate uids has 65,536 of them.
const MOST_REMEMBERED: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    #[tokio::test]
    async fn users_are_found_by_name_and_by_uid_and_others_are_not() {
        let users = HostUsers::new();
        assert_eq!(users.uid_of("root").await, Ok(Some(0)));
        assert_eq!(users.name_of(0).await, Ok(Some("root".to_owned())));
        assert_eq!(users.uid_of("no such user at all").await, Ok(None));
        assert_eq!(users.name_of(4_000_000_001).await, Ok(None));
        assert_eq!(users.remembered(4_000_000_001), Some(LocalUser::Unknown));
        assert_eq!(users.remembered(0), Some(LocalUser::Known(0)));
        assert_eq!(users.remembered(1), None);
        assert_eq!(users.local_user(4_000_000_002).await, LocalUser::Unknown);
    }

    #[tokio::test]
    async fn a_stuck_name_service_blocks_no_others_and_gathers_no_threads() {
        let services = NameServices::new(2, Duration::from_millis(50));
        let (let_go, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(Mutex::new(stuck));
        let calls = Arc::new(AtomicU32::new(0));
        for _ in 0..10 {
            let (calls, stuck) = (Arc::clone(&calls), Arc::clone(&stuck));
            let answer = services.ask(move || {
                calls.fetch_add(1, Ordering::Relaxed);
                assert!(stuck.lock().unwrap().recv().is_err(), "let go, and told nothing");
                Ok(())
            });
            // All of them before the calls are let go.
            let answer = timeout(Duration::from_secs(60), answer).await;
            assert!(answer.expect("an answer while the calls are stuck").is_err());
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2, "no more calls than places");
        drop(let_go);
        assert_eq!(services.ask(|| Ok(7)).await, Ok(7), "places are given back when the calls return");
    }

    #[tokio::test]
    async fn an_error_of_the_name_services_is_not_an_unknown_user() {
        let services = NameServices::new(1, PATIENCE);
        assert!(services.ask(|| Err::<Option<u32>, _>(nix::errno::Errno::EIO)).await.is_err());
    }
}
