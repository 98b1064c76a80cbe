use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use nix::unistd::{User, geteuid};
use postern_core::config::Socket;
use postern_core::flows::SelfServiceFlow;
use postern_core::session::WEB_SERVICE;
use tracing::{info, warn};

use crate::slots::Holder;
use crate::task::{CoreFlow, Task};

/// What each local user may ask for. Clones share the last answers of the name services.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    names: Arc<Names>,
    own_uid: u32,
    known: Arc<RwLock<Arc<Known>>>,
    is_looking: Arc<AtomicBool>,
}

/// The configured users, by name.
#[derive(Debug)]
struct Names {
    trusted: BTreeMap<String, BTreeSet<String>>,
    web: Option<String>,
}

/// The same users by uid, as the name services know them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    uids: BTreeMap<String, u32>,
    trusted: BTreeMap<u32, BTreeSet<String>>,
    web: Option<u32>,
    at: Instant,
}

impl Rights {
    /// Looks up the users of `[socket] trusted` and `[web] user`. A user who does not exist has no rights until they do.
    pub(crate) fn of(socket: &Socket, web: Option<&str>) -> Self {
        let names = Names { trusted: socket.trusted.clone(), web: web.map(ToOwned::to_owned) };
        let known = names.look_up(&BTreeMap::new(), Instant::now());
        let rights = Self {
            names: Arc::new(names),
            own_uid: geteuid().as_raw(),
            known: Arc::new(RwLock::new(Arc::new(known))),
            is_looking: Arc::default(),
        };
        for name in rights.unknown_users() {
            warn!(
                "socket.trusted or web.user names the user {name}, who does not exist on this host; it is looked for again \
                 when somebody connects"
            );
        }
        rights
    }

    /// The users of `[socket] trusted` and `[web] user` that this host does not know.
    pub(crate) fn unknown_users(&self) -> Vec<String> {
        let known = self.known();
        self.names.all().filter(|name| !known.uids.contains_key(*name)).map(ToOwned::to_owned).collect()
    }

    /// Whether to ask the name services again, by [`look_again`](Self::look_again): soon about users who do not exist yet, as a
    /// mail server may be being installed, and now and then about the others.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let known = self.known();
        let age = now.saturating_duration_since(known.at);
        age >= LOOK_AGAIN
            || (age >= LOOK_FOR_MISSING && self.names.all().any(|name| !known.uids.contains_key(name)))
    }

    /// Asks the name services again, unless another task does already. This may take long.
    pub(crate) fn look_again(&self) {
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let before = self.known();
        let now = self.names.look_up(&before.uids, Instant::now());
        for name in self.names.all() {
            let (was, is) = (before.uids.get(name), now.uids.get(name));
            match is {
                _ if was == is => {}
                Some(uid) => info!("the user {name} of socket.trusted or web.user has the uid {uid} now"),
                None => warn!("the user {name} of socket.trusted or web.user does not exist any more"),
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        self.is_looking.store(false, Ordering::Release);
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the process behind a connection may ask for `task` at `service`.
    ///
    /// A lookup names the part of the mail server that asks (`lmtp`, `doveadm`) and checks no secret, so a trusted user may ask for
    /// every service.
    pub(crate) fn permit(&self, uid: u32, task: Task, service: &str) -> bool {
        let known = self.known();
        let services = known.trusted.get(&uid);
        match task {
            Task::Status => uid == ROOT || uid == self.own_uid,
            // Browsers: the web server brings what people type, and nobody else does.
            Task::Flow(CoreFlow::Login) if service == WEB_SERVICE => uid == ROOT || self.is_web(uid),
            Task::Flow(CoreFlow::Login | CoreFlow::Account) => {
                uid == ROOT || services.is_some_and(|services| services.contains(service))
            }
            Task::Flow(CoreFlow::Lookup) => uid == ROOT || services.is_some(),
            Task::Flow(CoreFlow::SelfService(
                SelfServiceFlow::SessionCheck | SelfServiceFlow::GrantApplication,
            )) => false,
            Task::Flow(CoreFlow::SelfService(_)) => self.may_be_a_person(uid),
            Task::Flow(
                CoreFlow::Browser(_)
                | CoreFlow::Application(_)
                | CoreFlow::ApprovalCheck
                | CoreFlow::MailSettings
                | CoreFlow::Phone(_),
            ) => self.is_web(uid),
        }
    }

    /// Whether `uid` is the one of the process that serves the phone page.
    pub(crate) fn is_web(&self, uid: u32) -> bool {
        self.known().web == Some(uid) && uid != ROOT
    }

    /// Whether `uid` may be a person with an account of their own. The name services decide.
    fn may_be_a_person(&self, uid: u32) -> bool {
        uid >= FIRST_PERSON && uid != OVERFLOW && uid != self.own_uid && !self.is_web(uid)
    }

    /// Whether to believe this peer about the person's device.
    pub(crate) fn vouches_for_devices(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether to believe this peer about which user of this host logs in.
    pub(crate) fn vouches_for_users(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether it is root.
    pub(crate) fn is_root(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether `uid` is trusted: root, posternd's own user, or one of `[socket] trusted`.
    pub(crate) fn is_trusted(&self, uid: u32) -> bool {
        uid == ROOT || uid == self.own_uid || self.known().trusted.contains_key(&uid)
    }

    /// Whose places a connection of `uid` takes, if that is known without the name services.
    pub(crate) fn holder(&self, uid: u32) -> Option<Holder> {
        if self.is_trusted(uid) {
            Some(Holder::Trusted)
        } else if self.is_web(uid) {
            Some(Holder::Page)
        } else {
            None
        }
    }

    /// Whether some places are reserved for the phone page.
    pub(crate) fn has_page(&self) -> bool {
        self.names.web.is_some()
    }
}

impl Names {
    fn all(&self) -> impl Iterator<Item = &str> {
        self.trusted.keys().map(String::as_str).chain(self.web.as_deref())
    }

    fn look_up(&self, before: &BTreeMap<String, u32>, at: Instant) -> Known {
        self.look_up_by(before, at, |name| Ok(User::from_name(name)?.map(|user| user.uid.as_raw())))
    }

    /// If the name services fail, a user keeps the uid that was known before.
    fn look_up_by(
        &self,
        before: &BTreeMap<String, u32>,
        at: Instant,
        ask: impl Fn(&str) -> nix::Result<Option<u32>>,
    ) -> Known {
        let uid_of = |name: &str| ask(name).unwrap_or_else(|_| before.get(name).copied());
        let uids = self.all().filter_map(|name| Some((name.to_owned(), uid_of(name)?))).collect();
        self.with(uids, at)
    }

    fn with(&self, uids: BTreeMap<String, u32>, at: Instant) -> Known {
        let trusted =
            self.trusted.iter().filter_map(|(name, services)| Some((*uids.get(name)?, services.clone())));
        let trusted = trusted.collect();
        let web = self.web.as_ref().and_then(|name| uids.get(name).copied());
        Known { uids, trusted, web, at }
    }
}

/// How old an answer of the name services may be: a user may be recreated with another uid.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// The same if a user is missing.
const LOOK_FOR_MISSING: Duration = Duration::from_secs(1);
const ROOT: u32 = 0;
/// Lower uids belong to the system (login.defs(5), UID_MIN).
const FIRST_PERSON: u32 = 1000;
/// The uid that the kernel reports for a peer whose uid is not mapped in this user namespace (user_namespaces(7)); also `nobody`.
const OVERFLOW: u32 = 65_534;

#[cfg(test)]
mod tests {
    use postern_ipc::{Begin, Flow, Secret};

    use super::*;

    fn rights_with(web: &str, web_uid: u32, own_uid: u32) -> Rights {
        let services = ["imap", "smtp"].map(ToOwned::to_owned).into();
        let trusted = BTreeMap::from([("dovecot".to_owned(), services)]);
        let names = Names { trusted, web: Some(web.to_owned()) };
        let uids = BTreeMap::from([("dovecot".to_owned(), 115), (web.to_owned(), web_uid)]);
        let known = names.with(uids, Instant::now());
        Rights {
            names: Arc::new(names),
            own_uid,
            known: Arc::new(RwLock::new(Arc::new(known))),
            is_looking: Arc::default(),
        }
    }

    fn rights() -> Rights {
        rights_with("postern-web", 978, 977)
    }

    #[test]
    fn a_user_who_is_missing_is_looked_for_again_and_one_who_is_there_keeps_its_uid_for_a_while() {
        let now = Instant::now();
        let later = |seconds| now + Duration::from_secs(seconds);
        assert!(!rights().is_due(later(50)) && rights().is_due(later(61)));
        let socket = Socket {
            path: "/x".into(),
            trusted: [("root", "imap"), ("no such user at all", "smtp")]
                .map(|(name, service)| (name.to_owned(), [service.to_owned()].into()))
                .into(),
        };
        let rights = Rights::of(&socket, None);
        assert_eq!(rights.unknown_users(), ["no such user at all"]);
        assert!(!rights.is_due(now) && rights.is_due(later(3)));
        // As if it had been made meanwhile, and then removed.
        let found = rights.names.with([("no such user at all".to_owned(), 7777)].into(), now);
        *rights.known.write().unwrap() = Arc::new(found);
        assert_eq!(rights.holder(7777), Some(Holder::Trusted));
        rights.look_again();
        assert_eq!((rights.holder(7777), rights.unknown_users().len()), (None, 1));
    }

    #[test]
    fn if_the_name_services_fail_a_user_keeps_its_uid() {
        let name = "dovecot".to_owned();
        let names = Names { trusted: BTreeMap::from([(name.clone(), BTreeSet::new())]), web: None };
        let before = BTreeMap::from([(name.clone(), 115)]);
        let known = names.look_up_by(&before, Instant::now(), |_| Err(nix::errno::Errno::EIO));
        assert_eq!(known.uids.get(&name), Some(&115));
        let known = names.look_up_by(&before, Instant::now(), |_| Ok(None));
        assert_eq!(known.uids.get(&name), None, "they say that there is none");
    }

    #[test]
    fn only_root_and_trusted_users_may_log_others_in() {
        assert!(rights().permit(0, Task::of(Flow::Login), "anything"));
        assert!(rights().permit(115, Task::of(Flow::Login), "imap"));
        assert!(!rights().permit(115, Task::of(Flow::Login), "pop3"));
        assert!(!rights().permit(1000, Task::of(Flow::Login), "imap"));
        assert!(!rights().permit(977, Task::of(Flow::Login), "imap"));
    }

    #[test]
    fn users_act_for_themselves_and_system_users_for_no_account() {
        for flow in [Flow::Factors, Flow::Enrol, Flow::AppPasswordRevoke, Flow::DeviceRevoke] {
            for uid in [1000, 1001, 64_911, 100_000] {
                assert!(rights().permit(uid, Task::of(flow), ""), "{uid}");
            }
            for uid in [0, 1, 115, 977, 999, 65_534] {
                assert!(!rights().permit(uid, Task::of(flow), ""), "{uid}");
            }
        }
        let of_a_person = rights_with("postern-web", 978, 1000);
        assert!(!of_a_person.permit(1000, Task::of(Flow::Factors), ""), "posternd's own user has no account");
    }

    #[test]
    fn the_page_for_phones_has_its_own_flows_and_no_others() {
        let flows = [
            Flow::PhoneBind,
            Flow::PhonePending,
            Flow::PhoneAnswer,
            Flow::PhoneRing,
            Flow::ApprovalCheck,
            Flow::MailSettings,
            Flow::ApplicationRedeem,
            Flow::ApplicationCheck,
            Flow::ApplicationEnd,
        ];
        for uid in [0, 115, 977, 1000, 65_534] {
            assert!(flows.iter().all(|flow| !rights().permit(uid, Task::of(*flow), "")), "{uid}");
        }
        assert!(flows.iter().all(|flow| rights().permit(978, Task::of(*flow), "")));
        for flow in [Flow::Login, Flow::Lookup, Flow::Account, Flow::Status, Flow::Factors, Flow::Enrol] {
            assert!(!rights().permit(978, Task::of(flow), "imap"), "{flow:?}");
        }
        let of_a_person = rights_with("ann", 1000, 977);
        assert!(!of_a_person.permit(1000, Task::of(Flow::Factors), ""), "nor those of a person");
        let of_root = rights_with("root", 0, 977);
        assert!(!of_root.permit(0, Task::of(Flow::PhoneAnswer), ""));
    }

    #[test]
    fn browsers_are_the_web_servers_affair_alone() {
        let login = |uid| rights().permit(uid, Task::of(Flow::Login), "web");
        assert!(login(978) && login(0));
        assert!([115, 977, 1000, 65_534].iter().all(|uid| !login(*uid)));
        assert!(!rights().permit(978, Task::of(Flow::Login), "sshd"));
        for flow in
            [Flow::Factors, Flow::Remove, Flow::SessionCheck, Flow::SessionEnd, Flow::ApplicationGrant]
        {
            let mut begin = Begin::new(flow, "", "");
            begin.web_session = Some(Secret::new("x".to_owned()));
            let task = Task::of_begin(&begin);
            assert!(rights().permit(978, task, ""), "{flow:?}");
            assert!(
                [0, 115, 977, 1000, 65_534].iter().all(|uid| !rights().permit(*uid, task, "")),
                "{flow:?}"
            );
            assert!(!rights().permit(978, Task::of(flow), ""), "{flow:?} without a session");
        }
        assert!(
            !rights().permit(1000, Task::of(Flow::SessionCheck), "")
                && !rights().permit(1000, Task::of(Flow::ApplicationGrant), "")
                && rights().permit(1000, Task::of(Flow::SessionList), "")
        );
    }

    #[test]
    fn statements_about_a_device_are_accepted_from_root_only() {
        assert!(Rights::vouches_for_devices(0));
        assert!(!Rights::vouches_for_devices(115) && !Rights::vouches_for_devices(1000));
    }

    #[test]
    fn lookups_are_for_mail_servers_and_status_for_the_keepers() {
        assert!(rights().permit(115, Task::of(Flow::Lookup), "lmtp"));
        assert!(!rights().permit(1000, Task::of(Flow::Lookup), "lmtp"));
        assert!(
            rights().permit(977, Task::of(Flow::Status), "")
                && rights().permit(0, Task::of(Flow::Status), "")
        );
        assert!(
            !rights().permit(115, Task::of(Flow::Status), "")
                && !rights().permit(1000, Task::of(Flow::Status), "")
        );
    }
}
