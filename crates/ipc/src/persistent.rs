use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::client::refused_if_too_long;
use crate::message::{Begin, ClientMessage, ProtocolError, ServerMessage};
use crate::{Client, Failure, Verdict};

/// Holds logins and lookups with posternd one after another, on one connection if posternd allows that.
///
/// A conversation is repeated on a new connection only if posternd closed the old one without having read its `begin`, and
/// so without having done anything about it: posternd stopped or was tired of waiting.
#[derive(Debug, Default)]
pub struct PersistentClient {
    open: Option<(PathBuf, Client)>,
}

impl PersistentClient {
    /// No connection yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { open: None }
    }

    /// Whether the next conversation at the socket `path` needs no new connection, as far as is known.
    #[must_use]
    pub fn is_connected(&self, path: &Path) -> bool {
        self.open.as_ref().is_some_and(|(open, client)| open == path && client.is_quiet())
    }

    /// Holds the conversation that `begin` opens, which is a login or a lookup that asks nothing.
    ///
    /// # Errors
    /// [`Failure`] if there is no verdict; the caller answers Defer.
    pub fn converse(&mut self, path: &Path, begin: Begin, deadline: Instant) -> Result<Verdict, Failure> {
        self.run(path, begin, deadline).or_else(refused_if_too_long)
    }

    fn run(&mut self, path: &Path, mut begin: Begin, deadline: Instant) -> Result<Verdict, Failure> {
        begin.persistent = true;
        let message = ClientMessage::Begin(Box::new(begin));
        let connected = self.is_connected(path).then(|| self.open.take()).flatten();
        // What is left is closed, or leads to another socket.
        self.open = None;
        if let Some((_, mut client)) = connected {
            client.renew(deadline);
            match exchange(&mut client, &message) {
                Err(Failure::Unread) => {}
                Ok(verdict) => return Ok(self.keep(path, client, verdict)),
                Err(failure) => return Err(failure),
            }
        }
        let mut client = Client::connect(path, deadline)?;
        match exchange(&mut client, &message) {
            Err(Failure::Refused(ProtocolError::Malformed(_))) => {
                // An earlier posternd does not know the field, and has done nothing about a begin that it could not read.
                exchange(&mut Client::connect(path, deadline)?, &once(message))
            }
            Ok(verdict) => Ok(self.keep(path, client, verdict)),
            Err(failure) => Err(failure),
        }
    }

    fn keep(&mut self, path: &Path, client: Client, verdict: Verdict) -> Verdict {
        self.open = Some((path.to_owned(), client));
        verdict
    }
}

/// One line there, one line back: where no person is, posternd asks and tells nothing.
fn exchange(client: &mut Client, message: &ClientMessage) -> Result<Verdict, Failure> {
    client.send(message)?;
    match client.receive(Duration::ZERO)? {
        ServerMessage::Verdict(verdict) => Ok(verdict),
        ServerMessage::Error(error) => Err(Failure::Refused(error)),
        ServerMessage::Ask { .. }
        | ServerMessage::Tell { .. }
        | ServerMessage::Record { .. }
        | ServerMessage::Wait { .. }
        | ServerMessage::Status(_) => Err(Failure::Garbled),
    }
}

/// The same, as the only conversation of its connection.
fn once(mut message: ClientMessage) -> ClientMessage {
    if let ClientMessage::Begin(begin) = &mut message {
        begin.persistent = false;
    }
    message
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::thread::{JoinHandle, spawn};

    use super::*;
    use crate::{Flow, Ignore, encode};

    const DEADLINE: Duration = Duration::from_secs(5);

    /// Each connection's turns, one after another. What is left of it is closed at its end.
    type Script = Vec<Vec<Turn>>;

    #[derive(Clone, Copy)]
    enum Turn {
        Answer(&'static str),
        Refuse,
        HangUpAfterReading,
        /// Waits until something has come, and does not read it.
        HangUpUnread,
    }
    use Turn::{Answer, HangUpAfterReading, HangUpUnread, Refuse};

    /// Plays posternd. The result is each line that it read.
    fn posternd(script: Script) -> (tempfile::TempDir, PathBuf, JoinHandle<Vec<String>>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let served = spawn(move || {
            let connections = script.into_iter();
            connections.flat_map(|turns| serve(&listener.accept().unwrap().0, &turns)).collect()
        });
        (dir, path, served)
    }

    fn serve(stream: &UnixStream, turns: &[Turn]) -> Vec<String> {
        let mut reader = BufReader::with_capacity(1, stream);
        let mut lines = Vec::new();
        for turn in turns {
            if let HangUpUnread = turn {
                assert!(rustix::net::recv(stream, &mut [0_u8; 1][..], rustix::net::RecvFlags::PEEK).is_ok());
                return lines;
            }
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            lines.push(line);
            let answer = match turn {
                Answer(name) => {
                    let reason = (*name).to_owned();
                    ServerMessage::Verdict(Verdict::Ignore(Ignore { reason }))
                }
                Refuse => ServerMessage::Error(ProtocolError::Malformed("no".to_owned())),
                HangUpAfterReading | HangUpUnread => return lines,
            };
            (&mut &*stream).write_all(&encode(&answer).unwrap()).unwrap();
        }
        lines
    }

    fn ask(client: &mut PersistentClient, path: &Path, user: &str) -> Result<String, Failure> {
        let begin = Begin::new(Flow::Lookup, "imap", user);
        match client.converse(path, begin, Instant::now() + DEADLINE)? {
            Verdict::Ignore(ignore) => Ok(ignore.reason),
            other @ (Verdict::Accept(_) | Verdict::Reject(_) | Verdict::Defer(_)) => panic!("{other:?}"),
        }
    }

    fn ok(answer: &str) -> Result<String, Failure> {
        Ok(answer.to_owned())
    }

    #[test]
    fn conversations_share_a_connection_and_say_so() {
        let (_dir, path, served) = posternd(vec![vec![Answer("1"), Answer("2"), Answer("3")]]);
        let mut client = PersistentClient::new();
        for (user, answer) in [("a", "1"), ("b", "2"), ("c", "3")] {
            assert_eq!(ask(&mut client, &path, user), ok(answer));
        }
        let lines = served.join().unwrap();
        assert!(lines.iter().all(|line| line.contains("\"persistent\":true")), "{lines:?}");
    }

    #[test]
    fn a_connection_that_was_closed_meanwhile_is_replaced_before_anything_is_sent() {
        let (_dir, path, served) = posternd(vec![vec![Answer("1")], vec![Answer("2")]]);
        let mut client = PersistentClient::new();
        assert_eq!(ask(&mut client, &path, "a"), ok("1"));
        while client.is_connected(&path) {
            std::thread::yield_now();
        }
        assert_eq!(ask(&mut client, &path, "b"), ok("2"));
        assert_eq!(served.join().unwrap().len(), 2);
    }

    #[test]
    fn a_begin_that_was_not_read_is_sent_again_and_one_that_was_read_is_not() {
        let (_dir, path, served) = posternd(vec![vec![Answer("1"), HangUpUnread], vec![Answer("2")]]);
        let mut client = PersistentClient::new();
        assert_eq!(ask(&mut client, &path, "a"), ok("1"));
        assert_eq!(ask(&mut client, &path, "b"), ok("2"));
        assert_eq!(served.join().unwrap().len(), 2);

        let (_dir, path, served) = posternd(vec![vec![Answer("1"), HangUpAfterReading]]);
        assert_eq!(ask(&mut client, &path, "a"), ok("1"));
        assert_eq!(ask(&mut client, &path, "b"), Err(Failure::Closed));
        assert_eq!(served.join().unwrap().len(), 2);
    }

    #[test]
    fn a_new_connection_is_tried_once() {
        let script = vec![vec![Answer("1"), HangUpUnread], vec![HangUpUnread], vec![Answer("never")]];
        let (_dir, path, served) = posternd(script);
        let mut client = PersistentClient::new();
        assert_eq!(ask(&mut client, &path, "a"), ok("1"));
        assert_eq!(ask(&mut client, &path, "b"), Err(Failure::Unread));
        assert_eq!(ask(&mut client, &path, "c"), ok("never"));
        assert_eq!(served.join().unwrap().len(), 2);
    }

    #[test]
    fn a_posternd_that_does_not_know_the_field_is_asked_without_it() {
        let script = vec![vec![Refuse], vec![Answer("1")], vec![Refuse], vec![Refuse]];
        let (_dir, path, served) = posternd(script);
        let mut client = PersistentClient::new();
        assert_eq!(ask(&mut client, &path, "a"), ok("1"));
        let refused = Failure::Refused(ProtocolError::Malformed("no".to_owned()));
        assert_eq!(ask(&mut client, &path, "b"), Err(refused));
        let lines = served.join().unwrap();
        let asked: Vec<bool> = lines.iter().map(|line| line.contains("persistent")).collect();
        assert_eq!(asked, [true, false, true, false]);
    }
}
