use std::io;
use std::net::IpAddr;
use std::time::Duration;

use postern_core::audit;
use postern_core::flows::{self, Login, Outcome, Trail};
use postern_core::name::LoginName;
use postern_core::secret::Password;
use postern_core::verdict::MAIL_REJECT_TEXT;
use postern_core::{Reason, Verdict};
use postern_ipc as ipc;
use postern_ipc::{Begin, Flow, Frames, ProtocolError, RejectReason, ServerMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tracing::debug;

use crate::logging;
use crate::server::{Server, Site};

/// Holds one conversation, to its end or to the client's.
pub(crate) async fn serve(server: &Server, site: &Site, mut stream: UnixStream, uid: u32) {
    let begin = match timeout(BEGIN_WITHIN, opening(&mut stream)).await {
        Ok(Ok(Some(begin))) => begin,
        Ok(Ok(None)) | Ok(Err(Opening::Broken)) => return,
        Ok(Err(Opening::Wrong(error))) => {
            debug!("uid {uid} spoke no protocol: {error:?}");
            return say(&mut stream, &ServerMessage::Error(error)).await;
        }
        Err(_) => {
            debug!("uid {uid} said nothing");
            return;
        }
    };
    let reply = tokio::select! {
        reply = timeout(FLOW_WITHIN, answer(server, site, &begin, uid)) => reply.unwrap_or_else(|_| {
            let outcome = outcome(Verdict::Defer("the login took too long".to_owned()));
            conclude(server, &begin, uid, &outcome)
        }),
        () = hung_up(&stream) => {
            debug!("uid {uid} went away in the middle of a {}", begin.flow.as_str());
            return;
        }
    };
    say(&mut stream, &reply).await;
}

enum Opening {
    Broken,
    Wrong(ProtocolError),
}

async fn opening(stream: &mut UnixStream) -> Result<Option<Begin>, Opening> {
    let mut frames = Frames::new();
    let mut chunk = zeroize::Zeroizing::new([0_u8; 4096]);
    loop {
        match frames.next_line() {
            Ok(Some(line)) => {
                let begin = ipc::decode_begin(&line).map_err(Opening::Wrong)?;
                let rest = ProtocolError::Malformed("more was said than asked for".to_owned());
                return if frames.is_empty() { Ok(Some(begin)) } else { Err(Opening::Wrong(rest)) };
            }
            Ok(None) => {}
            Err(_) => {
                let long = format!("a line is longer than {} bytes", ipc::MAX_FRAME);
                return Err(Opening::Wrong(ProtocolError::Malformed(long)));
            }
        }
        let room = frames.room().min(chunk.len());
        let space = chunk.get_mut(..room).ok_or(Opening::Broken)?;
        match stream.read(space).await {
            Ok(0) => return Ok(None),
            Ok(read) => frames.push(chunk.get(..read).unwrap_or_default()),
            Err(_) => return Err(Opening::Broken),
        }
    }
}

async fn answer(server: &Server, site: &Site, begin: &Begin, uid: u32) -> ServerMessage {
    if begin.flow == Flow::Status && site.rights.permit(uid, begin.flow, &begin.service) {
        return ServerMessage::Status(Box::new(
            server.counters.report(&site.engine.memory, server.slots.open()),
        ));
    }
    let outcome = decide(site, begin, uid).await;
    conclude(server, begin, uid, &outcome)
}

/// Rights come before any look at the directory.
async fn decide(site: &Site, begin: &Begin, uid: u32) -> Outcome {
    if !site.rights.permit(uid, begin.flow, &begin.service) {
        return outcome(Verdict::Reject(Reason::NotPermitted));
    }
    let Ok(name) = LoginName::new(&begin.user) else {
        return refused("not a name: empty, over 255 bytes, or with control characters");
    };
    match begin.flow {
        Flow::Lookup => flows::lookup(&site.engine, &name).await,
        Flow::Login => {
            let Some(Ok(password)) =
                begin.secret.as_ref().map(|secret| Password::new(secret.expose().to_owned()))
            else {
                return refused("not a password: empty, over 512 bytes, or with control characters");
            };
            let login =
                Login { service: &begin.service, name: &name, password: &password, address: address(begin) };
            flows::login(&site.engine, &login).await
        }
        Flow::Status
        | Flow::Account
        | Flow::Factors
        | Flow::Enrol
        | Flow::Remove
        | Flow::Replace
        | Flow::RecoveryCodes
        | Flow::AppPasswordCreate
        | Flow::AppPasswordList
        | Flow::AppPasswordRegenerate
        | Flow::AppPasswordRevoke
        | Flow::DeviceList
        | Flow::DeviceRevoke => outcome(Verdict::Reject(Reason::NotPermitted)),
    }
}

/// Counts and logs, and puts the verdict into the protocol's words.
fn conclude(server: &Server, begin: &Begin, uid: u32, outcome: &Outcome) -> ServerMessage {
    server.counters.count(&outcome.verdict);
    logging::audit(&audit::Entry {
        flow: begin.flow.as_str(),
        service: &begin.service,
        user: &begin.user,
        address: address(begin),
        session: begin.session.as_deref(),
        peer: uid,
        outcome,
    });
    ServerMessage::Verdict(match &outcome.verdict {
        Verdict::Accept(accepted) => ipc::Verdict::Accept(ipc::Accept {
            user: accepted.user.clone(),
            userdb: accepted.userdb.clone(),
            proof: None,
        }),
        Verdict::Reject(reason) => ipc::Verdict::Reject(ipc::Reject {
            reason: wire_reason(*reason),
            text: MAIL_REJECT_TEXT.to_owned(),
        }),
        Verdict::Defer(reason) => ipc::Verdict::Defer(ipc::Defer { reason: reason.clone() }),
    })
}

fn wire_reason(reason: Reason) -> RejectReason {
    match reason {
        Reason::BadCredential => RejectReason::BadCredential,
        Reason::UnknownAccount => RejectReason::UnknownAccount,
        Reason::Disabled => RejectReason::Disabled,
        Reason::Expired => RejectReason::Expired,
        Reason::Scope => RejectReason::Scope,
        Reason::Network => RejectReason::Network,
        Reason::UseAppPassword => RejectReason::UseAppPassword,
        Reason::NotPermitted => RejectReason::NotPermitted,
        Reason::Limited => RejectReason::Limited,
    }
}

fn address(begin: &Begin) -> Option<IpAddr> {
    begin.rhost.as_deref()?.parse().ok()
}

fn outcome(verdict: Verdict) -> Outcome {
    Outcome { verdict, trail: Trail::default() }
}

fn refused(detail: &'static str) -> Outcome {
    let trail = Trail { detail: Some(detail), ..Trail::default() };
    Outcome { verdict: Verdict::Reject(Reason::BadCredential), trail }
}

async fn say(stream: &mut UnixStream, message: &ServerMessage) {
    let Ok(line) = ipc::encode(message) else { return };
    // A client that is gone hears nothing, and that is its verdict: it answers Defer.
    drop(timeout(SAY_WITHIN, stream.write_all(&line)).await);
}

/// Ends when the client closes the connection, or says something although nothing was asked.
async fn hung_up(stream: &UnixStream) {
    loop {
        if stream.readable().await.is_err() {
            return;
        }
        match stream.try_read(&mut [0_u8; 1]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return,
        }
    }
}

const BEGIN_WITHIN: Duration = Duration::from_secs(5);
/// Beyond the deadline of every mail front door.
const FLOW_WITHIN: Duration = Duration::from_secs(15);
const SAY_WITHIN: Duration = Duration::from_secs(2);
