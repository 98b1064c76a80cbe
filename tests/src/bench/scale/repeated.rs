use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postern_ipc::Verdict;

use crate::flood::{self, Shot};

/// Logins, and how long they took together.
pub(super) struct Repeated {
    count: usize,
    took: Duration,
}

impl Repeated {
    /// Logs in with each of `shots` again and again for `time`, `in_flight` at once, at each of `sockets` in turn. Each has to be let in.
    pub(super) fn run(shots: &[Shot], sockets: &[PathBuf], in_flight: usize, time: Duration) -> Self {
        let count = AtomicUsize::new(0);
        let started = Instant::now();
        let shots = shots.iter().cycle().zip(sockets.iter().cycle()).take_while(|_| started.elapsed() < time);
        flood::each(shots, in_flight, |(shot, socket)| {
            let ended = shot.fire(socket);
            assert!(matches!(ended, Ok(Verdict::Accept(_))), "{}: {ended:?}", shot.user);
            count.fetch_add(1, Ordering::Relaxed);
        });
        Self { count: count.into_inner(), took: started.elapsed() }
    }

    /// Logins a second.
    pub(super) fn rate(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }

    /// The milliseconds of one, with as many at a time as there were.
    pub(super) fn ms(&self) -> f64 {
        self.ms_of(self.took)
    }

    /// The part of one of a time that all used.
    pub(super) fn ms_of(&self, all: Duration) -> f64 {
        all.as_secs_f64() * 1e3 / self.count as f64
    }
}
