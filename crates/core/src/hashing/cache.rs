use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use zeroize::Zeroizing;

use super::StoredHash;
use crate::keyring::{Digest, KEY_BYTES, keyed_digest};

/// Remembers which app passwords matched which stored hash, so that a mail program's next login costs no argon2id.
///
/// The key is a digest over the stored hash and the secret, under a random key of this process. So an entry is useless once its
/// hash is gone from the directory, and in any other process. Wrong answers have a smaller cache of their own, so that guesses
/// cannot evict the right ones.
pub struct VerificationCache {
    key: Zeroizing<[u8; KEY_BYTES]>,
    right: Mutex<LruCache<Digest, ()>>,
    wrong: Mutex<LruCache<Digest, ()>>,
    hits: AtomicU64,
}

impl VerificationCache {
    /// An empty cache. `key` is fresh random bytes.
    #[must_use]
    pub fn new(key: [u8; KEY_BYTES]) -> Self {
        Self {
            key: Zeroizing::new(key),
            right: Mutex::new(LruCache::new(RIGHT_ENTRIES)),
            wrong: Mutex::new(LruCache::new(WRONG_ENTRIES)),
            hits: AtomicU64::new(0),
        }
    }

    /// The known result of checking `secret` against `hash`.
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

    /// Stores the result of argon2id.
    pub fn remember(&self, hash: &StoredHash, secret: &[u8], right: bool) {
        let side = if right { &self.right } else { &self.wrong };
        lock(side).put(self.digest(hash, secret), ());
    }

    /// The number of logins that needed no argon2id.
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

/// The cached result for a secret and a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// The secret matched this hash.
    Right,
    /// The secret did not match this hash.
    Wrong,
    /// There is no entry, or it was evicted.
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
    fn a_cached_result_applies_to_its_own_hash_only() {
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
    fn guesses_do_not_evict_right_secrets() {
        let cache = VerificationCache::new([9; KEY_BYTES]);
        let hash = hash("c29tZXNhbHRzb21lc2FsdA");
        cache.remember(&hash, b"right", true);
        for guess in 0_u32..10_000 {
            cache.remember(&hash, &guess.to_be_bytes(), false);
        }
        assert_eq!(cache.recall(&hash, b"right"), Remembered::Right);
    }
}
