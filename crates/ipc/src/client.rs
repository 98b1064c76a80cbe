use std::fmt;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, send,
    socket_with,
};
use zeroize::Zeroizing;

use crate::message::{Begin, ClientMessage, ProtocolError, ServerMessage, Style, Tone, decode_server};
use crate::peer::is_trusted_server;
use crate::{FrameError, Frames, MAX_FRAME, Reject, RejectReason, Secret, Status, Verdict, encode};

/// One blocking conversation with posternd, under one deadline for everything.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    frames: Frames,
    deadline: Instant,
    patience: Option<Duration>,
}

impl Client {
    /// Connects to posternd and checks that root or the user `postern` listens there. Waits at most 80 ms, and only
    /// while the daemon's queue is full.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] if no process listens, [`Failure::Impostor`] if a process of another user does.
    pub fn connect(path: &Path, deadline: Instant) -> Result<Self, Failure> {
        let address =
            SocketAddrUnix::new(path).map_err(|_| Failure::Unreachable("the socket's path is too long"))?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
            .and_then(above_stdio)
            .map_err(|_| Failure::Unreachable("no socket to be had"))?;
        let give_up = Instant::now() + CONNECT_BUDGET;
        loop {
            match connect(&socket, &address) {
                Ok(()) => break,
                Err(Errno::AGAIN | Errno::INTR) if Instant::now() < give_up => pause(),
                Err(Errno::AGAIN) => return Err(Failure::Unreachable("posternd's queue is full")),
                Err(Errno::NOENT) => return Err(Failure::Unreachable("the socket does not exist")),
                Err(Errno::CONNREFUSED) => {
                    return Err(Failure::Unreachable("no process listens at the socket"));
                }
                Err(Errno::ACCESS | Errno::PERM) => {
                    return Err(Failure::Unreachable("no permission for the socket"));
                }
                Err(_) => return Err(Failure::Unreachable("the socket cannot be used")),
            }
        }
        if !is_trusted_server(&socket) {
            return Err(Failure::Impostor);
        }
        let stream = UnixStream::from(socket);
        stream.set_nonblocking(false).map_err(|_| Failure::Unreachable("the socket cannot be used"))?;
        Ok(Self { stream, frames: Frames::new(), deadline, patience: None })
    }

    /// Treats silence of posternd longer than `patience` as an outage, unless posternd asked for more time with a
    /// `wait`. A conversation with a person has a long deadline, but the daemon's own messages must not take that long.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Holds the conversation that `begin` opens, passes its questions and lines to `prompter`, and returns the
    /// verdict.
    ///
    /// # Errors
    /// [`Failure`] if there is no verdict; the caller answers Defer.
    pub fn converse(self, begin: Begin, prompter: &mut dyn Prompter) -> Result<Verdict, Failure> {
        self.run(begin, prompter).or_else(refused_if_too_long)
    }

    fn run(mut self, begin: Begin, prompter: &mut dyn Prompter) -> Result<Verdict, Failure> {
        self.send(&ClientMessage::Begin(Box::new(begin)))?;
        let mut granted = Duration::ZERO;
        loop {
            match self.receive(std::mem::take(&mut granted))? {
                ServerMessage::Ask { style, text, .. } => match prompter.ask(style, text.expose()) {
                    Some(answer) => self.send(&ClientMessage::Answer(answer))?,
                    None => self.send(&ClientMessage::Cancel {})?,
                },
                ServerMessage::Tell { style, text, .. } => prompter.tell(style, text.expose()),
                ServerMessage::Record { name, value } => prompter.record(&name, value),
                ServerMessage::Wait { seconds } => granted = Duration::from_secs(seconds.into()),
                ServerMessage::Verdict(verdict) => return Ok(verdict),
                ServerMessage::Error(error) => return Err(Failure::Refused(error)),
                ServerMessage::Status(_) => return Err(Failure::Garbled),
            }
        }
    }

    /// Asks posternd for its status. `begin` has [`crate::Flow::Status`].
    ///
    /// # Errors
    /// [`Failure`] if it does not answer, or not to this peer.
    pub fn status(mut self, begin: Begin) -> Result<Status, Failure> {
        self.send(&ClientMessage::Begin(Box::new(begin)))?;
        match self.receive(Duration::ZERO)? {
            ServerMessage::Status(status) => Ok(*status),
            ServerMessage::Error(error) => Err(Failure::Refused(error)),
            ServerMessage::Verdict(_)
            | ServerMessage::Ask { .. }
            | ServerMessage::Tell { .. }
            | ServerMessage::Record { .. }
            | ServerMessage::Wait { .. } => Err(Failure::Garbled),
        }
    }

    /// Begins another deadline, for the next conversation on the same connection.
    pub(crate) fn renew(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Whether posternd has neither closed the connection nor said anything that was not asked for.
    pub(crate) fn is_quiet(&self) -> bool {
        let waits = recv(&self.stream, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
        self.frames.is_empty() && matches!(waits, Err(Errno::AGAIN))
    }

    pub(crate) fn send(&mut self, message: &ClientMessage) -> Result<(), Failure> {
        let line = encode(message)?;
        let mut rest = line.as_slice();
        while !rest.is_empty() {
            let left = time_left(self.deadline)?;
            self.stream.set_write_timeout(Some(left)).map_err(|_| Failure::Closed)?;
            // A daemon that is gone must not end the host with SIGPIPE.
            match send(&self.stream, rest, SendFlags::NOSIGNAL) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(Failure::of(&error.into())),
            }
        }
        Ok(())
    }

    /// The next message. `granted` is the time that posternd asked for beyond its usual one.
    pub(crate) fn receive(&mut self, granted: Duration) -> Result<ServerMessage, Failure> {
        let turn = self.patience.and_then(|patience| Instant::now().checked_add(patience + granted));
        let end = turn.map_or(self.deadline, |turn| turn.min(self.deadline));
        let mut chunk = Zeroizing::new([0_u8; 4096]);
        loop {
            if let Some(line) = self.frames.next_line().map_err(|_| Failure::Garbled)? {
                return decode_server(&line).map_err(|_| Failure::Garbled);
            }
            let left = time_left(end)?;
            self.stream.set_read_timeout(Some(left)).map_err(|_| Failure::Closed)?;
            let room = self.frames.room().min(chunk.len());
            let Some(space) = chunk.get_mut(..room) else { return Err(Failure::Garbled) };
            match self.stream.read(space) {
                Ok(0) => return Err(Failure::Closed),
                Ok(read) => self.frames.push(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::of(&error)),
            }
        }
    }
}

/// The person's end of a conversation.
pub trait Prompter {
    /// Puts a question. `None` ends the conversation.
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret>;
    /// Shows a line.
    fn tell(&mut self, tone: Tone, text: &str);
    /// Takes a record, which scripts read in the place of the lines. A front door for people ignores it.
    fn record(&mut self, _name: &str, _value: serde_json::Map<String, serde_json::Value>) {}
}

/// The prompter of mail programs, where there is no person: every question ends the conversation.
#[derive(Debug, Clone, Copy)]
pub struct NonInteractive;

impl Prompter for NonInteractive {
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        None
    }

    fn tell(&mut self, _: Tone, _: &str) {}
}

/// Why there is no verdict. Every cause but [`Failure::TooLong`] means Defer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// posternd cannot be reached.
    Unreachable(&'static str),
    /// Neither root nor `postern` listens at the socket; nothing was sent.
    Impostor,
    /// The deadline has passed.
    TimedOut,
    /// posternd closed the connection without a verdict.
    Closed,
    /// posternd closed the connection before it had read all of a message, so it has done nothing about that message.
    Unread,
    /// A message of posternd was not of the protocol.
    Garbled,
    /// A message of this client is longer than a line may be. What a person typed is too long then, and is refused.
    TooLong,
    /// posternd did not accept a message of this client.
    Refused(ProtocolError),
}

impl Failure {
    /// Whether all logins of this host fail so. A client cannot be the cause of it.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Impostor
            | Self::TimedOut
            | Self::Closed
            | Self::Unread
            | Self::Refused(ProtocolError::Unsupported { .. }) => true,
            Self::Garbled | Self::TooLong | Self::Refused(ProtocolError::Malformed(_)) => false,
        }
    }

    fn of(error: &std::io::Error) -> Self {
        if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) {
            Self::TimedOut
        } else if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) {
            // The kernel says so only if the other end closed a Unix socket in which bytes were left. A process that had read
            // them and died leaves the end of the stream.
            Self::Unread
        } else {
            Self::Closed
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "posternd is not reachable: {why}"),
            Self::Impostor => {
                f.write_str("the socket is served by neither root nor postern; nothing was sent")
            }
            Self::TimedOut => f.write_str("posternd gave no answer before the deadline"),
            Self::Closed => f.write_str("posternd closed the connection without a verdict"),
            Self::Unread => f.write_str("posternd closed the connection without reading the request"),
            Self::Garbled => f.write_str("posternd's answer is not the protocol"),
            Self::TooLong => f.write_str("the request is longer than the protocol allows"),
            Self::Refused(ProtocolError::Malformed(what)) => {
                write!(f, "posternd refused the request: {what}")
            }
            Self::Refused(ProtocolError::Unsupported { max }) => {
                write!(f, "posternd speaks protocol version {max} at most")
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<FrameError> for Failure {
    /// Why a message of this side cannot be sent.
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLong => Self::TooLong,
            FrameError::Malformed => Self::Garbled,
        }
    }
}

/// posternd would refuse what does not fit into a line.
pub(crate) fn refused_if_too_long(failure: Failure) -> Result<Verdict, Failure> {
    match failure {
        Failure::TooLong => {
            Ok(Verdict::Reject(Reject { reason: RejectReason::BadCredential, text: String::new() }))
        }
        failure @ (Failure::Unreachable(_)
        | Failure::Impostor
        | Failure::TimedOut
        | Failure::Closed
        | Failure::Unread
        | Failure::Garbled
        | Failure::Refused(_)) => Err(failure),
    }
}

fn time_left(end: Instant) -> Result<Duration, Failure> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(Failure::TimedOut) } else { Ok(left) }
}

// A host may have closed its standard descriptors. If our socket took one of their numbers, it would receive what the
// host prints, and the host would read our answers as the person's.
fn above_stdio(socket: OwnedFd) -> Result<OwnedFd, Errno> {
    if socket.as_raw_fd() > STDERR { Ok(socket) } else { fcntl_dupfd_cloexec(&socket, STDERR + 1) }
}

#[allow(
    clippy::disallowed_methods,
    reason = "AF_UNIX gives no event for room in a listener's queue; bounded by CONNECT_BUDGET"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

const CONNECT_BUDGET: Duration = Duration::from_millis(80);
const STDERR: i32 = 2;
const _: () = assert!(MAX_FRAME >= 4096);
