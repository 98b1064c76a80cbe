//! One conversation with posternd, without a thread of its own: it may wait for minutes while a person looks for a phone.

use std::path::Path;
use std::time::Duration;

use postern_ipc::{
    Begin, ClientMessage, Failure, Frames, Secret, ServerMessage, decode_server, encode, is_trusted_server,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// An open conversation. Dropping it cancels it.
#[derive(Debug)]
pub(super) struct Talk {
    stream: UnixStream,
    frames: Frames,
}

impl Talk {
    /// Opens the conversation that `begin` describes.
    ///
    /// # Errors
    /// [`Failure`], if posternd does not listen, or is not posternd.
    pub(super) async fn begin(socket: &Path, begin: Begin) -> Result<Self, Failure> {
        let connected = timeout(CONNECT_TIME, UnixStream::connect(socket)).await;
        let stream = connected
            .map_err(|_| Failure::Unreachable("posternd's queue is full"))?
            .map_err(|_| Failure::Unreachable("no process listens at the socket"))?;
        if !is_trusted_server(&stream) {
            return Err(Failure::Impostor);
        }
        let mut talk = Self { stream, frames: Frames::new() };
        talk.send(&ClientMessage::Begin(Box::new(begin))).await?;
        Ok(talk)
    }

    /// Answers the question that was asked last.
    pub(super) async fn answer(&mut self, answer: Secret) -> Result<(), Failure> {
        self.send(&ClientMessage::Answer(answer)).await
    }

    /// The person gave up.
    pub(super) async fn cancel(mut self) {
        // posternd also notices that the connection ends.
        drop(self.send(&ClientMessage::Cancel {}).await);
    }

    /// The next message, which comes within the time that posternd may work, and `granted` more.
    pub(super) async fn receive(&mut self, granted: Duration) -> Result<ServerMessage, Failure> {
        timeout(PATIENCE + granted, self.next_message()).await.map_err(|_| Failure::TimedOut)?
    }

    async fn next_message(&mut self) -> Result<ServerMessage, Failure> {
        let mut chunk = Zeroizing::new([0_u8; 4096]);
        loop {
            if let Some(line) = self.frames.next_line().map_err(|_| Failure::Garbled)? {
                return decode_server(&line).map_err(|_| Failure::Garbled);
            }
            let room = self.frames.room().min(chunk.len());
            let Some(space) = chunk.get_mut(..room) else { return Err(Failure::Garbled) };
            match self.stream.read(space).await {
                Ok(0) | Err(_) => return Err(Failure::Closed),
                Ok(read) => self.frames.push(chunk.get(..read).unwrap_or_default()),
            }
        }
    }

    async fn send(&mut self, message: &ClientMessage) -> Result<(), Failure> {
        let line = encode(message)?;
        match timeout(PATIENCE, self.stream.write_all(&line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Failure::Closed),
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

const CONNECT_TIME: Duration = Duration::from_secs(2);
/// Longer than posternd works between two messages (docs/protocol.md, *Deadlines*).
const PATIENCE: Duration = Duration::from_secs(20);
