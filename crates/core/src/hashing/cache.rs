use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use zeroize::Zeroizing;

use super::StoredHash;
use crate::keyring::{Digest, KEY_BYTES, keyed_digest};

/// Remembers which app passwords matched which stored hash, so that a mail program that returns costs no argon2id.
///
/// Keyed by a digest over the stored hash and the secret under a random key of this process: a hash that is gone from
/// the directory can no longer be asked about, and what is kept is no use to another process. Wrong answers have a
/// smaller store of their own, so that guesses cannot push the right ones out.
pub struct VerificationCache {
    key: Zeroizing<[u8; KEY_BYTES]>,
    right: Mutex<LruCache<Digest, ()>>,
    wrong: Mutex<LruCache<Digest, ()>>,
    hits: AtomicU64,
}

impl VerificationCache {
    /// An empty cache under `key`, which is fresh random bytes.
    #[must_use]
    pub fn new(key: [u8; KEY_BYTES]) -> Self {
        Self {
            key: Zeroizing::new(key),
            right: Mutex::new(LruCache::new(RIGHT_ENTRIES)),
            wrong: Mutex::new(LruCache::new(WRONG_ENTRIES)),
            hits: AtomicU64::new(0),
        }
    }

    /// What is known of `secret` against `hash`.
    #[must_use]
    pub fn recall(&self, hash: &StoredHash, secret: &[u8]) -> Remembered {
        let digest = self.digest(hash, secret);
        let known = |side: &Mutex<LruCache<Digest, ()>>| lock(side).get(&digest).is_some();
        if known(&self.right) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            Remembered::Right
        } else if known(&self.wrong) {
            Remembered::Wrong
        } else {
            Remembered::Nothing
        }
    }

    /// Notes what argon2id said.
    pub fn remember(&self, hash: &StoredHash, secret: &[u8], right: bool) {
        let side = if right { &self.right } else { &self.wrong };
        lock(side).put(self.digest(hash, secret), ());
    }

    /// How many logins were spared an argon2id.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    fn digest(&self, hash: &StoredHash, secret: &[u8]) -> Digest {
        keyed_digest(&self.key, "verification cache", &[hash.as_str().as_bytes(), secret])
    }
}

impl fmt::Debug for VerificationCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCache")
    }
}

/// What the cache knows of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// It matched this very hash.
    Right,
    /// It did not match this very hash.
    Wrong,
    /// It has not been seen, or was forgotten.
    Nothing,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const RIGHT_ENTRIES: NonZeroUsize = NonZeroUsize::new(32_768).expect("not zero");
const WRONG_ENTRIES: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(salt: &str) -> StoredHash {
        StoredHash::parse(&format!(
            "$argon2id$v=19$m=4096,t=1,p=1${salt}$k7m8wGcTuvWLbIHTKw4NjNIZi6rVLQdDdLNf0DpwtCo"
        ))
        .unwrap()
    }

    #[test]
    fn what_is_remembered_holds_for_that_hash_alone() {
        let cache = VerificationCache::new([9; KEY_BYTES]);
        let (old, new) = (hash("c29tZXNhbHRzb21lc2FsdA"), hash("b3RoZXJzYWx0b3RoZXJzYQ"));
        assert_eq!(cache.recall(&old, b"s"), Remembered::Nothing);
        cache.remember(&old, b"s", true);
        cache.remember(&old, b"t", false);
        assert_eq!(cache.recall(&old, b"s"), Remembered::Right);
        assert_eq!(cache.recall(&old, b"t"), Remembered::Wrong);
        assert_eq!(cache.recall(&new, b"s"), Remembered::Nothing);
        assert_eq!(cache.hits(), 1);
    }

    #[test]
    fn guesses_do_not_push_out_what_matched() {
        let cache = VerificationCache::new([9; KEY_BYTES]);
        let hash = hash("c29tZXNhbHRzb21lc2FsdA");
        cache.remember(&hash, b"right", true);
        for guess in 0_u32..10_000 {
            cache.remember(&hash, &guess.to_be_bytes(), false);
        }
        assert_eq!(cache.recall(&hash, b"right"), Remembered::Right);
    }
}
