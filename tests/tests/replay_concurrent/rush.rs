//! One code, typed by many at the same moment, straight at the daemons' sockets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postern_ipc::Style;
use postern_tests::door::{Door, Ended};
use postern_tests::{Typist, otp};

/// Who types which code where.
#[derive(Debug, Clone)]
pub(crate) struct Rush<'a> {
    /// The daemons' sockets: each user goes to the next one.
    pub(crate) sockets: &'a [&'a Path],
    pub(crate) door: Door<'a>,
    pub(crate) code: &'a str,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Rushed {
    /// Who was let in, by the position of their socket.
    pub(crate) accepted: Vec<usize>,
    /// By reason.
    pub(crate) refused: BTreeMap<String, usize>,
    /// Without a verdict, or deferred.
    pub(crate) put_off: BTreeMap<String, usize>,
    /// The number of users who had typed the code before a login was accepted.
    pub(crate) together: usize,
    /// The time from the first key until a login was accepted.
    pub(crate) first_in: Option<Duration>,
    /// The second before the first key and the one after the last word.
    pub(crate) seconds: (u64, u64),
}

struct One {
    at: usize,
    typed: Option<Instant>,
    over: Instant,
    ended: Ended,
}

/// All users are asked for the code, and type it when `start` returns. Those who are asked again give up.
pub(crate) fn rush(rush: &Rush<'_>, crowd: usize, start: impl FnOnce()) -> Rushed {
    let barrier = Barrier::new(crowd + 1);
    let all = Mutex::new(Vec::with_capacity(crowd));
    let mut seconds = (0, 0);
    thread::scope(|scope| {
        for number in 0..crowd {
            let (barrier, all) = (&barrier, &all);
            scope.spawn(move || {
                let at = number % rush.sockets.len();
                let mut typed = None;
                let mut typist = Typist::new(|style, text| {
                    assert_eq!(style, Style::Visible, "{text}");
                    if typed.is_some() {
                        return None;
                    }
                    barrier.wait();
                    typed = Some(Instant::now());
                    Some(rush.code.to_owned())
                });
                let ended = Ended::of(rush.door.open(rush.sockets[at], &mut typist));
                let over = Instant::now();
                if typed.is_none() {
                    barrier.wait();
                }
                let one = One { at, typed, over, ended };
                all.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            });
        }
        start();
        seconds.0 = otp::now();
        barrier.wait();
    });
    seconds.1 = otp::now();
    Rushed::of(all.into_inner().unwrap_or_else(PoisonError::into_inner), seconds)
}

impl Rushed {
    fn of(all: Vec<One>, seconds: (u64, u64)) -> Self {
        let mut rushed = Self { seconds, ..Self::default() };
        let first_in = all.iter().filter(|one| one.ended == Ended::In).map(|one| one.over).min();
        let first_key = all.iter().filter_map(|one| one.typed).min();
        rushed.first_in = first_in.zip(first_key).map(|(first_in, first_key)| first_in - first_key);
        for One { at, typed, ended, .. } in all {
            let is_early = typed.is_some_and(|typed| first_in.is_none_or(|first| typed < first));
            rushed.together += usize::from(is_early);
            match ended {
                Ended::In => rushed.accepted.push(at),
                Ended::Refused(reason) => *rushed.refused.entry(format!("{reason:?}")).or_default() += 1,
                Ended::PutOff(why) => *rushed.put_off.entry(why).or_default() += 1,
            }
        }
        rushed
    }

    /// How many were refused for `reason`.
    pub(crate) fn refused(&self, reason: postern_ipc::RejectReason) -> usize {
        self.refused.get(&format!("{reason:?}")).copied().unwrap_or_default()
    }
}
