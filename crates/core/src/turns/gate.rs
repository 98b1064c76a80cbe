//! A bounded number at a time, and the others in the order of a [`FairQueue`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::fair_queue::{FairQueue, Waiting};
use super::lane::{Lane, Stranger};
use super::slow_queue::{Check, Room};

/// Lets at most so many work at a time. What is scarce behind it serves those in the order in which they come, so the fewer are there, the
/// less a newcomer waits behind a flood.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    bounds: Bounds,
}

/// The bounds of a [`Gate`].
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How many have a turn.
    pub at_one_time: usize,
    /// How many may wait in the slow lane.
    pub room: usize,
    /// How long a turn keeps others from theirs.
    pub lasts: Duration,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: FairQueue<Caller>,
}

#[derive(Debug)]
struct Caller {
    since: Instant,
    turn: oneshot::Sender<Turn>,
}

/// A turn, which passes to the next one when it is dropped.
#[derive(Debug)]
pub struct Turn {
    /// `None` once it was given back.
    gate: Option<Arc<Gate>>,
}

impl Gate {
    /// A gate at which nobody is.
    #[must_use]
    pub fn new(bounds: Bounds) -> Arc<Self> {
        let state = State { free: bounds.at_one_time, waiting: FairQueue::new() };
        Arc::new(Self { state: Mutex::new(state), bounds })
    }

    /// Waits for a turn. `None` if too many wait already, or none came `by` then.
    pub async fn turn(self: &Arc<Self>, lane: Lane, by: Instant) -> Option<Turn> {
        let (turn, turns) = oneshot::channel();
        {
            let mut state = self.lock();
            state.waiting.forget_the_gone();
            let room = Room { all: self.bounds.room, pretences: self.bounds.room };
            // Who has to leave for it hears of it by the end of its channel.
            drop(state.waiting.add(Caller { since: Instant::now(), turn }, lane, Check::Real, room));
        }
        self.hand_on();
        tokio::time::timeout_at(by.into(), turns).await.ok()?.ok()
    }

    /// The newest attempt of this stranger was right.
    pub fn forgive(&self, stranger: Stranger) {
        self.lock().waiting.forgive(stranger);
    }

    /// Gives the turns that are free to those that wait.
    fn hand_on(self: &Arc<Self>) {
        loop {
            let Some(next) = self.lock().take() else { return };
            // One that went away just now: by its own drop, the turn would pass on from within this one, and so on.
            if let Err(mut turn) = next.turn.send(Turn { gate: Some(Arc::clone(self)) }) {
                turn.gate = None;
                self.lock().free += 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By this, what has a turn says that it no longer needs it.
#[derive(Debug, Default)]
pub struct Waiver(Notify);

impl Waiver {
    /// Lets the turn pass to the next one.
    pub fn give_up(&self) {
        self.0.notify_one();
    }
}

impl Turn {
    /// Does `work` in this turn. What takes longer than others should wait for goes on without it: it may wait for what it alone needs.
    pub async fn spend_on<T>(self, work: impl Future<Output = T>) -> T {
        self.spend_until(&Waiver::default(), work).await
    }

    /// The same for `work` that may also give the turn up.
    pub async fn spend_until<T>(self, waiver: &Waiver, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let lasts = self.gate.as_ref().map_or(Duration::ZERO, |gate| gate.bounds.lasts);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = waiver.0.notified() => {}
            () = tokio::time::sleep(lasts) => {}
        }
        drop(self);
        work.await
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.take() {
            gate.lock().free += 1;
            gate.hand_on();
        }
    }
}

impl State {
    /// The next that waits, and its turn, which is no longer free.
    fn take(&mut self) -> Option<Caller> {
        let left = self.free.checked_sub(1)?;
        let next = self.waiting.next(Instant::now(), |caller| !caller.is_gone())?;
        self.free = left;
        Some(next)
    }
}

impl Waiting for Caller {
    fn since(&self) -> Instant {
        self.since
    }

    fn is_gone(&self) -> bool {
        self.turn.is_closed()
    }
}

#[cfg(test)]
mod tests;
