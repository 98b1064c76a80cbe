use std::io;
use std::time::Duration;

use postern_ipc::{self as ipc, Frames, ProtocolError};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The server's end of a connection: whole lines in, whole lines out. What it held is wiped.
#[derive(Debug)]
pub(super) struct Line {
    stream: UnixStream,
    frames: Frames,
}

/// Why a client is heard no longer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unheard {
    /// It hung up.
    Closed,
    /// It said what it may not say, or when it may not.
    Wrong(ProtocolError),
}

impl Line {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, frames: Frames::new() }
    }

    /// The next line, which has to be the last that the client said so far. Loses nothing where it is dropped while it waits.
    pub(super) async fn hear(&mut self) -> Result<Zeroizing<Vec<u8>>, Unheard> {
        let mut chunk = Zeroizing::new([0_u8; 4096]);
        loop {
            match self.frames.next_line() {
                Ok(Some(_)) if !self.frames.is_empty() => return Err(out_of_turn()),
                Ok(Some(line)) => return Ok(line),
                Ok(None) => {}
                Err(_) => {
                    let long = format!("a line is longer than {} bytes", ipc::MAX_FRAME);
                    return Err(Unheard::Wrong(ProtocolError::Malformed(long)));
                }
            }
            let room = self.frames.room().min(chunk.len());
            let space = chunk.get_mut(..room).ok_or(Unheard::Closed)?;
            self.stream.readable().await.map_err(|_| Unheard::Closed)?;
            match self.stream.try_read(space) {
                Ok(0) => return Err(Unheard::Closed),
                Ok(read) => self.frames.push(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Unheard::Closed),
            }
        }
    }

    /// Waits until the client hangs up, or says something although nothing was asked.
    pub(super) async fn disturbed(&self) -> Unheard {
        loop {
            if self.stream.readable().await.is_err() {
                return Unheard::Closed;
            }
            match self.stream.try_read(&mut [0_u8; 1]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return Unheard::Closed,
                Ok(_) => return out_of_turn(),
            }
        }
    }

    /// Whether the client has kept silent up to now, as it has to until it is asked.
    pub(super) fn silence(&self) -> Result<(), Unheard> {
        // By the system's word: tokio learns of what has arrived only when it looks around for events.
        match recv(&self.stream, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Ok((_, 0)) | Err(_) => Err(Unheard::Closed),
            Ok(_) => Err(out_of_turn()),
        }
    }

    /// Says a line. A client that does not listen is given up.
    pub(super) async fn say(&mut self, line: &[u8]) -> Result<(), Unheard> {
        match timeout(SAY_WITHIN, self.stream.write_all(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Unheard::Closed),
        }
    }
}

fn out_of_turn() -> Unheard {
    Unheard::Wrong(ProtocolError::Malformed("more was said than asked for".to_owned()))
}

const SAY_WITHIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair() -> (Line, UnixStream) {
        let (server, client) = UnixStream::pair().unwrap();
        (Line::new(server), client)
    }

    #[tokio::test]
    async fn a_line_in_pieces_is_read_whole_by_the_next_call() {
        let (mut line, mut client) = pair().await;
        client.write_all(b"{\"ans").await.unwrap();
        assert!(timeout(Duration::from_millis(30), line.hear()).await.is_err());
        client.write_all(b"wer\"}\n").await.unwrap();
        assert_eq!(line.hear().await.unwrap().as_slice(), b"{\"answer\"}");
    }

    #[tokio::test]
    async fn more_than_one_line_is_out_of_turn() {
        for more in [&b"1\n2\n"[..], b"1\n2"] {
            let (mut line, mut client) = pair().await;
            client.write_all(more).await.unwrap();
            assert_eq!(line.hear().await.unwrap_err(), out_of_turn());
        }
    }

    #[tokio::test]
    async fn a_line_that_does_not_end_is_wrong_and_a_client_that_is_gone_is_closed() {
        let (mut line, mut client) = pair().await;
        let long = vec![b'x'; 17 * 1024];
        let (heard, written) = tokio::join!(line.hear(), client.write_all(&long));
        assert!(matches!(heard, Err(Unheard::Wrong(_))), "{heard:?}");
        written.unwrap();
        let (mut line, client) = pair().await;
        drop(client);
        assert_eq!(line.hear().await.unwrap_err(), Unheard::Closed);
        assert_eq!((line.disturbed().await, line.silence()), (Unheard::Closed, Err(Unheard::Closed)));
    }

    #[tokio::test]
    async fn what_was_said_before_the_question_is_noticed_at_once() {
        let (line, client) = pair().await;
        assert_eq!(line.silence(), Ok(()));
        // Not through tokio, which would look around for events.
        rustix::io::write(&client, b"1").unwrap();
        assert_eq!(line.silence(), Err(out_of_turn()));
        assert_eq!(line.disturbed().await, out_of_turn());
    }

    #[tokio::test]
    async fn a_client_that_does_not_listen_is_given_up() {
        let (mut line, _client) = pair().await;
        let much = vec![b'x'; 4 * 1024 * 1024];
        assert_eq!(line.say(&much).await, Err(Unheard::Closed));
    }
}
