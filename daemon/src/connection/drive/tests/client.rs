//! A client that holds a conversation, and how it ended.

use postern_core::account::AccountId;
use postern_core::exchange::Trail;
use postern_ipc::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::super::*;
use crate::connection::socket_conversation::{Audience, SocketConversation};

pub(super) type Decides = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// The client's end.
pub(super) struct Client {
    pub(super) stream: UnixStream,
    pub(super) stop: watch::Sender<bool>,
}

impl Client {
    pub(super) async fn says(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Waits for a line, and leaves what comes after it.
    pub(super) async fn hears(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            line.push(self.stream.read_u8().await.unwrap());
        }
        String::from_utf8(line).unwrap()
    }
}

/// Holds a conversation of `flow` and `client` at [`DEADLINES`]; also says how long it took, to the second.
pub(super) async fn driven<C: Future<Output = Client>>(
    flow: impl FnOnce(SocketConversation<'static>) -> Decides,
    client: impl FnOnce(Client) -> C,
) -> (Finished, u64) {
    driven_after(b"", DEADLINES, flow, client).await
}

/// The same where the client has said something before.
pub(super) async fn driven_after<C: Future<Output = Client>>(
    early: &[u8],
    deadlines: Deadlines,
    flow: impl FnOnce(SocketConversation<'static>) -> Decides,
    client: impl FnOnce(Client) -> C,
) -> (Finished, u64) {
    let (server, stream) = UnixStream::pair().unwrap();
    rustix::io::write(&stream, early).unwrap();
    let (stop, stopping) = watch::channel(false);
    let (conversation, events) = SocketConversation::new(Version::One, Audience::Person);
    let decides = flow(conversation);
    let flow = async move {
        let account = Some(AccountId::new("id".to_owned()));
        Outcome { verdict: decides.await, detail: None, trail: Trail { account, ..Trail::default() } }
    };
    let mut line = LineStream::new(server);
    let began = Instant::now();
    let client = client(Client { stream, stop });
    let driver = async move {
        let finished = drive(&mut line, deadlines, stopping, events, Box::pin(flow)).await;
        (finished, began.elapsed().as_secs())
    };
    let (finished, _client) = tokio::join!(driver, client);
    finished
}

pub(super) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) const DEADLINES: Deadlines =
    Deadlines { overall: seconds(150), answer: seconds(120), work: seconds(15), outlives_client: false };
