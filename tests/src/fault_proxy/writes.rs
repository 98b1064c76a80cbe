//! Stops a conversation at its N-th write, so that a program can be killed there: before the server has heard of it, or after the
//! server did it and before the program learns that.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// What is spoken through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// LDAP (RFC 4511, section 4.2): add, delete, modify and modify DN are writes.
    Ldap,
    /// Redis' RESP: every command is a write but those that only read. A script counts as one.
    Redis,
}

/// On which side of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The server never hears of it.
    Before,
    /// The server has done it, and nobody is told.
    After,
}

/// A proxy that is told to stop at a write. Once it has, nothing comes through any more, on no connection. Dropping this lets the
/// proxy forward again, and closes the connections that it held.
#[derive(Debug)]
pub struct Stopped {
    watch: Watch,
    reached: Receiver<()>,
}

impl Stopped {
    /// Whether it stopped there within `limit`.
    #[must_use]
    pub fn is_reached_within(&self, limit: Duration) -> bool {
        match self.reached.recv_timeout(limit) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        *self.watch.plan() = None;
        self.watch.released.send_modify(|round| *round += 1);
    }
}

/// What a proxy waits for.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    plan: Arc<Mutex<Option<Plan>>>,
    released: watch::Sender<u64>,
}

#[derive(Debug)]
struct Plan {
    protocol: Protocol,
    left: usize,
    when: When,
    state: State,
    reached: Sender<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Counts,
    /// The write is on its way, on the connection of this number.
    Waits(u64),
    Stopped,
}

impl Default for Watch {
    fn default() -> Self {
        Self { plan: Arc::default(), released: watch::channel(0).0 }
    }
}

impl Watch {
    pub(super) fn stop_at(&self, protocol: Protocol, nth: usize, when: When) -> Stopped {
        let (sender, reached) = channel();
        assert!(nth > 0, "writes are counted from 1");
        *self.plan() = Some(Plan { protocol, left: nth, when, state: State::Counts, reached: sender });
        Stopped { watch: self.clone(), reached }
    }

    /// For a connection that was made just now.
    pub(super) fn tap(&self, number: u64) -> Tap {
        let released = self.released.subscribe();
        Tap { watch: self.clone(), number, released, partial: Mutex::default() }
    }

    fn plan(&self) -> MutexGuard<'_, Option<Plan>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection, as it is watched.
#[derive(Debug)]
pub(super) struct Tap {
    watch: Watch,
    number: u64,
    released: watch::Receiver<u64>,
    partial: Mutex<Vec<u8>>,
}

impl Tap {
    /// The messages of a client that are whole by now; anything, as long as nothing is watched.
    pub(super) fn parts(&self, bytes: &[u8]) -> VecDeque<Vec<u8>> {
        let protocol = self.watch.plan().as_ref().map(|plan| plan.protocol);
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        partial.extend_from_slice(bytes);
        let mut parts = VecDeque::new();
        match protocol {
            None => parts.push_back(std::mem::take(&mut *partial)),
            Some(protocol) => {
                while let Some(length) = length(protocol, &partial) {
                    let rest = partial.split_off(length);
                    parts.push_back(std::mem::replace(&mut *partial, rest));
                }
            }
        }
        parts
    }

    /// Whether a message goes on to the server. It does not return while the proxy is stopped; then the connection ends.
    pub(super) async fn may_pass(&self, message: &[u8]) -> bool {
        if self.is_stopped_by(message) { self.is_released().await } else { true }
    }

    /// Whether an answer goes on to the client, as [`may_pass`](Self::may_pass).
    pub(super) async fn answered(&self) -> bool {
        let is_stopped = match &mut *self.watch.plan() {
            Some(plan) if plan.state == State::Waits(self.number) => {
                plan.stop();
                true
            }
            Some(plan) => plan.state == State::Stopped,
            None => false,
        };
        if is_stopped { self.is_released().await } else { true }
    }

    fn is_stopped_by(&self, message: &[u8]) -> bool {
        let mut plan = self.watch.plan();
        let Some(plan) = &mut *plan else { return false };
        match plan.state {
            State::Stopped | State::Waits(_) => return true,
            State::Counts => {}
        }
        if !is_write(plan.protocol, message) {
            return false;
        }
        plan.left -= 1;
        if plan.left > 0 {
            return false;
        }
        match plan.when {
            When::Before => {
                plan.stop();
                true
            }
            When::After => {
                plan.state = State::Waits(self.number);
                false
            }
        }
    }

    async fn is_released(&self) -> bool {
        drop(self.released.clone().changed().await);
        false
    }
}

impl Plan {
    fn stop(&mut self) {
        self.state = State::Stopped;
        // The test may have given up.
        self.reached.send(()).ok();
    }
}

/// The length of the first message, if it is whole.
fn length(protocol: Protocol, bytes: &[u8]) -> Option<usize> {
    let length = match protocol {
        Protocol::Ldap => ber(bytes).map(|(head, body)| head + body),
        Protocol::Redis => command(bytes).map(|(length, _)| length),
    }?;
    (bytes.len() >= length).then_some(length)
}

fn is_write(protocol: Protocol, message: &[u8]) -> bool {
    match protocol {
        Protocol::Ldap => ldap_operation(message).is_some_and(|tag| LDAP_WRITES.contains(&tag)),
        Protocol::Redis => command(message).is_some_and(|(_, name)| !REDIS_READS.contains(&name.as_str())),
    }
}

/// The lengths of the head and the body of a BER element whose tag has one byte (X.690, sections 8.1.2 and 8.1.3).
fn ber(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let count = first & 0x7f;
    let more = bytes.get(2..2 + count)?;
    Some((2 + count, more.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))))
}

/// The tag of the operation in an LDAPMessage: behind the sequence's head and the message's number.
fn ldap_operation(message: &[u8]) -> Option<u8> {
    let (head, _) = ber(message)?;
    let number = message.get(head..)?;
    let (of_number, length) = ber(number)?;
    number.get(of_number + length).copied()
}

/// The length of a RESP command, and its name in capitals.
fn command(bytes: &[u8]) -> Option<(usize, String)> {
    let (count, mut at) = number(bytes, 0, b'*')?;
    let mut name = String::new();
    for argument in 0..count {
        let (length, begin) = number(bytes, at, b'$')?;
        if argument == 0 {
            name = String::from_utf8_lossy(bytes.get(begin..begin + length)?).to_ascii_uppercase();
        }
        at = begin + length + 2;
    }
    Some((at, name))
}

/// The number behind `sign`, and where its line ends.
fn number(bytes: &[u8], at: usize, sign: u8) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let (first, digits) = rest.get(..end)?.split_first()?;
    assert_eq!(*first, sign, "not RESP: {:?}", String::from_utf8_lossy(rest));
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, at + end + 2))
}

/// Modify, add, delete, modify DN (RFC 4511, appendix B).
const LDAP_WRITES: [u8; 4] = [0x66, 0x68, 0x4a, 0x6c];
const REDIS_READS: [&str; 19] = [
    "AUTH",
    "CLIENT",
    "CLUSTER",
    "COMMAND",
    "CONFIG",
    "HELLO",
    "HGET",
    "HGETALL",
    "HMGET",
    "INFO",
    "PING",
    "READONLY",
    "ROLE",
    "SELECT",
    "XREAD",
    "ZCARD",
    "ZRANGEBYSCORE",
    "ZSCORE",
    "ACL",
];
