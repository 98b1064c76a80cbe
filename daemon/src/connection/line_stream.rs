//! Lines on a client's connection.

use std::io;
use std::time::Duration;

use postern_ipc::{self as ipc, Frames, ProtocolError};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The server's end of a connection, in whole lines. What it held is wiped.
#[derive(Debug)]
pub(super) struct LineStream {
    stream: UnixStream,
    frames: Frames,
}

/// Why no more lines come from a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// It hung up.
    Closed,
    /// It sent what it may not send, or at the wrong time.
    Protocol(ProtocolError),
}

impl LineStream {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, frames: Frames::new() }
    }

    /// The next line, which has to be the last that the client has sent so far. Cancel-safe: no byte is lost.
    pub(super) async fn read(&mut self) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let mut chunk = Zeroizing::new([0_u8; 4096]);
        loop {
            match self.frames.next_line() {
                Ok(Some(_)) if !self.frames.is_empty() => return Err(out_of_turn()),
                Ok(Some(line)) => return Ok(line),
                Ok(None) => {}
                Err(_) => {
                    let long = format!("a line is longer than {} bytes", ipc::MAX_FRAME);
                    return Err(ReadError::Protocol(ProtocolError::Malformed(long)));
                }
            }
            let room = self.frames.room().min(chunk.len());
            let space = chunk.get_mut(..room).ok_or(ReadError::Closed)?;
            self.stream.readable().await.map_err(|_| ReadError::Closed)?;
            match self.stream.try_read(space) {
                Ok(0) => return Err(ReadError::Closed),
                Ok(read) => self.frames.push(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(ReadError::Closed),
            }
        }
    }

    /// Waits until the client sends something, and leaves it unread.
    pub(super) async fn arrival(&self) -> Result<(), ReadError> {
        let peek = || Ok(recv(&self.stream, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT)?);
        loop {
            self.stream.readable().await.map_err(|_| ReadError::Closed)?;
            match self.stream.try_io(Interest::READABLE, peek) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok((_, 0)) | Err(_) => return Err(ReadError::Closed),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Waits until the client hangs up, or sends something although nothing was asked.
    pub(super) async fn disturbed(&self) -> ReadError {
        loop {
            if self.stream.readable().await.is_err() {
                return ReadError::Closed;
            }
            match self.stream.try_read(&mut [0_u8; 1]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => return ReadError::Closed,
                Ok(_) => return out_of_turn(),
            }
        }
    }

    /// Fails if the client hung up, or has sent something before it was asked.
    pub(super) fn check_silent(&self) -> Result<(), ReadError> {
        // Asks the kernel: tokio learns what has arrived only when it polls for events.
        match recv(&self.stream, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Ok((_, 0)) | Err(_) => Err(ReadError::Closed),
            Ok(_) => Err(out_of_turn()),
        }
    }

    /// Writes a line. A client that does not read counts as gone.
    pub(super) async fn write(&mut self, line: &[u8]) -> Result<(), ReadError> {
        match timeout(WRITE_WITHIN, self.stream.write_all(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReadError::Closed),
        }
    }
}

fn out_of_turn() -> ReadError {
    ReadError::Protocol(ProtocolError::Malformed("more was said than asked for".to_owned()))
}

const WRITE_WITHIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair() -> (LineStream, UnixStream) {
        let (server, client) = UnixStream::pair().unwrap();
        (LineStream::new(server), client)
    }

    #[tokio::test]
    async fn a_line_in_pieces_is_read_whole_by_the_next_call() {
        let (mut line, mut client) = pair().await;
        client.write_all(b"{\"ans").await.unwrap();
        assert!(timeout(Duration::from_millis(30), line.read()).await.is_err());
        client.write_all(b"wer\"}\n").await.unwrap();
        assert_eq!(line.read().await.unwrap().as_slice(), b"{\"answer\"}");
    }

    #[tokio::test]
    async fn more_than_one_line_is_out_of_turn() {
        for more in [&b"1\n2\n"[..], b"1\n2"] {
            let (mut line, mut client) = pair().await;
            client.write_all(more).await.unwrap();
            assert_eq!(line.read().await.unwrap_err(), out_of_turn());
        }
    }

    #[tokio::test]
    async fn a_line_that_does_not_end_is_wrong_and_a_client_that_is_gone_is_closed() {
        let (mut line, mut client) = pair().await;
        let long = vec![b'x'; 17 * 1024];
        let (heard, written) = tokio::join!(line.read(), client.write_all(&long));
        assert!(matches!(heard, Err(ReadError::Protocol(_))), "{heard:?}");
        written.unwrap();
        let (mut line, client) = pair().await;
        drop(client);
        assert_eq!(line.read().await.unwrap_err(), ReadError::Closed);
        assert_eq!(
            (line.disturbed().await, line.check_silent()),
            (ReadError::Closed, Err(ReadError::Closed))
        );
    }

    #[tokio::test]
    async fn what_was_sent_before_the_question_is_noticed_at_once() {
        let (line, client) = pair().await;
        assert_eq!(line.check_silent(), Ok(()));
        // Not through tokio, which would poll for events.
        rustix::io::write(&client, b"1").unwrap();
        assert_eq!(line.check_silent(), Err(out_of_turn()));
        assert_eq!(line.disturbed().await, out_of_turn());
    }

    #[tokio::test]
    async fn what_arrives_is_noticed_and_left_to_be_read() {
        let (mut line, mut client) = pair().await;
        for said in [&b"1"[..], b"2"] {
            assert!(timeout(Duration::from_millis(30), line.arrival()).await.is_err());
            client.write_all(&[said, b"\n"].concat()).await.unwrap();
            assert_eq!(line.arrival().await, Ok(()));
            assert_eq!(line.read().await.unwrap().as_slice(), said);
        }
        drop(client);
        assert_eq!(line.arrival().await, Err(ReadError::Closed));
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_counts_as_gone() {
        let (mut line, _client) = pair().await;
        let much = vec![b'x'; 4 * 1024 * 1024];
        assert_eq!(line.write(&much).await, Err(ReadError::Closed));
    }
}
