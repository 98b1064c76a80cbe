//! Logins by the thousand, straight over posternd's socket as root, and what they cost those who log in meanwhile.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use postern_ipc::{
    Begin, Client, ClientMessage, Failure, Flow, NonInteractive, RejectReason, Secret, Verdict, encode,
};

use crate::guard;

/// One login.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The mail service.
    pub service: &'static str,
    /// The name.
    pub user: String,
    /// The secret.
    pub secret: String,
    /// The client's address.
    pub rhost: String,
}

/// How many of a number of logins ended in which way.
#[derive(Debug, Default)]
pub struct Tally {
    /// Let in.
    pub accepted: usize,
    /// Refused, by the reason's name on the wire.
    pub rejected: BTreeMap<String, usize>,
    /// Defers, by what was out of order.
    pub deferred: BTreeMap<String, usize>,
    /// Without a verdict.
    pub failed: BTreeMap<String, usize>,
}

impl Shot {
    /// A login to imap from the `number`th of 65,536 addresses.
    #[must_use]
    pub fn new(user: &str, secret: &str, number: usize) -> Self {
        let rhost = format!("198.18.{}.{}", number / 256 % 256, number % 256);
        Self { service: "imap", user: user.to_owned(), secret: secret.to_owned(), rhost }
    }

    fn begin(&self) -> Begin {
        Begin {
            secret: Some(Secret::new(self.secret.clone())),
            rhost: Some(self.rhost.clone()),
            ..Begin::new(Flow::Login, self.service, &*self.user)
        }
    }

    /// Logs in once.
    ///
    /// # Errors
    /// There was no verdict.
    pub fn fire(&self, socket: &Path) -> Result<Verdict, Failure> {
        let deadline = Instant::now() + LIMIT;
        Client::connect(socket, deadline)?.converse(self.begin(), &mut NonInteractive)
    }

    /// Asks, and hangs up before the answer can be there.
    pub fn hang_up(&self, socket: &Path) {
        let line = encode(&ClientMessage::Begin(Box::new(self.begin()))).expect("a short message");
        let mut stream = UnixStream::connect(socket).expect("posternd listens");
        std::io::Write::write_all(&mut stream, &line).expect("posternd listens");
    }
}

impl Tally {
    /// How many there were.
    #[must_use]
    pub fn len(&self) -> usize {
        let counts = [&self.rejected, &self.deferred, &self.failed];
        self.accepted + counts.iter().flat_map(|by_reason| by_reason.values()).sum::<usize>()
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many were refused for `reason`.
    #[must_use]
    pub fn rejected(&self, reason: RejectReason) -> usize {
        self.rejected.get(&name(reason)).copied().unwrap_or_default()
    }

    /// How many were deferred.
    #[must_use]
    pub fn deferrals(&self) -> usize {
        self.deferred.values().sum()
    }

    /// Counts one more.
    pub fn count(&mut self, ended: Result<Verdict, Failure>) {
        match ended {
            Ok(Verdict::Accept(_)) => self.accepted += 1,
            Ok(Verdict::Reject(reject)) => *self.rejected.entry(name(reject.reason)).or_default() += 1,
            Ok(Verdict::Defer(defer)) => *self.deferred.entry(defer.reason).or_default() += 1,
            Ok(Verdict::Ignore(ignore)) => *self.failed.entry(ignore.reason).or_default() += 1,
            Err(failure) => *self.failed.entry(failure.to_string()).or_default() += 1,
        }
    }
}

/// Runs `one` for each of `shots`, `in_flight` at once.
pub fn each<T: Send>(shots: impl Iterator<Item = T> + Send, in_flight: usize, one: impl Fn(T) + Sync) {
    let shots = Mutex::new(shots);
    let next = || shots.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..in_flight {
            scope.spawn(|| {
                while let Some(shot) = next() {
                    one(shot);
                }
            });
        }
    });
}

/// Fires all of `shots`, `in_flight` at once, and counts how they ended.
#[must_use]
pub fn fire(socket: &Path, shots: impl Iterator<Item = Shot> + Send, in_flight: usize) -> Tally {
    let tally = Mutex::new(Tally::default());
    each(shots, in_flight, |shot| {
        let ended = shot.fire(socket);
        tally.lock().unwrap_or_else(PoisonError::into_inner).count(ended);
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A flood that does not wait for answers, as far as its connections suffice.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Logins that begin within a second.
    pub per_second: u32,
    /// Connections at one time.
    pub in_flight: usize,
    /// How long it lasts.
    pub lasts: Duration,
}

/// Fires `shots` at this rate, and counts how they ended. Returns how many a second there were in fact: the sender shares the
/// processors with its target.
#[must_use]
pub fn fire_at(socket: &Path, shots: impl Iterator<Item = Shot> + Send, rate: Rate) -> (Tally, f64) {
    let tally = Mutex::new(Tally::default());
    let started = Instant::now();
    let due = |number: u32| Duration::from_secs(1) * number / rate.per_second;
    let timed =
        (0..).map(due).zip(shots).take_while(|(at, _)| *at < rate.lasts && started.elapsed() < rate.lasts);
    each(timed, rate.in_flight, |(at, shot)| {
        guard::pause(at.saturating_sub(started.elapsed()));
        let ended = shot.fire(socket);
        tally.lock().unwrap_or_else(PoisonError::into_inner).count(ended);
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let per_second = tally.len() as f64 / started.elapsed().as_secs_f64();
    (tally, per_second)
}

/// How long logins took that had to succeed.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        Self(times.into_iter().collect())
    }
}

impl Times {
    /// How many there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Duration> {
        self.0.iter().copied()
    }

    /// The first one.
    #[must_use]
    pub fn first(&self) -> Duration {
        *self.0.first().expect("at least one login")
    }

    /// All but the first one.
    #[must_use]
    pub fn after_first(&self) -> Self {
        self.0.iter().skip(1).copied().collect()
    }

    /// The time within which `part` of them was answered.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1).expect("at least one login");
        sorted[(last as f64 * part).round() as usize]
    }

    /// Half of them, nearly all of them, all of them.
    #[must_use]
    pub fn summary(&self) -> String {
        let ms = |part| self.quantile(part).as_secs_f64() * 1e3;
        format!("{} logins, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", self.len(), ms(0.5), ms(0.99), ms(1.0))
    }
}

/// Logs in with each of the `groups` at the same time, with the logins of a group in turn, one `every` so long, while
/// `attack` runs. Each has to be let in.
///
/// # Panics
/// One was not.
pub fn meanwhile<T>(
    socket: &Path,
    groups: &[Vec<Shot>],
    every: Duration,
    attack: impl FnOnce() -> T,
) -> (T, Vec<Times>) {
    let group = |logins: &'_ Vec<Shot>| {
        let mut logins = logins.clone().into_iter().cycle();
        move || {
            let shot = logins.next().expect("a login");
            let started = Instant::now();
            let ended = shot.fire(socket);
            let took = started.elapsed();
            assert!(matches!(ended, Ok(Verdict::Accept(_))), "{} from {}: {ended:?}", shot.user, shot.rhost);
            took
        }
    };
    meanwhile_each(groups.iter().map(group).collect(), every, attack)
}

/// Does each of `works` again and again, one `every` so long, while `attack` runs, and gives how long they say that they took.
///
/// # Panics
/// One of them did.
pub fn meanwhile_each<T, W: FnMut() -> Duration + Send>(
    works: Vec<W>,
    every: Duration,
    attack: impl FnOnce() -> T,
) -> (T, Vec<Times>) {
    let endless = |mut work: W| move || Some(work());
    meanwhile_some(works.into_iter().map(endless).collect(), every, attack)
}

/// The same with works that may come to an end before that, by `None`.
///
/// # Panics
/// One of them did.
pub fn meanwhile_some<T, W: FnMut() -> Option<Duration> + Send>(
    works: Vec<W>,
    every: Duration,
    attack: impl FnOnce() -> T,
) -> (T, Vec<Times>) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let repeated = |mut work: W| {
            let over = &over;
            move || {
                let mut times = Times::default();
                while times.is_empty() || !over.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    let Some(took) = work() else { break };
                    times.0.push(took);
                    guard::pause(every.saturating_sub(started.elapsed()));
                }
                times
            }
        };
        let workers: Vec<_> = works.into_iter().map(|work| scope.spawn(repeated(work))).collect();
        let result = attack();
        over.store(true, Ordering::Relaxed);
        let times = workers.into_iter().map(|worker| worker.join().expect("every login is let in")).collect();
        (result, times)
    })
}

fn name(reason: RejectReason) -> String {
    reason.as_str().to_owned()
}

const LIMIT: Duration = Duration::from_secs(60);
