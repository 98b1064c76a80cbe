//! Threads that hash passwords, within a budget of memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use argon2::{Block, Params};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::durations::Durations;
use super::stored::{Cost, MAX_MEMORY_KIB, StoredHash};
use super::work::{ARENA_KIB, Purpose, Work, fresh};

/// Worker threads that compute argon2id, at most one for each core, within one memory budget.
///
/// The job of a waiting caller is skipped if the caller is dropped because its client hung up.
pub struct HashPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    budget_kib: u32,
}

impl HashPool {
    /// Starts the workers.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn start(budget: Budget) -> std::io::Result<Self> {
        let workers = budget.workers();
        let state = State { free_kib: budget.memory_kib - workers * ARENA_KIB, ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let workers = (0..workers)
            .map(|number| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new().name(format!("argon2id-{number}")).spawn(move || shared.work())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { shared, workers, budget_kib: budget.memory_kib })
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
        let params = hash.params().ok_or(NotComputed::Failed)?;
        let work = Work::new(secret, hash.salt(), params, hash.output_len(), purpose);
        let output = self.run(work, lane).await?;
        Ok(hash.matches(&output))
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
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(OUTPUT_BYTES))
            .map_err(|_| NotComputed::Failed)?;
        let work = Work::new(secret, salt, params, OUTPUT_BYTES, purpose);
        let output = self.run(work, Lane::Fast).await?;
        StoredHash::assemble(cost, salt, &output).ok_or(NotComputed::Failed)
    }

    /// The computations since the start.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.shared.lock().tally
    }

    /// What is computed and what waits now, and how long that took since the start.
    #[must_use]
    pub fn load(&self) -> Load {
        let mut state = self.shared.lock();
        state.forget_the_gone();
        Load {
            fast_waiting: state.fast.len(),
            slow_waiting: state.slow.len(),
            memory_kib: state.tally.running_kib,
            budget_kib: self.budget_kib,
            refused: state.refused,
            waits: state.waits,
            runs: state.runs,
        }
    }

    async fn run(&self, work: Work, lane: Lane) -> Result<Zeroizing<Vec<u8>>, NotComputed> {
        let (reply, answer) = oneshot::channel();
        let job = Job { work, reply, since: Instant::now() };
        {
            let mut state = self.shared.lock();
            match lane {
                Lane::Fast => state.fast.push_back(job),
                Lane::Slow => {
                    state.forget_the_gone();
                    if state.slow.len() >= SLOW_WAITING * self.workers.len() {
                        state.refused += 1;
                        return Err(NotComputed::Busy);
                    }
                    state.slow.push_back(job);
                }
            }
        }
        self.shared.changed.notify_one();
        answer.await.map_err(|_| self.why_not())
    }

    /// Why a worker dropped a computation.
    fn why_not(&self) -> NotComputed {
        if self.shared.lock().closing { NotComputed::Closing } else { NotComputed::Failed }
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
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

/// The resources that hashing may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Memory in KiB; at least [`Budget::MIN_MEMORY_KIB`].
    pub memory_kib: u32,
    /// Processor cores.
    pub cores: u32,
}

impl Budget {
    /// The memory for one worker and the largest accepted hash.
    pub const MIN_MEMORY_KIB: u32 = MAX_MEMORY_KIB + ARENA_KIB;

    /// One worker for each core, as long as the largest hash still fits beside their arenas.
    fn workers(self) -> u32 {
        let fitting = self.memory_kib.saturating_sub(MAX_MEMORY_KIB) / ARENA_KIB;
        self.cores.min(fitting).max(1)
    }
}

/// The priority of a job. Every eighth job is taken from the slow lane, so that it progresses under any load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A login without recent failures.
    Fast,
    /// This account had wrong answers from this source, or its source is new.
    Slow,
}

/// Computations since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// For app passwords.
    pub app_password: u64,
    /// For main passwords.
    pub main_password: u64,
    /// For recovery codes.
    pub recovery_code: u64,
    /// The peak memory of concurrent computations, in KiB.
    pub peak_kib: u32,
    running_kib: u32,
}

/// The work of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Computations that wait in the fast lane.
    pub fast_waiting: usize,
    /// Computations that wait in the slow lane.
    pub slow_waiting: usize,
    /// The memory of the computations that are under way, in KiB.
    pub memory_kib: u32,
    /// The memory that they may have, in KiB.
    pub budget_kib: u32,
    /// Computations since the start that found the slow lane full.
    pub refused: u64,
    /// How long computations waited for a worker.
    pub waits: Durations,
    /// How long they took then.
    pub runs: Durations,
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
const FAST_TURNS: u32 = 7;
/// The computations that may wait in the slow lane for each worker: about a second's worth of main passwords. More would occupy
/// conversations that other users need.
const SLOW_WAITING: usize = 48;

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    fast: VecDeque<Job>,
    slow: VecDeque<Job>,
    fast_turns: u32,
    free_kib: u32,
    closing: bool,
    tally: Tally,
    refused: u64,
    waits: Durations,
    runs: Durations,
}

struct Job {
    work: Work,
    since: Instant,
    reply: oneshot::Sender<Zeroizing<Vec<u8>>>,
}

impl Shared {
    fn work(&self) {
        let mut arena = vec![Block::new(); ARENA_KIB as usize];
        while let Some(Job { work, reply, .. }) = self.take() {
            let began = Instant::now();
            let (extra, memory) = (work.extra_kib(), work.memory_kib());
            let output = if extra == 0 {
                work.compute(&mut arena)
            } else {
                work.compute(&mut fresh(work.params.block_count()))
            };
            {
                let mut state = self.lock();
                state.free_kib += extra;
                state.tally.running_kib -= memory;
                state.runs.add(began.elapsed());
            }
            if extra != 0 {
                self.changed.notify_all();
            }
            // A failed computation drops the sender, and the caller gets NotComputed.
            if let Some(output) = output {
                drop(reply.send(output));
            }
        }
    }

    fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if let Some(job) = state.next() {
                let memory = job.work.memory_kib();
                state.free_kib -= job.work.extra_kib();
                state.tally.running_kib += memory;
                state.waits.add(job.since.elapsed());
                state.tally.peak_kib = state.tally.peak_kib.max(state.tally.running_kib);
                match job.work.purpose {
                    Purpose::AppPassword => state.tally.app_password += 1,
                    Purpose::MainPassword => state.tally.main_password += 1,
                    Purpose::RecoveryCode => state.tally.recovery_code += 1,
                }
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_the_gone(&mut self) {
        self.fast.retain(|job| !job.reply.is_closed());
        self.slow.retain(|job| !job.reply.is_closed());
    }

    /// The next job whose caller still waits and that fits into the free memory.
    fn next(&mut self) -> Option<Job> {
        self.forget_the_gone();
        let slow_first = self.fast_turns >= FAST_TURNS && !self.slow.is_empty();
        let free = self.free_kib;
        let (first, second) =
            if slow_first { (&mut self.slow, &mut self.fast) } else { (&mut self.fast, &mut self.slow) };
        let job = take_fitting(first, free).or_else(|| take_fitting(second, free));
        self.fast_turns = if slow_first { 0 } else { self.fast_turns.saturating_add(1) };
        job
    }
}

fn take_fitting(queue: &mut VecDeque<Job>, free_kib: u32) -> Option<Job> {
    let index = queue.iter().position(|job| job.work.extra_kib() <= free_kib)?;
    queue.remove(index)
}

#[cfg(test)]
mod tests;
