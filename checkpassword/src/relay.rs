use std::time::Instant;

use postern_ipc::{Begin, Client, ClientConfig, Deferral, Flow, NonInteractive, Verdict};

use crate::request::{Purpose, Request};

/// Asks posternd for a verdict.
///
/// # Errors
/// [`Deferral`] if there is none.
pub(crate) fn ask(config: &ClientConfig, request: Request, deadline: Instant) -> Result<Verdict, Deferral> {
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
    Client::connect(&config.socket, deadline)
        .and_then(|client| client.converse(begin, &mut NonInteractive))
        .map_err(|failure| Deferral::of_failure(&config.socket, &failure))
}
