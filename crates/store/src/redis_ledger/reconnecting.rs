use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use postern_core::ledger::LedgerError;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// A value, such as a connection, that one background task makes when it is first needed, and makes again whenever it was lost.
pub(super) struct Reconnecting<T>(Arc<Inner<T>>);

/// The value as it was when it was leased.
#[derive(Debug, Clone)]
pub(super) struct Lease<T> {
    /// The value.
    pub(super) value: T,
    generation: u64,
}

/// Makes the value; given up after [`LIMIT`].
pub(super) type Make<T> =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send>> + Send + Sync>;

impl<T: Clone + Send + Sync + 'static> Reconnecting<T> {
    pub(super) fn new(make: Make<T>) -> Self {
        Self(Arc::new(Inner {
            make,
            state: watch::Sender::new(State::Idle),
            made: AtomicU64::new(0),
            is_renewing: AtomicBool::new(false),
        }))
    }

    /// The value. Waits while it is made for the first time or right after it was lost, but not while attempts are known to fail.
    pub(super) async fn lease(&self) -> Result<Lease<T>, LedgerError> {
        self.make_from(|state| matches!(state, State::Idle), State::Making);
        let mut states = self.0.state.subscribe();
        let settled = states.wait_for(|state| matches!(state, State::Up(_) | State::Down(_))).await;
        match settled.as_deref() {
            Ok(State::Up(lease)) => Ok(lease.clone()),
            Ok(State::Down(error)) => Err(error.clone()),
            Ok(State::Idle | State::Making) | Err(_) => Err(LedgerError::Down("not connected".to_owned())),
        }
    }

    /// Whether it could be made when that was last tried; `None` if it has not been needed yet.
    pub(super) fn is_up(&self) -> Option<bool> {
        match &*self.0.state.borrow() {
            State::Up(_) => Some(true),
            State::Down(_) => Some(false),
            State::Idle | State::Making => None,
        }
    }

    /// Another value, for the caller alone.
    pub(super) async fn make_another(&self) -> Result<T, LedgerError> {
        self.0.make().await
    }

    /// Reports that a leased value is of no use any more. The next caller waits for the first attempt to make another, or gets
    /// `error` until one is made. Has no effect if there is a newer value already.
    pub(super) fn report_loss(&self, lease: &Lease<T>, error: Option<LedgerError>) {
        let is_this = |state: &State<T>| matches!(state, State::Up(up) if up.generation == lease.generation);
        self.make_from(is_this, error.map_or(State::Making, State::Down));
    }

    /// Makes another value in the background while the present one stays in use.
    pub(super) fn renew(&self) {
        let is_up = matches!(&*self.0.state.borrow(), State::Up(_));
        if !is_up || self.0.is_renewing.swap(true, Ordering::AcqRel) {
            return;
        }
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let _over = Over(Weak::clone(&weak));
            if let Some(inner) = weak.upgrade()
                && let Ok(value) = inner.make().await
            {
                inner.put(value);
            }
            sleep(FIRST_PAUSE).await;
        });
    }

    fn make_from(&self, when: impl Fn(&State<T>) -> bool, then: State<T>) {
        let mut then = Some(then);
        let begins = self.0.state.send_if_modified(|state| match then.take_if(|_| when(state)) {
            Some(then) => {
                *state = then;
                true
            }
            None => false,
        });
        if begins {
            tokio::spawn(make_until_up(Arc::downgrade(&self.0)));
        }
    }
}

struct Inner<T> {
    make: Make<T>,
    state: watch::Sender<State<T>>,
    made: AtomicU64,
    is_renewing: AtomicBool,
}

impl<T> Inner<T> {
    async fn make(&self) -> Result<T, LedgerError> {
        let silent = |_| LedgerError::Down("does not answer in time".to_owned());
        timeout(LIMIT, (self.make)()).await.map_err(silent)?
    }

    fn put(&self, value: T) {
        let generation = self.made.fetch_add(1, Ordering::Relaxed);
        self.state.send_replace(State::Up(Lease { value, generation }));
    }
}

enum State<T> {
    /// It has not been needed yet.
    Idle,
    /// The first attempt is under way, and worth waiting for.
    Making,
    /// In use.
    Up(Lease<T>),
    /// Attempts go on in the background.
    Down(LedgerError),
}

/// Ends once the value is made, or once nothing is left that could need it.
async fn make_until_up<T>(weak: Weak<Inner<T>>) {
    let _unmade = Unmade(Weak::clone(&weak));
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(inner) = weak.upgrade() else { return };
        match inner.make().await {
            Ok(value) => return inner.put(value),
            Err(error) => drop(inner.state.send_replace(State::Down(error))),
        }
        drop(inner);
        sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// A task that ends half-way, with its runtime or by a panic, must not leave others waiting for it.
struct Unmade<T>(Weak<Inner<T>>);

impl<T> Drop for Unmade<T> {
    fn drop(&mut self) {
        let Some(inner) = self.0.upgrade() else { return };
        inner.state.send_if_modified(|state| {
            let is_unmade = !matches!(state, State::Up(_));
            if is_unmade {
                *state = State::Idle;
            }
            is_unmade
        });
    }
}

struct Over<T>(Weak<Inner<T>>);

impl<T> Drop for Over<T> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.is_renewing.store(false, Ordering::Release);
        }
    }
}

/// Below the deadline of a call, so that the first caller learns why it failed.
pub(super) const LIMIT: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use tokio::time::Instant;

    use super::*;

    fn down() -> LedgerError {
        LedgerError::Down("no".to_owned())
    }

    /// Gives one of these for each attempt, then 9 for ever; `None` does not answer.
    fn reconnecting(
        attempts: impl IntoIterator<Item = Option<Result<u32, LedgerError>>>,
    ) -> Reconnecting<u32> {
        let attempts = Arc::new(Mutex::new(attempts.into_iter().collect::<VecDeque<_>>()));
        Reconnecting::new(Box::new(move || {
            let next = attempts.lock().unwrap().pop_front().unwrap_or(Some(Ok(9)));
            Box::pin(async move {
                match next {
                    Some(result) => result,
                    None => std::future::pending().await,
                }
            })
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn while_it_is_down_callers_fail_at_once_and_it_comes_back_by_itself() {
        let value = reconnecting([Some(Err(down())), None]);
        assert_eq!(value.lease().await.unwrap_err(), down());
        let start = Instant::now();
        for _ in 0..100 {
            assert!(value.lease().await.is_err());
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        // An attempt of 500 ms, with pauses of 200 and 400 ms.
        for _ in 0..60 {
            if value.lease().await.is_ok() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(value.lease().await.unwrap().value, 9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_attempt_ends_before_the_deadline_of_a_call() {
        let value = reconnecting([None]);
        let start = Instant::now();
        assert!(value.lease().await.is_err());
        assert_eq!(start.elapsed().as_millis(), LIMIT.as_millis());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_loss_the_next_one_waits_for_the_first_attempt() {
        let value = reconnecting([Some(Ok(1)), Some(Ok(2))]);
        let first = value.lease().await.unwrap();
        value.report_loss(&first, None);
        let second = value.lease().await.unwrap();
        assert_eq!((first.value, second.value), (1, 2));
        value.report_loss(&first, Some(down()));
        assert_eq!(value.lease().await.unwrap().value, 2, "the newer one is not lost with the older");
    }

    #[tokio::test(start_paused = true)]
    async fn the_old_one_stays_in_use_while_another_is_made() {
        let value = reconnecting([Some(Ok(1)), Some(Err(down()))]);
        assert_eq!(value.lease().await.unwrap().value, 1);
        let end = Instant::now() + Duration::from_secs(3);
        while value.lease().await.unwrap().value != 9 {
            assert!(Instant::now() < end);
            value.renew();
            sleep(Duration::from_millis(20)).await;
        }
    }
}
