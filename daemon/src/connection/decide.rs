use std::time::Duration;

use postern_core::conversation::{Conversation, Prompt, Tone};
use postern_core::exchange::{EMPTY_ANSWER, NOT_A_PASSWORD, OutageKind, Outcome};
use postern_core::flows::{
    self, ApplicationFlow, ApplicationRequest, BrowserRequest, LoginRequest, PhoneRequest, SelfServiceActor,
    SelfServiceFlow, SelfServiceRequest,
};
use postern_core::limits::Source;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Offered;
use postern_core::words::{Language, Phrase};
use postern_core::{Reason, Verdict};
use postern_ipc::{PhoneFlow, RemoteHost};

use super::request::Request;
use super::socket_conversation::SocketConversation;
use crate::hosts::Hosts;
use crate::server::Server;
use crate::site::Site;
use crate::slots::{LocalUser, Origin};
use crate::task::CoreFlow;
use crate::users::HostUsers;

/// Runs `flow`, which the peer may ask for.
pub(super) async fn decide(
    server: &Server,
    site: &Site,
    request: &Request<'_>,
    flow: CoreFlow,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    match flow {
        CoreFlow::SelfService(flow) => self_service(&server.users, site, request, flow, conversation).await,
        CoreFlow::Browser(flow) => browser(server, site, request, flow, conversation).await,
        CoreFlow::Application(flow) => application(server, site, request, flow, conversation).await,
        CoreFlow::ApprovalCheck => {
            let source = source(&server.hosts, request).await;
            flows::approval_check(&site.engine, request.arguments, &source, conversation).await
        }
        CoreFlow::MailSettings => flows::mail_settings(&site.engine, conversation).await,
        CoreFlow::Phone(flow) => page(server, site, request, flow, conversation).await,
        CoreFlow::Login => match LoginName::new(request.name()) {
            Ok(name) => login(server, site, request, &name, conversation).await,
            Err(_) => refused(NOT_A_NAME),
        },
        CoreFlow::Lookup => match LoginName::new(request.name()) {
            Ok(name) => flows::lookup(&site.engine, request.service, &name).await,
            // A mail to it bounces.
            Err(_) => with_detail(Reason::UnknownAccount, NOT_A_NAME),
        },
        CoreFlow::Account => match LoginName::new(request.name()) {
            Ok(name) => {
                let proof = request.secret.map(postern_ipc::Secret::expose);
                flows::account(&site.engine, request.service, &name, proof).await
            }
            Err(_) => refused(NOT_A_NAME),
        },
    }
}

/// Whose account it is about is said by the session alone.
async fn browser(
    server: &Server,
    site: &Site,
    request: &Request<'_>,
    flow: SelfServiceFlow,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    let Some(token) = request.web_session else { return not_permitted("a browser without a session") };
    let source = source(&server.hosts, request).await;
    let actor =
        SelfServiceActor::Browser { token: token.expose(), address: request.address(), source: &source };
    let Request { arguments, language, .. } = *request;
    let asked = SelfServiceRequest { actor, flow, arguments, language };
    let outcome = flows::self_service(&site.engine, &asked, conversation).await;
    named(request, outcome)
}

/// Whose session it is about is said by the code or the key alone.
async fn application(
    server: &Server,
    site: &Site,
    request: &Request<'_>,
    flow: ApplicationFlow,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    let secret = match request.secret.map(|secret| Offered::new(secret.expose().to_owned())) {
        Some(Ok(secret)) => secret,
        Some(Err(_)) => return with_detail(Reason::Expired, "a code or a key that is none of this site"),
        None => return not_permitted("an application that shows nothing"),
    };
    let source = source(&server.hosts, request).await;
    let asked = ApplicationRequest { flow, secret: &secret, arguments: request.arguments, source: &source };
    let outcome = flows::application(&site.engine, &asked, conversation).await;
    named(request, outcome)
}

/// The log has the name of the account that was let in; nobody typed one.
fn named(request: &Request<'_>, outcome: Outcome) -> Outcome {
    if let Verdict::Accept(accepted) = &outcome.verdict {
        request.is_of_user(accepted.user.clone());
    }
    outcome
}

/// What a phone hands in; the page says where it is.
async fn page(
    server: &Server,
    site: &Site,
    request: &Request<'_>,
    flow: PhoneFlow,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    let source = source(&server.hosts, request).await;
    let Request { arguments, language, .. } = *request;
    let request = PhoneRequest { flow, arguments, language, source: &source };
    flows::phone(&site.engine, &request, conversation).await
}

async fn login(
    server: &Server,
    site: &Site,
    request: &Request<'_>,
    name: &LoginName,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    let Ok(secret) = request.secret.map(|secret| Offered::new(secret.expose().to_owned())).transpose() else {
        let is_empty = request.secret.is_some_and(|secret| secret.expose().is_empty());
        return refused(if is_empty { EMPTY_ANSWER } else { NOT_A_PASSWORD });
    };
    if secret.is_none() && !request.is_interactive && request.service.class() != Some(Class::Login) {
        return refused(NOT_A_PASSWORD);
    }
    let source = source(&server.hosts, request).await;
    let request = LoginRequest {
        service: request.service,
        name,
        secret: secret.as_ref(),
        address: request.address(),
        peer_address: request.peer_address,
        is_here: request.is_here(),
        is_address_vouched_for: request.peer.vouches_for_devices,
        source: &source,
        device: request.device.as_ref(),
        browser: BrowserRequest {
            client: request.browser.as_ref(),
            trusted: request.trusted_browser.map(postern_ipc::Secret::expose),
        },
        time_limit: if request.is_sign_in() { SIGN_IN_TIME } else { site.interactive_deadline },
        is_at_terminal: request.is_sign_in()
            || request.is_interactive && request.tty.is_some_and(postern_ipc::is_terminal),
        language: request.language,
        delivery: request.line_delivery(),
    };
    flows::login(&site.engine, &request, conversation).await
}

/// Each speaks for the account with the name that this host has for their uid, and for no other.
async fn self_service(
    users: &HostUsers,
    site: &Site,
    request: &Request<'_>,
    flow: SelfServiceFlow,
    conversation: &mut SocketConversation<'_>,
) -> Outcome {
    let uid = request.peer.uid;
    let name = match users.name_of(uid).await {
        Ok(Some(name)) => request.is_of_user(name),
        Ok(None) => {
            let language = request.language.and_then(Language::wanted).unwrap_or(site.engine.language);
            let uid = uid.to_string();
            let prompt = Prompt::new(&Phrase::NoUserOfUid { uid: &uid }, language);
            // Who is gone hears nothing, and is refused all the same.
            conversation.tell(Tone::Error, &prompt).await.ok();
            return not_permitted("the peer's uid is nobody's on this host");
        }
        Err(error) => return Outcome::of_outage(OutageKind::NameService, error.to_string()),
    };
    if request.name() != name {
        return not_permitted("the peer is somebody else");
    }
    let Ok(name) = LoginName::new(name) else {
        return not_permitted("the peer's name is none that an account could have");
    };
    let Request { arguments, language, .. } = *request;
    let actor = SelfServiceActor::UnixUser { name: &name, uid };
    let request = SelfServiceRequest { actor, flow, arguments, language };
    flows::self_service(&site.engine, &request, conversation).await
}

/// Where its person is.
pub(super) async fn origin(server: &Server, request: &Request<'_>) -> Origin {
    match (request.local_user, &request.remote) {
        (None, Some(_)) => Origin::Elsewhere(source(&server.hosts, request).await),
        (Some(user), _) => Origin::Here(server.users.local_user(user).await),
        (None, None) => Origin::Here(LocalUser::Host),
    }
}

/// Where the login comes from, as far as limits tell it apart.
pub(super) async fn source(hosts: &Hosts, request: &Request<'_>) -> Source {
    match (&request.remote, request.local_user) {
        (Some(RemoteHost::Address(address)), _) => Source::of(Some(*address)),
        (Some(RemoteHost::Name(_)) | None, Some(user)) => Source::of_user(user),
        (Some(RemoteHost::Name(name)), None) => hosts.source(name, request.service.name).await,
        (None, None) => Source::of(None),
    }
}

fn refused(detail: &'static str) -> Outcome {
    with_detail(Reason::BadCredential, detail)
}

fn not_permitted(detail: &'static str) -> Outcome {
    with_detail(Reason::NotPermitted, detail)
}

fn with_detail(reason: Reason, detail: &'static str) -> Outcome {
    Outcome { detail: Some(detail), ..Outcome::of_verdict(Verdict::Reject(reason)) }
}

/// Long enough to find a phone and to bind it; a little less than the conversation may take.
const SIGN_IN_TIME: Duration = Duration::from_secs(600);
const NOT_A_NAME: &str = "not a name: empty, over 255 bytes, or with control characters";

#[cfg(test)]
mod tests {
    use postern_core::policy::NamedService;
    use postern_ipc::{Begin, Flow};

    use super::*;
    use crate::connection::request::Peer;
    use crate::peer::Rights;
    use crate::task::Task;

    #[tokio::test]
    async fn a_login_comes_from_its_address_its_user_or_one_of_the_hosts_with_names() {
        let hosts = Hosts::new();
        let from = async |rhost: Option<&str>, ruid, peer| {
            let mut begin = Begin::new(Flow::Login, "sshd", "alice");
            (begin.rhost, begin.ruid) = (rhost.map(ToOwned::to_owned), ruid);
            let service = NamedService { name: "sshd", settings: None };
            let vouches_for_devices = Rights::vouches_for_devices(peer);
            let peer =
                Peer { uid: peer, is_permitted: true, is_trusted: true, is_web: false, vouches_for_devices };
            source(&hosts, &Request::read(&begin, Task::Flow(CoreFlow::Login), service, peer))
                .await
                .to_string()
        };
        assert_eq!(from(Some("192.0.2.1"), Some(1000), 0).await, "192.0.2.1");
        assert_eq!(from(Some("::ffff:192.0.2.1"), None, 0).await, "192.0.2.1");
        assert_eq!(from(None, Some(1000), 0).await, "uid:1000");
        assert_eq!(from(None, Some(1000), 115).await, "unknown", "only root knows");
        assert_eq!(from(None, Some(0), 0).await, "unknown", "a daemon, and not who is behind it");
        assert_eq!(from(None, None, 0).await, "unknown");
        assert_eq!(from(Some(""), None, 0).await, "unknown");
        for name in ["a.invalid", "b.invalid", "192.0.2.1 192.0.2.2"] {
            assert_eq!(from(Some(name), Some(0), 0).await, "names:sshd", "{name}");
        }
        assert_eq!(from(Some("fe80::1%eth0"), None, 115).await, "fe80::/64");
        assert_eq!(
            from(Some("here.invalid"), Some(1000), 0).await,
            "uid:1000",
            "sudo may call its own host so"
        );
    }
}
