use std::collections::{BTreeMap, BTreeSet};

use nix::unistd::{User, geteuid};
use postern_core::config::Socket;
use postern_ipc::Flow;

use crate::task::Task;

/// What each local user may ask for, by uid.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    trusted: BTreeMap<u32, BTreeSet<String>>,
    web: Option<u32>,
    own_uid: u32,
}

impl Rights {
    /// Looks up the users of `[socket] trusted`. One that does not exist is trusted with nothing; its name is returned.
    pub(crate) fn of(socket: &Socket, web: Option<&str>) -> (Self, Vec<String>) {
        let mut trusted = BTreeMap::new();
        let mut unknown = Vec::new();
        for (name, services) in &socket.trusted {
            match User::from_name(name) {
                Ok(Some(user)) => {
                    trusted.insert(user.uid.as_raw(), services.clone());
                }
                Ok(None) | Err(_) => unknown.push(name.clone()),
            }
        }
        let web = web.and_then(|name| match User::from_name(name) {
            Ok(Some(user)) => Some(user.uid.as_raw()),
            Ok(None) | Err(_) => {
                unknown.push(name.to_owned());
                None
            }
        });
        (Self { trusted, web, own_uid: geteuid().as_raw() }, unknown)
    }

    /// Whether the process behind a connection may ask for `flow` at `service`.
    ///
    /// A lookup names whatever part of the mail server wants it (`lmtp`, `doveadm`) and checks no secret, so it is open
    /// to a trusted user for every service.
    pub(crate) fn permit(&self, uid: u32, flow: Flow, service: &str) -> bool {
        let services = self.trusted.get(&uid);
        match Task::of(flow) {
            Task::Login | Task::Account => {
                uid == ROOT || services.is_some_and(|services| services.contains(service))
            }
            Task::Lookup => uid == ROOT || services.is_some(),
            Task::Status => uid == ROOT || uid == self.own_uid,
            Task::Own(_) => self.may_be_a_person(uid),
            Task::Phone(_) => self.is_web(uid),
        }
    }

    /// Whether `uid` is that of the process that serves the page for phones.
    pub(crate) fn is_web(&self, uid: u32) -> bool {
        self.web == Some(uid) && uid != ROOT
    }

    /// Whether `uid` can be that of somebody with an account of their own; the name services have the last word.
    fn may_be_a_person(&self, uid: u32) -> bool {
        uid >= FIRST_PERSON && uid != OVERFLOW && uid != self.own_uid && !self.is_web(uid)
    }

    /// Whether what the process behind a connection says of the person's device is to be believed.
    pub(crate) fn vouches_for_devices(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether what the process behind a connection says of the user of this host who logs in is to be believed.
    pub(crate) fn vouches_for_users(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether it is root's.
    pub(crate) fn is_root(uid: u32) -> bool {
        uid == ROOT
    }

    /// Whether connections of `uid` count as the mail server's own.
    pub(crate) fn is_trusted(&self, uid: u32) -> bool {
        uid == ROOT || uid == self.own_uid || self.trusted.contains_key(&uid)
    }
}

const ROOT: u32 = 0;
/// Those below are of the system (login.defs(5), UID_MIN).
const FIRST_PERSON: u32 = 1000;
/// What the kernel calls a peer whose uid this user namespace has no number for (user_namespaces(7)), and `nobody`.
const OVERFLOW: u32 = 65_534;

#[cfg(test)]
mod tests {
    use super::*;

    fn rights() -> Rights {
        let services = ["imap", "smtp"].map(ToOwned::to_owned).into();
        Rights { trusted: BTreeMap::from([(115, services)]), web: Some(978), own_uid: 977 }
    }

    #[test]
    fn root_and_the_trusted_may_log_others_in_and_nobody_else_may() {
        assert!(rights().permit(0, Flow::Login, "anything"));
        assert!(rights().permit(115, Flow::Login, "imap"));
        assert!(!rights().permit(115, Flow::Login, "pop3"));
        assert!(!rights().permit(1000, Flow::Login, "imap"));
        assert!(!rights().permit(977, Flow::Login, "imap"));
    }

    #[test]
    fn people_speak_for_themselves_and_the_system_for_nobody() {
        for flow in [Flow::Factors, Flow::Enrol, Flow::AppPasswordRevoke, Flow::DeviceRevoke] {
            for uid in [1000, 1001, 64_911, 100_000] {
                assert!(rights().permit(uid, flow, ""), "{uid}");
            }
            for uid in [0, 1, 115, 977, 999, 65_534] {
                assert!(!rights().permit(uid, flow, ""), "{uid}");
            }
        }
        let of_a_person = Rights { own_uid: 1000, ..rights() };
        assert!(!of_a_person.permit(1000, Flow::Factors, ""), "posternd's own user is nobody's");
    }

    #[test]
    fn the_page_for_phones_has_its_own_flows_and_no_others() {
        let flows = [Flow::PhoneBind, Flow::PhonePending, Flow::PhoneAnswer, Flow::PhoneRing];
        for uid in [0, 115, 977, 1000, 65_534] {
            assert!(flows.iter().all(|flow| !rights().permit(uid, *flow, "")), "{uid}");
        }
        assert!(flows.iter().all(|flow| rights().permit(978, *flow, "")));
        for flow in [Flow::Login, Flow::Lookup, Flow::Account, Flow::Status, Flow::Factors, Flow::Enrol] {
            assert!(!rights().permit(978, flow, "imap"), "{flow:?}");
        }
        let of_a_person = Rights { web: Some(1000), ..rights() };
        assert!(!of_a_person.permit(1000, Flow::Factors, ""), "nor those of a person");
        let of_root = Rights { web: Some(0), ..rights() };
        assert!(!of_root.permit(0, Flow::PhoneAnswer, ""));
    }

    #[test]
    fn only_root_is_believed_what_it_says_of_a_device() {
        assert!(Rights::vouches_for_devices(0));
        assert!(!Rights::vouches_for_devices(115) && !Rights::vouches_for_devices(1000));
    }

    #[test]
    fn lookups_are_for_mail_servers_and_status_for_the_keepers() {
        assert!(rights().permit(115, Flow::Lookup, "lmtp"));
        assert!(!rights().permit(1000, Flow::Lookup, "lmtp"));
        assert!(rights().permit(977, Flow::Status, "") && rights().permit(0, Flow::Status, ""));
        assert!(!rights().permit(115, Flow::Status, "") && !rights().permit(1000, Flow::Status, ""));
    }
}
