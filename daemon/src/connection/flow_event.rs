//! What a running flow hands to the driver of its connection.

use std::time::Duration;

use postern_core::conversation::{Answer, Gone};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// One request of a flow, with its line as it goes over the wire.
#[derive(Debug)]
pub(super) enum FlowEvent {
    /// A question.
    Ask { line: Zeroizing<Vec<u8>>, answer: oneshot::Sender<Result<Answer, Gone>> },
    /// Any other message. `pause` is how long the next event may take, if that is longer than usual.
    Tell { line: Zeroizing<Vec<u8>>, pause: Option<Duration>, written: oneshot::Sender<Result<(), Gone>> },
    /// The flow wants to know, while it works, when the client is gone, and ends by itself then.
    Watch { gone: oneshot::Sender<Gone> },
}
