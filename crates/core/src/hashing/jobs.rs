//! What waits for a worker, and what the workers have in hand.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::budget::Budget;
use super::durations::Durations;
use super::lane::{Lane, Stranger};
use super::load::{Load, Tally};
use super::queue::{Check, Displaced, Room, SlowQueue};
use super::recent_runs::RecentRuns;
use super::recent_tries::RecentTries;
use super::work::{ARENA_KIB, Purpose, Work};

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
    fast: VecDeque<Job>,
    slow: SlowQueue<Job>,
    tries: RecentTries,
    recent: RecentRuns,
    fast_turns: u32,
    oldest_first: bool,
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
            fast: VecDeque::new(),
            slow: SlowQueue::new(),
            tries: RecentTries::new(),
            recent: RecentRuns::default(),
            fast_turns: 0,
            oldest_first: false,
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
        match lane {
            Lane::Fast => state.fast.push_back(job),
            Lane::Slow(stranger) => state.add_slow(job, stranger, self.room),
        }
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
        self.lock().tries.forgive(stranger);
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
            fast_waiting: state.fast.len(),
            slow_waiting: state.slow.len(),
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

impl State {
    fn add_slow(&mut self, job: Job, stranger: Stranger, room: Room) {
        let now = job.since;
        self.forget_the_gone(now);
        let tries = self.tries.count(stranger, now);
        let cost = job.work.cost();
        // Before one was computed nobody knows how long it takes.
        let pretences = if self.recent.knows(cost) { room.pretences } else { room.all };
        match self.slow.push(tries, job.check, job, Room { pretences, ..room }) {
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
        if self.slow.iter().any(|job| job.check == Check::Real && waits(job) > LONG) {
            let recent = &self.recent;
            let pretences =
                self.slow.take_all(|job| job.check == Check::Pretence && recent.knows(job.work.cost()));
            pretences.into_iter().for_each(|job| self.skip(job));
        }
    }

    fn refuse(&mut self, job: Job) {
        self.refused += 1;
        drop(job.reply.send(Reply::Busy));
    }

    /// Drops jobs whose caller is gone, and tells those to come back who waited for too long.
    fn forget_the_gone(&mut self, now: Instant) {
        self.fast.retain(|job| !job.reply.is_closed());
        drop(self.slow.take_all(|job| job.reply.is_closed()));
        for job in self.slow.take_all(|job| now.saturating_duration_since(job.since) > PATIENCE) {
            self.refuse(job);
        }
    }

    /// The next job whose caller still waits and that fits into the free memory.
    fn next(&mut self, now: Instant) -> Option<Job> {
        self.forget_the_gone(now);
        self.relieve(now);
        let slow_first = self.fast_turns >= FAST_TURNS && !self.slow.is_empty();
        let (free, starved_since) = (self.free_kib, self.starved_since(now));
        let fits = |job: &Job| {
            let extra = job.work.extra_kib();
            extra == 0 || (extra <= free && starved_since.is_none_or(|since| job.since <= since))
        };
        let from_fast = |fast: &mut VecDeque<Job>| fast.iter().position(fits).and_then(|at| fast.remove(at));
        let job = if slow_first {
            self.next_slow(now, fits).or_else(|| from_fast(&mut self.fast))
        } else {
            from_fast(&mut self.fast).or_else(|| self.next_slow(now, fits))
        };
        self.fast_turns = if slow_first { 0 } else { self.fast_turns.saturating_add(1) };
        job
    }

    /// Since when the oldest job waits for memory, if that is long. Later jobs then leave the memory to it, or it would be passed over
    /// for as long as smaller ones come.
    fn starved_since(&self, now: Instant) -> Option<Instant> {
        let starves = |job: &Job| {
            job.work.extra_kib() > self.free_kib && now.saturating_duration_since(job.since) > OLD
        };
        let fast = self.fast.iter().filter(|job| starves(job)).map(|job| job.since).min();
        let slow = self.slow.iter().filter(|job| starves(job)).map(|job| job.since).min();
        fast.into_iter().chain(slow).min()
    }

    /// The next of the slow lane. Every other turn is for who has waited for a second, however often that account is tried: else its
    /// owner would be sent away for as long as strangers try it.
    fn next_slow(&mut self, now: Instant, fits: impl Fn(&Job) -> bool) -> Option<Job> {
        let is_old = |job: &Job| now.saturating_duration_since(job.since) > OLD;
        let oldest =
            self.oldest_first.then(|| self.slow.take_oldest(|job| is_old(job) && fits(job))).flatten();
        let job = oldest.or_else(|| self.slow.take(fits))?;
        self.oldest_first = !self.oldest_first;
        Some(job)
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

const FAST_TURNS: u32 = 7;
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
/// Longer than newcomers wait beside a flood.
const OLD: Duration = Duration::from_secs(1);
/// How long a job waits in the slow lane at most: half of a front door's deadline (`mail_deadline` of client.toml), so that a client
/// still hears that it should come back.
const PATIENCE: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests;
