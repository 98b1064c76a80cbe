//! argon2id (RFC 9106) with one memory and CPU budget for the whole process.

mod cache;
mod durations;
mod pool;
mod stored;
mod work;

pub use cache::{Remembered, VerificationCache};
pub use durations::Durations;
pub use pool::{Budget, HashPool, Lane, Load, NotComputed, SALT_BYTES, Tally};
pub use stored::{BadHash, Cost, MAX_MEMORY_KIB, MAX_PASSES, StoredHash};
pub use work::Purpose;
