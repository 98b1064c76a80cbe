mod decide;
mod drive;
mod flow_event;
mod idle;
mod line_stream;
mod request;
mod socket_conversation;
mod waiting_place;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_core::audit;
use postern_core::exchange::{OutageKind, Outcome};
use postern_core::flows::DecidedLogin;
use postern_core::limits::Source;
use postern_core::words::{Language, Phrase};
use postern_core::{Reason, Verdict};
use postern_ipc as ipc;
use postern_ipc::{Begin, ServerMessage};
use tokio::net::UnixStream;
use tokio::time::timeout;
use tracing::debug;

use self::drive::{Deadlines, Finished, Reply, drive};
use self::line_stream::{LineStream, ReadError};
use self::request::{Peer, Request};
use self::socket_conversation::{Audience, SocketConversation};
use self::waiting_place::WaitingPlace;
use crate::history_writer::AdmittedLogin;
use crate::logging;
use crate::metrics::RefusedPlace;
use crate::server::Server;
use crate::site::Site;
use crate::slots::Slot;
use crate::task::{CoreFlow, Task};

/// Serves a connection: one conversation, and further ones if the client asked for a persistent connection and is trusted.
pub(crate) async fn serve(server: &Arc<Server>, stream: UnixStream, uid: u32, slot: Slot) {
    let mut line = LineStream::new(stream);
    let mut slot = Some(slot);
    while let Some(taken) = slot {
        // On the heap, so that a connection that waits for its next conversation is small.
        let end = Box::pin(converse_once(server, &mut line, uid, taken)).await;
        if let Some((site, login)) = end.login {
            // The client does not wait for it.
            tokio::spawn(async move { login.write(&site.engine).await });
        }
        if !end.is_persistent {
            return;
        }
        slot = idle::next_begin(server, &line, uid).await;
    }
}

/// What is left of a conversation once the client has heard its end.
#[derive(Default)]
struct End {
    /// What is to be written to the history of the account.
    login: Option<(Arc<Site>, AdmittedLogin)>,
    /// Whether the client may begin another conversation on the connection.
    is_persistent: bool,
}

/// Serves one conversation until it ends or the client hangs up.
async fn converse_once(server: &Server, line: &mut LineStream, uid: u32, mut slot: Slot) -> End {
    let (begin, task) = match timeout(BEGIN_WITHIN, opening(line)).await {
        Ok(Ok(opening)) => opening,
        Ok(Err(ReadError::Closed)) => return End::default(),
        Ok(Err(ReadError::Protocol(error))) => {
            debug!("uid {uid} broke the protocol: {error:?}");
            say(line, &ServerMessage::Error(error)).await;
            return End::default();
        }
        Err(_) => {
            debug!("uid {uid} said nothing");
            return End::default();
        }
    };
    let site = server.site_now();
    let service = site.engine.service(&begin.service);
    let peer = Peer::of(&site.rights, uid, task, service);
    let request = Request::read(&begin, task, service, peer);
    // Rights come first: before a search, a question, a place among the dialogues.
    let finished = match (peer.is_permitted, task) {
        (false, _) => Finished::of_verdict(Verdict::Reject(Reason::NotPermitted)),
        (true, Task::Status) => {
            let report = server.status(&site).await;
            say(line, &ServerMessage::Status(Box::new(report))).await;
            return End::default();
        }
        (true, Task::Flow(flow)) => converse(server, &site, line, &mut slot, &request, flow).await,
    };
    conclude(server, &request, &finished.outcome);
    let mut is_persistent = false;
    let last = match finished.reply {
        Reply::None => None,
        Reply::Error(error) => Some(ServerMessage::Error(error)),
        Reply::Verdict => {
            is_persistent = begin.persistent && peer.is_trusted;
            let language = language(&site, &request, &finished.outcome);
            let help = site.engine.mail_settings.app_password_help();
            let text = |reason| wire::reject_text(task, service.class(), reason, language, help);
            Some(ServerMessage::Verdict(wire::verdict(&finished.outcome, peer.is_trusted, text)))
        }
    };
    if let Some(last) = last {
        say(line, &last).await;
    }
    let decided = decided_login(&site, &request, &finished.outcome);
    // Before the place is given back: posternd may be waiting for that to stop.
    let login = decided.and_then(|login| server.history.admit(login)).map(|login| (Arc::clone(&site), login));
    drop(slot);
    End { login, is_persistent }
}

/// What the history of the account tells, if this was a login. Account management accepts what was accepted before, or what Postern did not
/// decide; what it refuses was a login by other means.
fn decided_login(site: &Site, request: &Request<'_>, outcome: &Outcome) -> Option<DecidedLogin> {
    let is_told = match request.task {
        Task::Flow(CoreFlow::Login) => true,
        Task::Flow(CoreFlow::Account) => matches!(outcome.verdict, Verdict::Reject(_)),
        Task::Flow(
            CoreFlow::Lookup
            | CoreFlow::SelfService(_)
            | CoreFlow::Browser(_)
            | CoreFlow::Application(_)
            | CoreFlow::ApprovalCheck
            | CoreFlow::MailSettings
            | CoreFlow::Phone(_),
        )
        | Task::Status => false,
    };
    let of = || DecidedLogin::of(request.service.name, request.address(), outcome, site.engine.clock.now());
    is_told.then(of).flatten()
}

async fn opening(line: &mut LineStream) -> Result<(Begin, Task), ReadError> {
    let begin = ipc::decode_begin(&line.read().await?).map_err(ReadError::Protocol)?;
    let task = Task::of_begin(&begin);
    match request::complaint(task, &begin) {
        None => Ok((begin, task)),
        Some(error) => Err(ReadError::Protocol(error)),
    }
}

async fn converse(
    server: &Server,
    site: &Site,
    line: &mut LineStream,
    slot: &mut Slot,
    request: &Request<'_>,
    flow: CoreFlow,
) -> Finished {
    let is_dialogue = request.is_dialogue();
    if is_dialogue && !slot.become_dialogue(site.capacity, decide::origin(server, request).await) {
        server.turn_away(
            RefusedPlace::Dialogue,
            format_args!("no room for another dialogue; see [limits] dialogues, connections_per_user"),
        );
        return Finished::of(Outcome::of_outage(OutageKind::Overload, NO_ROOM.to_owned()));
    }
    let (deadlines, audience) = match (flow, request.is_interactive) {
        (CoreFlow::SelfService(_) | CoreFlow::Browser(_), true) => (SELF_SERVICE, Audience::Person),
        (CoreFlow::SelfService(_) | CoreFlow::Browser(_), false) => (SELF_SERVICE, Audience::Reader),
        (
            CoreFlow::Phone(_) | CoreFlow::Application(_) | CoreFlow::ApprovalCheck | CoreFlow::MailSettings,
            _,
        ) => (PHONE, Audience::Reader),
        (CoreFlow::Login | CoreFlow::Lookup | CoreFlow::Account, true) => {
            (if is_dialogue || request.is_sign_in() { LOGIN } else { MAIL }, Audience::Person)
        }
        (CoreFlow::Login | CoreFlow::Lookup | CoreFlow::Account, false) => (MAIL, Audience::Program),
    };
    let (mut conversation, events) = SocketConversation::new(request.version, audience);
    if request.is_of_browser() {
        let source = decide::source(&server.hosts, request).await;
        conversation.waits_at(WaitingPlace::new(slot, site.capacity, source));
    }
    let decided = decide::decide(server, site, request, flow, &mut conversation);
    let began = Instant::now();
    let mut finished = drive(line, deadlines, server.stopping(), events, Box::pin(decided)).await;
    if conversation.was_turned_away() {
        server.turn_away(
            RefusedPlace::Browser,
            format_args!(
                "no room for another person with a browser; see [limits] dialogues, connections_per_user"
            ),
        );
        finished.outcome.verdict = Verdict::Defer(NO_ROOM.to_owned());
        finished.outcome.trail.outage = Some(OutageKind::Overload);
        say(line, &too_many_waiting(language(site, request, &finished.outcome))).await;
    }
    if finished.is_interrupted && flow == CoreFlow::Login {
        finished.outcome.verdict = without_a_person(finished.outcome.verdict);
    }
    if flow == CoreFlow::Login {
        let took = began.elapsed().saturating_sub(conversation.waited());
        server.metrics.login_took(request.service.class(), &finished.outcome.verdict, took);
    }
    finished
}

/// Why a person is not waited for, who has already shown that the account is theirs. The verdict says it to the log alone.
fn too_many_waiting(language: Language) -> ServerMessage {
    let phrase = Phrase::TooManyWaiting {};
    ServerMessage::Tell {
        style: ipc::Tone::Error,
        text: ipc::Secret::new(language.say(&phrase)),
        id: Some(phrase.id().to_owned()),
        arguments: BTreeMap::new(),
    }
}

/// A person who is gone is not let in, even if the flow accepted.
fn without_a_person(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Accept(_) | Verdict::Ignore(_) => Verdict::Reject(Reason::Cancelled),
        Verdict::Reject(_) | Verdict::Defer(_) => verdict,
    }
}

/// Counts and logs the outcome.
fn conclude(server: &Server, request: &Request<'_>, outcome: &Outcome) {
    server.metrics.count(request.task, request.flow, request.service, outcome);
    if !is_logged(server, request, outcome) {
        return;
    }
    logging::audit(&audit::Entry {
        flow: request.flow,
        service: request.service.name,
        user: request.name(),
        address: request.address(),
        peer_address: request.peer_address,
        host: request.host_name(),
        device: request.device.as_ref().map(|device| device.name.as_str()),
        tty: request.tty,
        session: request.session,
        peer: request.peer.uid,
        outcome,
    });
}

/// Whether the outcome is logged. A change is, unless its account is changed all the time; the rest only as much as keeps an
/// untrusted peer from filling the log.
fn is_logged(server: &Server, request: &Request<'_>, outcome: &Outcome) -> bool {
    let (peer, now) = (request.peer, Instant::now());
    if peer.is_trusted {
        return true;
    }
    if outcome.trail.is_changed
        && let Some(account) = &outcome.trail.account
    {
        return server.audit_throttle.admits_change(account, now);
    }
    if request.task.is_poll() && matches!(outcome.verdict, Verdict::Accept(_)) {
        return false;
    }
    // Each line is one of an account, by its main password or session.
    if request.is_sign_in() || outcome.trail.session.is_some() {
        return true;
    }
    if peer.is_web {
        return server.audit_throttle.admits_phone(&Source::of(request.address()), now);
    }
    server.audit_throttle.admits_peer(peer.uid, now)
}

/// The language of the conversation, or the one that it would have had.
fn language(site: &Site, request: &Request<'_>, outcome: &Outcome) -> Language {
    let of_client = || request.language.and_then(Language::wanted);
    outcome.trail.language.or_else(of_client).unwrap_or(site.engine.language)
}

async fn say(line: &mut LineStream, message: &ServerMessage) {
    let Ok(encoded) = ipc::encode(message) else { return };
    // A client that is gone hears nothing, and answers Defer by itself.
    drop(line.write(&encoded).await);
}

const NO_ROOM: &str = "no room for another dialogue";
const BEGIN_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the deadline of every mail front door, where a program answers.
const MAIL: Deadlines = Deadlines { overall: WORK, answer: WORK, work: WORK, outlives_client: false };
/// Longer than the longest deadline of a front door (client.toml, interactive_deadline), which hangs up first.
const LOGIN: Deadlines = Deadlines {
    overall: Duration::from_secs(610),
    answer: Duration::from_secs(610),
    work: WORK,
    outlives_client: false,
};
/// Long enough to find a phone and to write recovery codes down.
const SELF_SERVICE: Deadlines = Deadlines {
    overall: Duration::from_secs(600),
    answer: Duration::from_secs(300),
    work: WORK,
    outlives_client: true,
};
/// A login may be waiting for what the phone hands in.
const PHONE: Deadlines = Deadlines { overall: WORK, answer: WORK, work: WORK, outlives_client: true };
const WORK: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use postern_core::verdict::Accepted;

    use super::*;

    #[test]
    fn a_client_that_is_gone_is_not_let_in() {
        let accepted = Accepted { user: "alice".to_owned(), userdb: BTreeMap::new(), proof: None };
        let cancelled = Verdict::Reject(Reason::Cancelled);
        assert_eq!(without_a_person(Verdict::Accept(accepted)), cancelled);
        assert_eq!(without_a_person(Verdict::Ignore("not in the directory")), cancelled);
        let limited = without_a_person(Verdict::Reject(Reason::Limited));
        assert_eq!(limited, Verdict::Reject(Reason::Limited));
        assert_eq!(without_a_person(Verdict::Defer("down".to_owned())), Verdict::Defer("down".to_owned()));
    }
}
