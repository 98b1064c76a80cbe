//! argon2id (RFC 9106) with one memory and CPU budget for the whole process.

mod budget;
mod cache;
mod durations;
mod jobs;
mod load;
mod pool;
mod recent_runs;
mod stored;
mod work;

pub use budget::Budget;
pub use cache::{Remembered, VerificationCache};
pub use durations::Durations;
pub use load::{Load, Tally};
pub use pool::{HashPool, NotComputed, SALT_BYTES};
pub use stored::{BadHash, Cost, MAX_MEMORY_KIB, MAX_PASSES, StoredHash};
pub use work::Purpose;
