use std::sync::Arc;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::hashing::HashPool;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::random::Random;

/// What a change of an account needs.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Keeps accounts.
    pub directory: Arc<dyn Directory>,
    /// Keeps what may expire.
    pub ledger: Arc<dyn Ledger>,
    /// Computes argon2id.
    pub hasher: Arc<HashPool>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// How much is too much.
    pub limits: Limits,
    /// Fills a buffer with random bytes of the operating system.
    pub random: Random,
}
