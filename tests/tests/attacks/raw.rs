//! The raw socket, without Postern's client: any bytes, as any user.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::{Ran, host};
use serde_json::{Value, json};

/// What posternd said before it hung up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Accept, for this user.
    Accept(String),
    /// Reject, for this reason.
    Reject(String),
    /// Defer; the reason is for the log.
    Defer,
    /// Ignore; the reason is for the log.
    Ignore,
    /// Not the protocol.
    Malformed,
    /// Not a version of it that posternd speaks.
    Unsupported,
    /// Its status.
    Status,
    /// Nothing.
    Nothing,
}

impl Said {
    pub(crate) fn reject(reason: &str) -> Self {
        Self::Reject(reason.to_owned())
    }

    /// The meaning of the last line of a conversation; "" is a connection that was closed without one.
    pub(crate) fn read(line: &str) -> Self {
        if line.is_empty() {
            return Self::Nothing;
        }
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "one line is said: {line:?}");
        let said: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line:?}"));
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        if let Some(accept) = said.pointer("/verdict/accept/user") {
            Self::Accept(text(accept))
        } else if let Some(reason) = said.pointer("/verdict/reject/reason") {
            Self::Reject(text(reason))
        } else if said.pointer("/verdict/defer").is_some() {
            Self::Defer
        } else if said.pointer("/verdict/ignore").is_some() {
            Self::Ignore
        } else if said.pointer("/error/malformed").is_some() {
            Self::Malformed
        } else if said.pointer("/error/unsupported").is_some() {
            Self::Unsupported
        } else if said.get("status").is_some() {
            Self::Status
        } else {
            panic!("posternd says something that it should not know: {line}")
        }
    }
}

/// A login to imap; `more` are further fields, or replacements.
pub(crate) fn login(user: &str, secret: &str, more: &Value) -> Vec<u8> {
    let mut begin = json!({ "version": 1, "flow": "login", "service": "imap", "user": user, "secret": secret,
                            "rhost": "192.0.2.1" });
    for (key, value) in more.as_object().expect("fields") {
        begin[key] = value.clone();
    }
    line(&json!({ "begin": begin }))
}

/// A message on its line.
pub(crate) fn line(message: &Value) -> Vec<u8> {
    format!("{message}\n").into_bytes()
}

/// Sends `bytes` as root and reads until posternd hangs up.
pub(crate) fn say(socket: &Path, bytes: &[u8]) -> Said {
    say_slowly(socket, &[bytes], Duration::ZERO)
}

/// The same in pieces, with a pause before each but the first.
pub(crate) fn say_slowly(socket: &Path, pieces: &[&[u8]], pause: Duration) -> Said {
    let mut stream = UnixStream::connect(socket).expect("posternd listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
    stream.set_write_timeout(Some(LIMIT)).expect("a timeout");
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            postern_tests::guard::pause(pause);
        }
        if stream.write_all(piece).is_err() {
            break; // It hung up early; what it said is still to be read.
        }
    }
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // posternd hung up before it had read all bytes.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        ended => drop(ended.expect("posternd hangs up in time")),
    }
    Said::read(std::str::from_utf8(&answer).expect("UTF-8"))
}

/// Sends each of `messages` on its own connection, as another user of the test host.
pub(crate) fn say_as(user: &str, socket: &Path, messages: &[Vec<u8>]) -> Vec<Said> {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    let input: String = messages.iter().map(hex).collect();
    let ran = Ran::of(&mut peer(user, &["say", &socket.display().to_string()]), input.as_bytes(), LIMIT);
    let answers: Vec<String> = serde_json::from_value(ran.json()).expect("a list of answers");
    assert_eq!(answers.len(), messages.len());
    answers.iter().map(|answer| Said::read(answer)).collect()
}

/// The other end of the socket, run as `user`.
pub(crate) fn peer(user: &str, args: &[&str]) -> Command {
    peer_with(host::ids(user), args)
}

/// The same with any uid and gid, which may not belong to a user.
pub(crate) fn peer_with((uid, gid): (Uid, Gid), args: &[&str]) -> Command {
    let mut command = Command::new(host::system_program("/usr/bin/python3", "python3"));
    // The script is passed as text, because this user may not be able to read the sources.
    command.args(["-I", "-c", PEER]).args(args).uid(uid.as_raw()).gid(gid.as_raw()).current_dir("/");
    command
}

const PEER: &str = include_str!("peer.py");
const LIMIT: Duration = Duration::from_secs(60);
