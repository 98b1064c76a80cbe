use std::time::Instant;

use postern_ipc::{Begin, Client, ClientConfig, Flow, NonInteractive, Verdict};

use crate::request::{Purpose, Request};

/// Asks posternd for a verdict.
///
/// # Errors
/// A text for the log.
pub(crate) fn ask(config: &ClientConfig, request: Request, deadline: Instant) -> Result<Verdict, String> {
    let flow = match request.purpose {
        Purpose::Login => Flow::Login,
        Purpose::Lookup => Flow::Lookup,
    };
    let begin = Begin {
        secret: request.password,
        rhost: request.address,
        peer_address: request.peer_address,
        local: request.local,
        secured: request.secured,
        session: request.session,
        ..Begin::new(flow, request.service, request.user)
    };
    let at = |failure| format!("{}: {failure}", config.socket.display());
    let client = Client::connect(&config.socket, deadline).map_err(at)?;
    client.converse(begin, &mut NonInteractive).map_err(at)
}
