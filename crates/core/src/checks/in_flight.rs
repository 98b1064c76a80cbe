use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::directory::PasswordRefusal;
use crate::exchange::stop::Stop;
use crate::exchange::trail::Trail;
use crate::keyring::Digest;
use crate::verdict::Reason;

/// Lets logins that ask the same question at the same time share its answer.
///
/// A mail program opens several connections at once, all with the same password. The first one has it checked and
/// counted, the others wait for what comes out. So the same wrong secret counts once and is checked once, however many
/// of them arrive together. The answer is not cached: a later call checks again.
pub struct InFlight(Mutex<HashMap<Digest, Arc<OnceCell<SecretCheck>>>>);

/// The result of the check of a main password or an app password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretCheck {
    /// The secret is right.
    Right,
    /// It is right, and its owner has to change it.
    RightButDue,
    /// It is wrong.
    Wrong,
    /// It is wrong, or it is right and the directory has locked the main password for a time. The directory does not say which.
    WrongOrLocked,
    /// It was wrong a short while ago, and was not verified again.
    KnownWrong,
    /// The directory accepts no password for the account, right or wrong.
    Refused(PasswordRefusal),
    /// It was not verified, because too many were wrong.
    Limited,
}

impl SecretCheck {
    /// Goes on if the secret is right.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn require_right(self, trail: &mut Trail) -> Result<(), Stop> {
        match self {
            Self::Right => Ok(()),
            Self::RightButDue => {
                trail.is_password_due = true;
                Ok(())
            }
            Self::Wrong => Err(Stop::reject(Reason::BadCredential)),
            Self::WrongOrLocked => Err(Stop::explained(Reason::BadCredential, WRONG_OR_LOCKED)),
            Self::KnownWrong => Err(Stop::explained(Reason::BadCredential, WRONG_BEFORE)),
            Self::Refused(refusal) => Err(Stop::explained(Reason::NotPermitted, refusal.detail())),
            Self::Limited => Err(Stop::reject(Reason::Limited)),
        }
    }
}

/// The log's detail of a program that repeats itself. It guesses nothing, and fail2ban's filter ignores it.
pub(crate) const WRONG_BEFORE: &str = "the same secret was wrong before";
const WRONG_OR_LOCKED: &str = "wrong, or the directory has locked the main password for a time";

impl InFlight {
    /// Nothing asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The answer to `question`: by `check`, or by another login's that is under way. Where that one fails or goes
    /// away, the next in line makes its own.
    pub(crate) async fn once<E>(
        &self,
        question: Digest,
        check: impl Future<Output = Result<SecretCheck, E>>,
    ) -> Result<SecretCheck, E> {
        let place =
            Place { answer: Arc::clone(self.lock().entry(question).or_default()), all: self, question };
        place.answer.get_or_try_init(|| check).await.copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Arc<OnceCell<SecretCheck>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InFlight")
    }
}

/// A login's part in a question. The question is forgotten once it is answered, or with the last who asked.
struct Place<'a> {
    answer: Arc<OnceCell<SecretCheck>>,
    all: &'a InFlight,
    question: Digest,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        let is_mine = all.get(&self.question).is_some_and(|answer| Arc::ptr_eq(answer, &self.answer));
        // One is held by the map, one here.
        if is_mine && (self.answer.initialized() || Arc::strong_count(&self.answer) <= 2) {
            all.remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    const QUESTION: Digest = Digest::new([1; 16]);

    async fn slowly(asked: &AtomicUsize, answer: SecretCheck) -> Result<SecretCheck, Infallible> {
        asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(answer)
    }

    #[tokio::test]
    async fn concurrent_checks_share_one_answer_and_later_ones_do_not() {
        let (in_flight, asked) = (InFlight::new(), AtomicUsize::new(0));
        let once = |answer| in_flight.once(QUESTION, slowly(&asked, answer));
        let answers =
            tokio::join!(once(SecretCheck::Wrong), once(SecretCheck::Right), once(SecretCheck::Limited));
        assert_eq!(answers, (Ok(SecretCheck::Wrong), Ok(SecretCheck::Wrong), Ok(SecretCheck::Wrong)));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert_eq!(once(SecretCheck::Right).await, Ok(SecretCheck::Right), "asked anew");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(in_flight.lock().is_empty());
    }

    #[tokio::test]
    async fn other_questions_have_answers_of_their_own() {
        let (in_flight, asked) = (InFlight::new(), AtomicUsize::new(0));
        let here = in_flight.once(Digest::new([1; 16]), slowly(&asked, SecretCheck::Right));
        let there = in_flight.once(Digest::new([2; 16]), slowly(&asked, SecretCheck::Wrong));
        assert_eq!(tokio::join!(here, there), (Ok(SecretCheck::Right), Ok(SecretCheck::Wrong)));
    }

    #[tokio::test]
    async fn a_check_that_fails_or_is_dropped_is_repeated_by_the_next_caller() {
        let (in_flight, asked) = (InFlight::new(), AtomicUsize::new(0));
        let failing = in_flight.once(QUESTION, async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Err("down")
        });
        let next = in_flight.once(QUESTION, async { Ok::<_, &str>(SecretCheck::Right) });
        assert_eq!(tokio::join!(failing, next), (Err("down"), Ok(SecretCheck::Right)));

        let gone = in_flight.once(QUESTION, slowly(&asked, SecretCheck::Wrong));
        let gone = tokio::time::timeout(Duration::from_millis(5), gone);
        let next = in_flight.once(QUESTION, slowly(&asked, SecretCheck::Right));
        let (gone, next) = tokio::join!(gone, next);
        assert!(gone.is_err());
        assert_eq!(next, Ok(SecretCheck::Right));
        assert!(in_flight.lock().is_empty());
    }
}
