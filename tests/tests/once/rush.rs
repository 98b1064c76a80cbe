//! One code, typed by many at the same moment, straight at the daemons' sockets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Dialogue, Failure, Flow, RejectReason, Secret, Style, Tone, Verdict};
use postern_tests::otp;

/// Who types which code where.
#[derive(Debug, Clone)]
pub(crate) struct Rush<'a> {
    /// The daemons' sockets: everybody goes to the next one.
    pub(crate) sockets: &'a [&'a Path],
    pub(crate) service: &'a str,
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    pub(crate) code: &'a str,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Rushed {
    /// Who was let in, by the position of their socket.
    pub(crate) accepted: Vec<usize>,
    pub(crate) refused: BTreeMap<&'static str, usize>,
    /// Without a verdict, or deferred.
    pub(crate) failed: BTreeMap<String, usize>,
    /// How many had typed the code before anybody was let in.
    pub(crate) together: usize,
    /// How long it took from the first key until somebody was let in.
    pub(crate) first_in: Option<Duration>,
    /// The second before the first key and the one after the last word.
    pub(crate) seconds: (u64, u64),
}

/// Everybody is asked for the code, then types it when `start` returns. Where it is asked for again a few insist, and so hear
/// why not; the others give up.
pub(crate) fn rush(rush: &Rush<'_>, crowd: usize, start: impl FnOnce()) -> Rushed {
    let barrier = Barrier::new(crowd + 1);
    let ended = Mutex::new(Vec::with_capacity(crowd));
    let mut rushed = Rushed::default();
    thread::scope(|scope| {
        for number in 0..crowd {
            let (barrier, ended) = (&barrier, &ended);
            scope.spawn(move || {
                let at = number % rush.sockets.len();
                let left = if number < INSISTING { 3 } else { 1 };
                let mut typist = Typist { barrier, code: rush.code, left, typed: None };
                let verdict = login(rush, at, &mut typist);
                if typist.typed.is_none() {
                    barrier.wait();
                }
                let one = (at, typist.typed, Instant::now(), verdict);
                ended.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            });
        }
        start();
        rushed.seconds.0 = otp::now();
        barrier.wait();
    });
    rushed.seconds.1 = otp::now();
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    let first_in = ended.iter().filter(|(.., verdict)| is_accept(verdict)).map(|(_, _, at, _)| *at).min();
    let first_key = ended.iter().filter_map(|(_, typed, ..)| *typed).min();
    rushed.first_in = first_in.zip(first_key).map(|(first_in, first_key)| first_in - first_key);
    for (at, typed, _, verdict) in ended {
        let is_early = typed.is_some_and(|typed| first_in.is_none_or(|first| typed < first));
        rushed.together += usize::from(is_early);
        match verdict {
            Ok(Verdict::Accept(_)) => rushed.accepted.push(at),
            Ok(Verdict::Reject(reject)) => *rushed.refused.entry(name(reject.reason)).or_default() += 1,
            Ok(Verdict::Defer(defer)) => *rushed.failed.entry(defer.reason).or_default() += 1,
            Ok(Verdict::Ignore(ignore)) => panic!("an Ignore for somebody enrolled: {}", ignore.reason),
            Err(failure) => *rushed.failed.entry(failure.to_string()).or_default() += 1,
        }
    }
    rushed
}

/// One login with one code.
pub(crate) fn type_once(one: &Rush<'_>) -> Result<Verdict, Failure> {
    let barrier = Barrier::new(1);
    login(one, 0, &mut Typist { barrier: &barrier, code: one.code, left: 1, typed: None })
}

fn login(rush: &Rush<'_>, at: usize, typist: &mut Typist<'_>) -> Result<Verdict, Failure> {
    let begin = Begin {
        secret: Some(Secret::new(rush.password.to_owned())),
        rhost: Some("192.0.2.1".to_owned()),
        interactive: true,
        ..Begin::new(Flow::Login, rush.service, rush.name)
    };
    Client::connect(rush.sockets[at], Instant::now() + LIMIT)?.converse(begin, typist)
}

struct Typist<'a> {
    barrier: &'a Barrier,
    code: &'a str,
    left: u32,
    typed: Option<Instant>,
}

impl Dialogue for Typist<'_> {
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret> {
        assert_eq!(style, Style::Visible, "{text}");
        self.left = self.left.checked_sub(1)?;
        if self.typed.is_none() {
            self.barrier.wait();
            self.typed = Some(Instant::now());
        }
        Some(Secret::new(self.code.to_owned()))
    }

    fn tell(&mut self, _: Tone, _: &str) {}
}

fn is_accept(verdict: &Result<Verdict, Failure>) -> bool {
    matches!(verdict, Ok(Verdict::Accept(_)))
}

pub(crate) fn name(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::BadCredential => "bad_credential",
        RejectReason::Cancelled => "cancelled",
        RejectReason::Replayed => "replayed",
        RejectReason::Limited => "limited",
        RejectReason::Locked => "locked",
        RejectReason::UnknownAccount
        | RejectReason::Disabled
        | RejectReason::Expired
        | RejectReason::Scope
        | RejectReason::Network
        | RejectReason::UseAppPassword
        | RejectReason::NotPermitted => panic!("{reason:?} for somebody with a right password"),
    }
}

/// So few that all wrong codes of two rounds are fewer than a hundred.
pub(crate) const INSISTING: usize = 8;
const LIMIT: Duration = Duration::from_secs(20);
