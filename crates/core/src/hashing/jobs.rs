//! What waits for a worker, and what the workers have in hand.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::durations::Durations;
use super::load::{Load, Tally};
use super::recent_runs::RecentRuns;
use super::work::{ARENA_KIB, Purpose, Work};
use crate::turns::{Check, Displaced, FairQueue, Lane, OLD, Room, Stranger, Waiting};

/// The jobs of a pool, shared by its callers and its workers.
pub(super) struct Jobs {
    state: Mutex<State>,
    changed: Condvar,
    budget_kib: u32,
    room: Room,
}

/// One computation that is wanted.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) check: Check,
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// What a caller hears.
pub(super) enum Reply {
    Computed(Zeroizing<Vec<u8>>),
    /// It is not computed, and would have taken this long.
    Skipped(Duration),
    /// Too many wait.
    Busy,
}

struct State {
    queue: FairQueue<Job>,
    recent: RecentRuns,
    free_kib: u32,
    closing: bool,
    tally: Tally,
    refused: u64,
    skipped: u64,
    waits: Durations,
    runs: Durations,
}

impl Jobs {
    pub(super) fn new(budget: Budget) -> Self {
        let workers = budget.workers();
        let state = State {
            queue: FairQueue::new(),
            recent: RecentRuns::default(),
            free_kib: budget.memory_kib - workers * ARENA_KIB,
            closing: false,
            tally: Tally::default(),
            refused: 0,
            skipped: 0,
            waits: Durations::default(),
            runs: Durations::default(),
        };
        let workers = workers as usize;
        let room = Room {
            all: SLOW_WAITING * workers,
            pretences: (PRETENCES_WAITING * workers).max(LEAST_PRETENCES_WAITING),
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), budget_kib: budget.memory_kib, room }
    }

    /// Lets a job wait for its turn. Its caller, or another one, may hear at once that there is no room.
    pub(super) fn add(&self, job: Job, lane: Lane) {
        let mut state = self.lock();
        state.add(job, lane, self.room);
        drop(state);
        self.changed.notify_one();
    }

    /// The next job, once there is one; `None` if the pool closes.
    pub(super) fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if let Some(job) = state.next(Instant::now()) {
                state.begin(&job);
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job that was taken is done.
    pub(super) fn done(&self, work: &Work, took: Duration) {
        let extra = work.extra_kib();
        let mut state = self.lock();
        state.free_kib += extra;
        state.tally.running_kib -= work.memory_kib();
        state.runs.add(took);
        if work.purpose == Purpose::MainPassword {
            state.recent.add(work.cost(), took);
        }
        drop(state);
        if extra != 0 {
            self.changed.notify_all();
        }
    }

    /// The newest attempt of this stranger was right.
    pub(super) fn forgive(&self, stranger: Stranger) {
        self.lock().queue.forgive(stranger);
    }

    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    pub(super) fn are_closing(&self) -> bool {
        self.lock().closing
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().tally
    }

    pub(super) fn load(&self, now: Instant) -> Load {
        let mut state = self.lock();
        state.forget_the_gone(now);
        Load {
            fast_waiting: state.queue.fast().len(),
            slow_waiting: state.queue.slow().len(),
            memory_kib: state.tally.running_kib,
            budget_kib: self.budget_kib,
            refused: state.refused,
            skipped: state.skipped,
            waits: state.waits,
            runs: state.runs,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting for Job {
    fn since(&self) -> Instant {
        self.since
    }

    fn is_gone(&self) -> bool {
        self.reply.is_closed()
    }
}

impl State {
    fn add(&mut self, job: Job, lane: Lane, room: Room) {
        let now = job.since;
        self.forget_the_gone(now);
        let cost = job.work.cost();
        // Before one was computed nobody knows how long it takes.
        let pretences = if self.recent.knows(cost) { room.pretences } else { room.all };
        let check = job.check;
        match self.queue.add(job, lane, check, Room { pretences, ..room }) {
            None => {}
            Some(Displaced::Last(job)) => self.refuse(job),
            Some(Displaced::Skipped(job)) => self.skip(job),
        }
    }

    fn skip(&mut self, job: Job) {
        self.skipped += 1;
        let duration = self.recent.pick(job.work.cost());
        drop(job.reply.send(Reply::Skipped(duration)));
    }

    /// Skips the pretences if somebody's real check waits for long: at an account that strangers try, it would wait for as long as
    /// names are invented.
    fn relieve(&mut self, now: Instant) {
        let waits = |job: &Job| now.saturating_duration_since(job.since);
        if self.queue.slow().any(|job| job.check == Check::Real && waits(job) > LONG) {
            let recent = &self.recent;
            let pretences =
                self.queue.take_slow(|job| job.check == Check::Pretence && recent.knows(job.work.cost()));
            pretences.into_iter().for_each(|job| self.skip(job));
        }
    }

    fn refuse(&mut self, job: Job) {
        self.refused += 1;
        drop(job.reply.send(Reply::Busy));
    }

    /// Drops jobs whose caller is gone, and tells those to come back who waited for too long.
    fn forget_the_gone(&mut self, now: Instant) {
        self.queue.forget_the_gone();
        for job in self.queue.take_slow(|job| now.saturating_duration_since(job.since) > PATIENCE) {
            self.refuse(job);
        }
    }

    /// The next job whose caller still waits and that fits into the free memory.
    fn next(&mut self, now: Instant) -> Option<Job> {
        self.forget_the_gone(now);
        self.relieve(now);
        let (free, starved_since) = (self.free_kib, self.starved_since(now));
        self.queue.next(now, |job| {
            let extra = job.work.extra_kib();
            extra == 0 || (extra <= free && starved_since.is_none_or(|since| job.since <= since))
        })
    }

    /// Since when the oldest job waits for memory, if that is long. Later jobs then leave the memory to it, or it would be passed over
    /// for as long as smaller ones come.
    fn starved_since(&self, now: Instant) -> Option<Instant> {
        let starves = |job: &Job| {
            job.work.extra_kib() > self.free_kib && now.saturating_duration_since(job.since) > OLD
        };
        self.queue.fast().chain(self.queue.slow()).filter(|job| starves(job)).map(|job| job.since).min()
    }

    /// Counts a job that a worker takes.
    fn begin(&mut self, job: &Job) {
        self.free_kib -= job.work.extra_kib();
        self.waits.add(job.since.elapsed());
        let tally = &mut self.tally;
        tally.running_kib += job.work.memory_kib();
        tally.peak_kib = tally.peak_kib.max(tally.running_kib);
        match job.work.purpose {
            Purpose::AppPassword => tally.app_password += 1,
            Purpose::MainPassword => tally.main_password += 1,
            Purpose::RecoveryCode => tally.recovery_code += 1,
        }
    }
}

/// The computations that may wait in the slow lane for each worker: about a second's worth of main passwords. More would occupy
/// conversations that other users need.
pub(super) const SLOW_WAITING: usize = 48;
/// How many of them may be for names without an account. A newcomer waits for these, at about 20 ms each.
const PRETENCES_WAITING: usize = 4;
/// All attempts that one source may make at one name (`AttemptLimits::per_source`) are computed, if nobody else tries any, so that
/// one source alone cannot tell a skipped one from others.
const LEAST_PRETENCES_WAITING: usize = 10;
/// Longer than anybody waits for the few that one source may try at one time.
const LONG: Duration = Duration::from_millis(250);
/// How long a job waits in the slow lane at most: half of a front door's deadline (`mail_deadline` of client.toml), so that a client
/// still hears that it should come back.
const PATIENCE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests;
