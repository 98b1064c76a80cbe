use std::sync::OnceLock;

use postern_core::conversation::{Conversation, Prompt, Tone};
use postern_core::device::Device;
use postern_core::exchange::{Outcome, Trail};
use postern_core::flows::{self, EMPTY_ANSWER, NOT_A_PASSWORD, Own, OwnFlow, PhoneCall, PhoneFlow, Visit};
use postern_core::limits::Source;
use postern_core::name::LoginName;
use postern_core::policy::Class;
use postern_core::secret::Offered;
use postern_core::words::{Language, Phrase};
use postern_core::{Reason, Verdict};
use postern_ipc::{Begin, RemoteHost};

use super::socket_conversation::SocketConversation;
use super::wire;
use crate::hosts::Hosts;
use crate::peer::Rights;
use crate::server::Server;
use crate::site::Site;
use crate::slots::{LocalUser, Origin};
use crate::task::Task;
use crate::users::HostUsers;

/// Somebody at the socket.
#[derive(Debug)]
pub(super) struct Visitor<'a> {
    /// What they said.
    pub(super) begin: &'a Begin,
    /// The class of the service that they named, where it is configured.
    pub(super) class: Option<Class>,
    /// The uid of their process, which has the right to ask for this.
    pub(super) uid: u32,
    /// The name that this host has for that uid, once somebody has asked.
    pub(super) own_name: OnceLock<String>,
}

impl Visitor<'_> {
    /// The name that this is about: what was typed, or else the visitor's own.
    pub(super) fn name(&self) -> &str {
        let typed = self.begin.user.as_str();
        if typed.is_empty() { self.own_name.get().map_or(typed, String::as_str) } else { typed }
    }
}

/// Runs the flow that the visitor asks for.
pub(super) async fn decide(
    server: &Server,
    site: &Site,
    visitor: &Visitor<'_>,
    conversation: &mut SocketConversation,
) -> Outcome {
    let begin = visitor.begin;
    match Task::of(begin.flow) {
        Task::Own(flow) => return self_service(&server.users, site, visitor, flow, conversation).await,
        Task::Phone(flow) => return page(server, site, visitor, flow, conversation).await,
        Task::Login | Task::Lookup | Task::Account | Task::Status => {}
    }
    let Ok(name) = LoginName::new(&begin.user) else {
        return refused("not a name: empty, over 255 bytes, or with control characters");
    };
    match Task::of(begin.flow) {
        Task::Lookup => flows::lookup(&site.engine, &begin.service, &name).await,
        Task::Account => {
            let proof = begin.secret.as_ref().map(postern_ipc::Secret::expose);
            flows::account(&site.engine, &begin.service, &name, proof).await
        }
        Task::Login => login(server, site, visitor, &name, conversation).await,
        // One is answered before, the others are above.
        Task::Status | Task::Own(_) | Task::Phone(_) => outcome(Verdict::Reject(Reason::NotPermitted)),
    }
}

/// What a phone hands in; the page says where it is.
async fn page(
    server: &Server,
    site: &Site,
    visitor: &Visitor<'_>,
    flow: PhoneFlow,
    conversation: &mut SocketConversation,
) -> Outcome {
    let begin = visitor.begin;
    let source = source(&server.hosts, begin, visitor.uid).await;
    let language = begin.language.as_deref();
    let call = PhoneCall { flow, arguments: &begin.arguments, language, source: &source };
    flows::phone(&site.engine, &call, conversation).await
}

async fn login(
    server: &Server,
    site: &Site,
    visitor: &Visitor<'_>,
    name: &LoginName,
    conversation: &mut SocketConversation,
) -> Outcome {
    let begin = visitor.begin;
    let Ok(secret) = begin.secret.as_ref().map(|secret| Offered::new(secret.expose().to_owned())).transpose()
    else {
        let is_empty = begin.secret.as_ref().is_some_and(|secret| secret.expose().is_empty());
        return refused(if is_empty { EMPTY_ANSWER } else { NOT_A_PASSWORD });
    };
    if secret.is_none() && !begin.interactive && visitor.class != Some(Class::Login) {
        return refused(NOT_A_PASSWORD);
    }
    let device = device(begin, visitor.uid);
    let source = source(&server.hosts, begin, visitor.uid).await;
    let visit = Visit {
        service: &begin.service,
        name,
        secret: secret.as_ref(),
        address: wire::address(begin),
        is_address_vouched_for: Rights::vouches_for_devices(visitor.uid),
        source: &source,
        device: device.as_ref(),
        language: begin.language.as_deref(),
    };
    flows::login(&site.engine, &visit, conversation).await
}

/// Each speaks for the account with the name that this host has for their uid, and for no other.
async fn self_service(
    users: &HostUsers,
    site: &Site,
    visitor: &Visitor<'_>,
    flow: OwnFlow,
    conversation: &mut SocketConversation,
) -> Outcome {
    let (begin, uid) = (visitor.begin, visitor.uid);
    let name = match users.name_of(uid).await {
        Ok(Some(name)) => visitor.own_name.get_or_init(|| name),
        Ok(None) => {
            let language =
                begin.language.as_deref().and_then(Language::wanted).unwrap_or(site.engine.language);
            let uid = uid.to_string();
            let prompt = Prompt::new(&Phrase::NoUserOfUid { uid: &uid }, language);
            // Who is gone hears nothing, and is refused all the same.
            conversation.tell(Tone::Error, &prompt).await.ok();
            return not_permitted("the peer's uid is nobody's on this host");
        }
        Err(error) => return outcome(Verdict::Defer(error.to_string())),
    };
    if visitor.name() != name {
        return not_permitted("the peer is somebody else");
    }
    let Ok(name) = LoginName::new(name) else {
        return not_permitted("the peer's name is none that an account could have");
    };
    let own =
        Own { name: &name, uid, flow, arguments: &begin.arguments, language: begin.language.as_deref() };
    flows::own(&site.engine, &own, conversation).await
}

/// The user of this host who logs in from it, where that is known: neither root, as whom sshd and login run, nor somebody
/// with an address.
fn local_user(begin: &Begin, uid: u32) -> Option<u32> {
    let is_here = Rights::vouches_for_users(uid) && wire::address(begin).is_none();
    begin.ruid.filter(|ruid| is_here && !Rights::is_root(*ruid))
}

/// Where its person is.
pub(super) async fn origin(server: &Server, begin: &Begin, uid: u32) -> Origin {
    match (local_user(begin, uid), wire::remote_host(begin)) {
        (None, Some(_)) => Origin::Elsewhere(source(&server.hosts, begin, uid).await),
        (Some(user), _) => Origin::Here(server.users.local_user(user).await),
        (None, None) => Origin::Here(LocalUser::Host),
    }
}

/// Where the login comes from, as far as limits tell it apart.
async fn source(hosts: &Hosts, begin: &Begin, uid: u32) -> Source {
    match (wire::remote_host(begin), local_user(begin, uid)) {
        (Some(RemoteHost::Address(address)), _) => Source::of(Some(address)),
        (Some(RemoteHost::Name(_)) | None, Some(user)) => Source::of_user(user),
        (Some(RemoteHost::Name(name)), None) => hosts.source(name, &begin.service).await,
        (None, None) => Source::of(None),
    }
}

/// The device that the front door has proof of, where it is one that is believed.
pub(super) fn device(begin: &Begin, uid: u32) -> Option<Device> {
    begin.device.as_deref().filter(|_| Rights::vouches_for_devices(uid)).and_then(Device::of_ssh_key)
}

/// A verdict with nothing to add.
pub(super) fn outcome(verdict: Verdict) -> Outcome {
    Outcome { verdict, trail: Trail::default() }
}

fn refused(detail: &'static str) -> Outcome {
    with_detail(Reason::BadCredential, detail)
}

fn not_permitted(detail: &'static str) -> Outcome {
    with_detail(Reason::NotPermitted, detail)
}

fn with_detail(reason: Reason, detail: &'static str) -> Outcome {
    let trail = Trail { detail: Some(detail), ..Trail::default() };
    Outcome { verdict: Verdict::Reject(reason), trail }
}

#[cfg(test)]
mod tests {
    use postern_ipc::Flow;

    use super::*;

    #[tokio::test]
    async fn a_login_comes_from_its_address_its_user_or_one_of_the_hosts_with_names() {
        let hosts = Hosts::new();
        let from = async |rhost: Option<&str>, ruid, peer| {
            let mut begin = Begin::new(Flow::Login, "sshd", "alice");
            (begin.rhost, begin.ruid) = (rhost.map(ToOwned::to_owned), ruid);
            source(&hosts, &begin, peer).await.to_string()
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
