//! Threads that hash passwords, within a budget of memory.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use argon2::{Block, Params};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::jobs::{Job, Jobs, Reply};
use super::load::{Load, Tally};
use super::stored::{Cost, StoredHash};
use super::work::{ARENA_KIB, Purpose, Work, fresh};
use crate::turns::{Check, Lane};

/// Worker threads that compute argon2id, at most one for each core, within one memory budget.
///
/// The job of a waiting caller is skipped if the caller is dropped because its client hung up.
pub struct HashPool {
    jobs: Arc<Jobs>,
    workers: Vec<JoinHandle<()>>,
}

impl HashPool {
    /// Starts the workers.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn start(budget: Budget) -> std::io::Result<Self> {
        let jobs = Arc::new(Jobs::new(budget));
        let workers = (0..budget.workers())
            .map(|number| {
                let jobs = Arc::clone(&jobs);
                std::thread::Builder::new().name(format!("argon2id-{number}")).spawn(move || work(&jobs))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { jobs, workers })
    }

    /// Whether `hash` was made from `secret`; compared in constant time.
    ///
    /// # Errors
    /// [`NotComputed`] if the computation could not be made.
    pub async fn verify(
        &self,
        hash: &StoredHash,
        secret: &[u8],
        purpose: Purpose,
        lane: Lane,
    ) -> Result<bool, NotComputed> {
        let output = self.output(of_hash(hash, secret, purpose)?, lane).await?;
        let is_right = hash.matches(&output);
        if let (true, Lane::Slow(stranger)) = (is_right, lane) {
            self.jobs.forgive(stranger);
        }
        Ok(is_right)
    }

    /// Takes the time that a wrong secret takes at a hash of this cost, for a name without an account.
    ///
    /// It is computed, as that is what takes the same time in every respect, unless such names come faster than the workers are
    /// free. Then some wait for their turn, and after it as long as a computation took lately.
    ///
    /// # Errors
    /// [`NotComputed`] where a real check would have failed.
    pub async fn pretend(
        &self,
        cost: Cost,
        secret: &[u8],
        purpose: Purpose,
        lane: Lane,
    ) -> Result<(), NotComputed> {
        let work = new_work(secret, &DECOY_SALT, cost, purpose)?;
        match self.run(work, lane, Check::Pretence).await? {
            Reply::Computed(_) => Ok(()),
            Reply::Skipped(duration) => {
                tokio::time::sleep(duration).await;
                Ok(())
            }
            Reply::Busy => Err(NotComputed::Busy),
        }
    }

    /// Hashes `secret` with `salt`. `salt` is fresh random bytes.
    ///
    /// # Errors
    /// [`NotComputed`] if the computation could not be made.
    pub async fn hash(
        &self,
        secret: &[u8],
        salt: &[u8; SALT_BYTES],
        cost: Cost,
        purpose: Purpose,
    ) -> Result<StoredHash, NotComputed> {
        let output = self.output(new_work(secret, salt, cost, purpose)?, Lane::Fast).await?;
        StoredHash::assemble(cost, salt, &output).ok_or(NotComputed::Failed)
    }

    /// The computations since the start.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.jobs.tally()
    }

    /// What is computed and what waits now, and how long that took since the start.
    #[must_use]
    pub fn load(&self) -> Load {
        self.jobs.load(Instant::now())
    }

    async fn output(&self, work: Work, lane: Lane) -> Result<Zeroizing<Vec<u8>>, NotComputed> {
        match self.run(work, lane, Check::Real).await? {
            Reply::Computed(output) => Ok(output),
            Reply::Busy => Err(NotComputed::Busy),
            // Pretences alone are skipped.
            Reply::Skipped(_) => Err(NotComputed::Failed),
        }
    }

    async fn run(&self, work: Work, lane: Lane, check: Check) -> Result<Reply, NotComputed> {
        let (reply, answer) = oneshot::channel();
        self.jobs.add(Job { work, check, since: Instant::now(), reply }, lane);
        // A worker drops the job if it cannot be computed, or if the process ends.
        answer
            .await
            .map_err(|_| if self.jobs.are_closing() { NotComputed::Closing } else { NotComputed::Failed })
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.jobs.close();
        for worker in self.workers.drain(..) {
            drop(worker.join());
        }
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPool").field("tally", &self.tally()).finish_non_exhaustive()
    }
}

/// Why a hash was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotComputed {
    /// Too many computations wait in the slow lane.
    #[error("argon2id is not computed now, because too many logins wait for it already")]
    Busy,
    /// The pool closes, as the process ends.
    #[error("argon2id is not computed any more, because the process is ending")]
    Closing,
    /// The parameters or the memory for them cannot be had.
    #[error("argon2id could not be computed; is there enough memory?")]
    Failed,
}

/// The length of a salt (RFC 9106, section 3.1, recommends 16 bytes).
pub const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;
const DECOY_SALT: [u8; SALT_BYTES] = *b"postern-decoy-16";

fn of_hash(hash: &StoredHash, secret: &[u8], purpose: Purpose) -> Result<Work, NotComputed> {
    let params = hash.params().ok_or(NotComputed::Failed)?;
    Ok(Work::new(secret, hash.salt(), params, hash.output_len(), purpose))
}

fn new_work(secret: &[u8], salt: &[u8], cost: Cost, purpose: Purpose) -> Result<Work, NotComputed> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(OUTPUT_BYTES));
    Ok(Work::new(secret, salt, params.map_err(|_| NotComputed::Failed)?, OUTPUT_BYTES, purpose))
}

/// What a worker does until the pool closes.
fn work(jobs: &Jobs) {
    let mut arena = vec![Block::new(); ARENA_KIB as usize];
    while let Some(Job { work, reply, .. }) = jobs.take() {
        let began = Instant::now();
        let output = if work.extra_kib() == 0 {
            work.compute(&mut arena)
        } else {
            work.compute(&mut fresh(work.params.block_count()))
        };
        jobs.done(&work, began.elapsed());
        // A failed computation drops the sender, and the caller gets NotComputed.
        if let Some(output) = output {
            drop(reply.send(Reply::Computed(output)));
        }
    }
}

#[cfg(test)]
mod tests;
