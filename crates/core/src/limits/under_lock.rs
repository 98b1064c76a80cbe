use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;

use crate::clock::Timestamp;
use crate::keyring::Digest;

/// Main passwords that the directory rejected while it may have locked the account, in which case it also rejects the right one.
///
/// Each may be tried again, in case the lock has ended: after 5 seconds, then after four times as long, and finally once every 5
/// minutes. Otherwise a program that repeats an old password would renew the lock with each try. The key is a secret from one
/// source. The least recently used entry is evicted first, and its secret is then tried once more.
pub struct WrongUnderLock(Mutex<LruCache<Digest, Asked>>);

#[derive(Clone, Copy)]
struct Asked {
    last: Timestamp,
    pause: Duration,
}

/// The state of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnderLock {
    /// Unknown.
    New,
    /// It was rejected some time ago, and may be tried again.
    Due,
    /// It was rejected a short while ago.
    TooEarly,
}

impl WrongUnderLock {
    /// Without any secret.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(LruCache::new(MOST_REMEMBERED)))
    }

    /// The state of `secret` within `window`.
    #[must_use]
    pub fn recall(&self, secret: Digest, window: Duration, now: Timestamp) -> UnderLock {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.get(&secret) {
            Some(asked) if asked.last > now || asked.last.plus(window) <= now => UnderLock::New,
            Some(asked) if asked.last.plus(asked.pause) <= now => UnderLock::Due,
            Some(_) => UnderLock::TooEarly,
            None => UnderLock::New,
        }
    }

    /// Remembers that `secret` was rejected.
    pub fn remember(&self, secret: Digest, window: Duration, now: Timestamp) {
        let is_new = self.recall(secret, window, now) == UnderLock::New;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.get(&secret).filter(|_| !is_new);
        let pause = before.map_or(FIRST_PAUSE, |asked| (asked.pause * 4).min(LONGEST_PAUSE));
        asked.put(secret, Asked { last: now, pause });
    }
}

impl Default for WrongUnderLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WrongUnderLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrongUnderLock")
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const MOST_REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(900);

    #[test]
    fn a_secret_is_asked_for_ever_more_rarely_and_anew_after_the_window() {
        let wrong = WrongUnderLock::new();
        let at = Timestamp::from_unix;
        let recall = |now| wrong.recall(Digest::new([1; 16]), WINDOW, at(now));
        assert_eq!(recall(1000), UnderLock::New);
        let mut now = 1000;
        for pause in [5, 20, 80, 300, 300] {
            wrong.remember(Digest::new([1; 16]), WINDOW, at(now));
            assert_eq!(recall(now + pause - 1), UnderLock::TooEarly);
            now += pause;
            assert_eq!(recall(now), UnderLock::Due);
        }
        assert_eq!(wrong.recall(Digest::new([2; 16]), WINDOW, at(now)), UnderLock::New, "another one");
        assert_eq!(recall(now - 301), UnderLock::New, "a clock that was ahead delays no login");
        assert_eq!(recall(now + 600), UnderLock::New);
        wrong.remember(Digest::new([1; 16]), WINDOW, at(now + 600));
        assert_eq!(recall(now + 605), UnderLock::Due);
    }
}
