//! What a peer asks for, read once from its `begin`: nothing behind it looks at that again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use postern_core::app_password::Label;
use postern_core::device::Device;
use postern_core::exchange::LineDelivery;
use postern_core::policy::{Class, NamedService};
use postern_core::session::WEB_SERVICE;
use postern_ipc::{Begin, ProtocolError, RemoteHost, Secret, Version};

use crate::peer::Rights;
use crate::task::{CoreFlow, Task};

/// What a peer asks for.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// The version of the protocol that it speaks.
    pub(super) version: Version,
    pub(super) task: Task,
    /// The flow's name in the log.
    pub(super) flow: &'static str,
    pub(super) service: NamedService<'a>,
    pub(super) secret: Option<&'a Secret>,
    /// The client's host, if the front door knows it.
    pub(super) remote: Option<RemoteHost<'a>>,
    /// The address that the connection itself came from, if the front door knows it.
    pub(super) peer_address: Option<IpAddr>,
    /// The device that the front door has proof of, if it is one that is believed.
    pub(super) device: Option<Device>,
    /// The user of this host who logs in from it, if that is known: neither root, as whom sshd and login run, nor a person
    /// with an address.
    pub(super) local_user: Option<u32>,
    pub(super) is_interactive: bool,
    pub(super) language: Option<&'a str>,
    pub(super) tty: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) arguments: &'a BTreeMap<String, String>,
    /// The token of a browser's session.
    pub(super) web_session: Option<&'a Secret>,
    /// What a trusted browser keeps.
    pub(super) trusted_browser: Option<&'a Secret>,
    /// What people call the browser.
    pub(super) browser: Option<Label>,
    pub(super) peer: Peer,
    typed_name: &'a str,
    own_name: OnceLock<String>,
}

/// The process at the other end, and what it may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) uid: u32,
    /// Whether it may ask for this task at this service.
    pub(super) is_permitted: bool,
    /// Whether it counts as the mail server's own, and may hear what is out of order.
    pub(super) is_trusted: bool,
    /// Whether it serves the page for phones.
    pub(super) is_web: bool,
    /// Whether it is believed what it says of addresses that may be devices.
    pub(super) vouches_for_devices: bool,
}

impl Peer {
    /// The process with `uid`, which asks for `task` at `service`.
    pub(super) fn of(rights: &Rights, uid: u32, task: Task, service: NamedService<'_>) -> Self {
        Self {
            uid,
            is_permitted: rights.permit(uid, task, service.name),
            is_trusted: rights.is_trusted(uid),
            is_web: rights.is_web(uid),
            vouches_for_devices: Rights::vouches_for_devices(uid),
        }
    }
}

impl<'a> Request<'a> {
    /// Reads what `peer` says. What it may do is decided with the task and the service in view.
    pub(super) fn read(begin: &'a Begin, task: Task, service: NamedService<'a>, peer: Peer) -> Self {
        let remote = begin.rhost.as_deref().and_then(RemoteHost::parse);
        Self {
            version: begin.version,
            task,
            flow: begin.flow.as_str(),
            service,
            secret: begin.secret.as_ref(),
            device: device(begin, peer),
            peer_address: peer_address(begin, remote.as_ref()),
            local_user: local_user(begin, remote.as_ref(), peer),
            remote,
            is_interactive: begin.interactive,
            language: begin.language.as_deref(),
            tty: begin.tty.as_deref(),
            session: begin.session.as_deref(),
            arguments: &begin.arguments,
            web_session: begin.web_session.as_ref(),
            trusted_browser: begin.trusted_browser.as_ref(),
            browser: begin.browser.as_deref().and_then(|browser| Label::new(browser).ok()),
            peer,
            typed_name: &begin.user,
            own_name: OnceLock::new(),
        }
    }

    /// Whether it is a login that asks a person several things.
    pub(super) fn is_dialogue(&self) -> bool {
        self.task == Task::Flow(CoreFlow::Login)
            && self.service.class() == Some(Class::Login)
            && self.is_interactive
            && !self.is_sign_in()
    }

    /// Whether it is a login with a browser. It takes a place among the dialogues only once the main password was proved, since
    /// anybody may reach a sign-in page.
    pub(super) fn is_sign_in(&self) -> bool {
        self.task == Task::Flow(CoreFlow::Login) && self.service.name == WEB_SERVICE
    }

    /// Whether a person is behind it whom the web server speaks for.
    pub(super) fn is_of_browser(&self) -> bool {
        self.is_sign_in() || matches!(self.task, Task::Flow(CoreFlow::Browser(_)))
    }

    /// Whether the person is at this host itself: PAM names no client's host then, or sudo this one.
    pub(super) fn is_here(&self) -> bool {
        self.remote.is_none() || self.local_user.is_some()
    }

    /// When the host shows lines that ask for nothing. A front door of version 2 has each line as data, and decides itself.
    pub(super) fn line_delivery(&self) -> LineDelivery {
        let is_sshd = self.version == Version::One && self.tty == Some(SSHD);
        if is_sshd { LineDelivery::WithNextQuestion } else { LineDelivery::AtOnce }
    }

    /// The client's address, if it is known.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.remote.as_ref()?.address()
    }

    /// What the front door calls the client's host, if that is no address.
    pub(super) fn host_name(&self) -> Option<&str> {
        self.remote.as_ref()?.name()
    }

    /// The name that this is about: what was typed, or else the peer's own once that is known.
    pub(super) fn name(&self) -> &str {
        if self.typed_name.is_empty() {
            self.own_name.get().map_or(self.typed_name, String::as_str)
        } else {
            self.typed_name
        }
    }

    /// Notes the name that this host has for the peer's uid.
    pub(super) fn is_of_user(&self, name: String) -> &str {
        self.own_name.get_or_init(|| name)
    }
}

/// The contradiction in a `begin`, if any, for all peers. The flow itself checks its arguments.
pub(super) fn complaint(task: Task, begin: &Begin) -> Option<ProtocolError> {
    let takes_arguments = task.takes_arguments();
    let what = if !takes_arguments && !begin.arguments.is_empty() {
        "this flow takes no arguments"
    } else if !task.takes_a_secret() && begin.secret.is_some() {
        "this flow asks for what it needs"
    } else if begin.web_session.is_some() && !matches!(task, Task::Flow(CoreFlow::Browser(_))) {
        "this flow has no session"
    } else if (begin.trusted_browser.is_some() || begin.browser.is_some())
        && !(task == Task::Flow(CoreFlow::Login) && begin.service == WEB_SERVICE)
    {
        "only a login with a browser has a browser"
    } else if task == Task::Flow(CoreFlow::Login) && begin.service == WEB_SERVICE && !begin.interactive {
        "a login with a browser has a person who answers"
    } else if begin.persistent
        && (begin.interactive || !matches!(task, Task::Flow(CoreFlow::Login | CoreFlow::Lookup)))
    {
        "only logins and lookups that ask nothing share a connection"
    } else {
        return None;
    };
    Some(ProtocolError::Malformed(what.to_owned()))
}

/// Where it says nothing of it, the client connected itself. What it says and is no address is nobody's.
fn peer_address(begin: &Begin, remote: Option<&RemoteHost<'_>>) -> Option<IpAddr> {
    match begin.peer_address.as_deref() {
        Some(text) => RemoteHost::parse(text)?.address(),
        None => remote?.address(),
    }
}

fn local_user(begin: &Begin, remote: Option<&RemoteHost<'_>>, peer: Peer) -> Option<u32> {
    let has_address = remote.is_some_and(|remote| remote.address().is_some());
    let is_here = Rights::vouches_for_users(peer.uid) && !has_address;
    begin.ruid.filter(|ruid| is_here && !Rights::is_root(*ruid))
}

fn device(begin: &Begin, peer: Peer) -> Option<Device> {
    begin.device.as_deref().filter(|_| peer.vouches_for_devices).and_then(Device::of_ssh_key)
}

/// PAM_TTY of sshd.
const SSHD: &str = "ssh";

#[cfg(test)]
mod tests {
    use postern_ipc::Flow;

    use super::*;

    fn with(flow: Flow, arguments: &[&str]) -> Begin {
        let mut begin = Begin::new(flow, "", "");
        begin.arguments = arguments.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        begin
    }

    #[test]
    fn arguments_are_for_the_flows_that_know_them() {
        for flow in [Flow::Login, Flow::Lookup, Flow::Account, Flow::Status, Flow::MailSettings] {
            assert_eq!(complaint(Task::of(flow), &with(flow, &[])), None);
            assert!(complaint(Task::of(flow), &with(flow, &["label"])).is_some(), "{flow:?}");
        }
        assert_eq!(complaint(Task::of(Flow::Replace), &with(Flow::Replace, &["id", "label"])), None);
        let mut with_secret = with(Flow::Enrol, &[]);
        with_secret.secret = Some(Secret::new("x".to_owned()));
        assert!(complaint(Task::of(Flow::Enrol), &with_secret).is_some());
    }

    #[test]
    fn only_what_asks_nothing_shares_a_connection() {
        let complains = |flow, service: &str, is_interactive| {
            let mut begin = Begin::new(flow, service, "");
            (begin.persistent, begin.interactive) = (true, is_interactive);
            complaint(Task::of_begin(&begin), &begin).is_some()
        };
        assert!(!complains(Flow::Login, "imap", false) && !complains(Flow::Lookup, "lmtp", false));
        assert!(complains(Flow::Login, "imap", true) && complains(Flow::Login, "web", true));
        for flow in [Flow::Account, Flow::Status, Flow::Factors, Flow::MailSettings, Flow::PhonePending] {
            assert!(complains(flow, "", false), "{flow:?}");
        }
    }

    #[test]
    fn what_is_of_browsers_has_no_place_elsewhere() {
        let complains = |flow, service: &str, change: fn(&mut Begin)| {
            let mut begin = Begin::new(flow, service, "");
            begin.interactive = true;
            change(&mut begin);
            complaint(Task::of_begin(&begin), &begin).is_some()
        };
        let session = |begin: &mut Begin| begin.web_session = Some(Secret::new("x".to_owned()));
        let trusted = |begin: &mut Begin| begin.trusted_browser = Some(Secret::new("x".to_owned()));
        let name = |begin: &mut Begin| begin.browser = Some("Firefox".to_owned());
        assert!(!complains(Flow::Factors, "", session) && !complains(Flow::SessionCheck, "", session));
        assert!(complains(Flow::Login, "web", session) && complains(Flow::PhonePending, "", session));
        assert!(!complains(Flow::Login, "web", trusted) && !complains(Flow::Login, "web", name));
        for change in [trusted, name] {
            assert!(complains(Flow::Login, "sshd", change) && complains(Flow::Factors, "", change));
        }
        assert!(complains(Flow::Login, "web", |begin| begin.interactive = false));
    }
}
