use postern_core::exchange::Outcome;
use postern_core::policy::Class;
use postern_core::verdict::mail_reject_text;
use postern_core::words::{Language, Phrase};
use postern_core::{Reason, Verdict};
use postern_ipc::{self as ipc, RejectReason};

use crate::task::{CoreFlow, Task};

/// The verdict as a message. Only a trusted peer is told what is out of order, as that names servers and entries.
pub(super) fn verdict(
    outcome: &Outcome,
    is_trusted: bool,
    reject_text: impl Fn(Reason) -> String,
) -> ipc::Verdict {
    match &outcome.verdict {
        Verdict::Accept(accepted) => ipc::Verdict::Accept(ipc::Accept {
            user: accepted.user.clone(),
            userdb: accepted.userdb.clone(),
            proof: accepted.proof.as_ref().map(|proof| ipc::Secret::new(proof.expose().to_owned())),
        }),
        Verdict::Reject(reason) => {
            ipc::Verdict::Reject(ipc::Reject { reason: wire_reason(*reason), text: reject_text(*reason) })
        }
        Verdict::Defer(reason) => {
            let reason = if is_trusted { reason.clone() } else { OUT_OF_ORDER.to_owned() };
            ipc::Verdict::Defer(ipc::Defer { reason, partial: !outcome.trail.is_outage_for_all })
        }
        Verdict::Ignore(reason) => ipc::Verdict::Ignore(ipc::Ignore { reason: (*reason).to_owned() }),
    }
}

/// The text of a reject: the same for unknown names, missing factors and wrong secrets, and none for a person who gave up.
/// `help` says where app passwords are made.
pub(super) fn reject_text(
    task: Task,
    class: Option<Class>,
    reason: Reason,
    language: Language,
    help: &str,
) -> String {
    let phrase = match (task, class) {
        _ if reason == Reason::Cancelled => return String::new(),
        // The host let the user in by other means, such as a key. A stranger does not get here.
        (Task::Flow(CoreFlow::Account), Some(Class::Login)) if reason == Reason::NotPermitted => {
            Phrase::SecondFactorNotAsked {}
        }
        (
            Task::Flow(
                CoreFlow::Phone(_)
                | CoreFlow::Application(_)
                | CoreFlow::ApprovalCheck
                | CoreFlow::MailSettings,
            ),
            _,
        ) => Phrase::PhoneRefused {},
        (Task::Flow(CoreFlow::SelfService(_) | CoreFlow::Browser(_)), _) => Phrase::NotChanged {},
        // A service that is not configured may be any kind of service.
        (
            Task::Status | Task::Flow(CoreFlow::Login | CoreFlow::Lookup | CoreFlow::Account),
            Some(Class::Login) | None,
        ) => Phrase::LoginFailed {},
        // A mail program shows it, and its language is unknown.
        (
            Task::Status | Task::Flow(CoreFlow::Login | CoreFlow::Lookup | CoreFlow::Account),
            Some(Class::Mail),
        ) => {
            return mail_reject_text(help);
        }
    };
    language.say(&phrase)
}

/// The protocol's reason. The two enums are apart because the core has reasons of its own, such as `Revoked`, that front doors of an
/// earlier release cannot read; the words that both have are the same.
fn wire_reason(reason: Reason) -> RejectReason {
    match reason {
        Reason::BadCredential => RejectReason::BadCredential,
        Reason::UnknownAccount => RejectReason::UnknownAccount,
        Reason::Disabled => RejectReason::Disabled,
        // The protocol does not know `revoked`, and a front door must not count it as a guess.
        Reason::Expired | Reason::Revoked => RejectReason::Expired,
        Reason::Scope => RejectReason::Scope,
        Reason::Network => RejectReason::Network,
        Reason::UseAppPassword => RejectReason::UseAppPassword,
        Reason::Replayed => RejectReason::Replayed,
        Reason::NotPermitted => RejectReason::NotPermitted,
        Reason::Cancelled => RejectReason::Cancelled,
        Reason::Limited => RejectReason::Limited,
        Reason::Locked => RejectReason::Locked,
    }
}

const OUT_OF_ORDER: &str = "out of order; posternd's log says what";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use postern_core::account::AccountId;
    use postern_core::clock::Timestamp;
    use postern_core::keyring::Keyring;
    use postern_core::proof::Proof;
    use postern_core::verdict::Accepted;
    use postern_ipc::Flow;

    use super::*;

    #[test]
    fn the_person_hears_the_same_words_for_every_reason() {
        let text = |flow, class, reason| reject_text(Task::of(flow), class, reason, Language::English, HELP);
        for reason in [Reason::BadCredential, Reason::UnknownAccount, Reason::Locked, Reason::Replayed] {
            assert_eq!(text(Flow::Login, Some(Class::Login), reason), "Login failed.");
            assert_eq!(text(Flow::Login, Some(Class::Mail), reason), mail_reject_text(HELP));
            assert_eq!(text(Flow::Account, Some(Class::Login), reason), "Login failed.");
            assert_eq!(text(Flow::Login, None, reason), "Login failed.", "no word of app passwords at chsh");
            assert_eq!(text(Flow::Enrol, None, reason), "Nothing was changed.");
        }
        for (flow, class) in
            [(Flow::Login, Class::Login), (Flow::Login, Class::Mail), (Flow::Enrol, Class::Mail)]
        {
            assert_eq!(text(flow, Some(class), Reason::Cancelled), "");
        }
        let chinese = reject_text(
            Task::of(Flow::Login),
            Some(Class::Login),
            Reason::Limited,
            Language::SimplifiedChinese,
            HELP,
        );
        assert_ne!(chinese, "Login failed.");
    }

    #[test]
    fn only_a_login_that_is_in_but_for_a_second_factor_hears_that_it_needs_one() {
        let text = |flow| {
            reject_text(Task::of(flow), Some(Class::Login), Reason::NotPermitted, Language::English, HELP)
        };
        assert_eq!(text(Flow::Login), "Login failed.");
        assert!(
            text(Flow::Account).starts_with("This account needs a second factor"),
            "{}",
            text(Flow::Account)
        );
    }

    const HELP: &str = "https://account.example.org/mail";

    #[test]
    fn a_reason_has_one_word_in_the_log_and_on_the_wire() {
        let all = [
            Reason::BadCredential,
            Reason::UnknownAccount,
            Reason::Disabled,
            Reason::Expired,
            Reason::Scope,
            Reason::Network,
            Reason::UseAppPassword,
            Reason::Replayed,
            Reason::NotPermitted,
            Reason::Cancelled,
            Reason::Limited,
            Reason::Locked,
        ];
        assert_eq!(all.map(wire_reason), RejectReason::ALL);
        assert_eq!(all.map(Reason::as_str), RejectReason::ALL.map(RejectReason::as_str));
        assert_eq!(wire_reason(Reason::Revoked), RejectReason::Expired);
    }

    #[test]
    fn the_documentation_of_the_log_names_every_flow() {
        let document = include_str!("../../../docs/audit-log.md");
        let row = document.lines().find(|line| line.starts_with("| `flow` |")).unwrap();
        let named: Vec<&str> = row.split(['`', ' ']).collect();
        for flow in [
            Flow::Login,
            Flow::Lookup,
            Flow::Account,
            Flow::Factors,
            Flow::Enrol,
            Flow::Remove,
            Flow::Replace,
            Flow::RecoveryCodes,
            Flow::AppPasswordCreate,
            Flow::AppPasswordList,
            Flow::AppPasswordRegenerate,
            Flow::AppPasswordRevoke,
            Flow::DeviceList,
            Flow::DeviceRevoke,
            Flow::ChallengeList,
            Flow::ChallengeDeny,
            Flow::History,
            Flow::SessionCheck,
            Flow::SessionList,
            Flow::SessionEnd,
            Flow::ApplicationGrant,
            Flow::ApplicationRedeem,
            Flow::ApplicationCheck,
            Flow::ApplicationEnd,
            Flow::ApprovalCheck,
            Flow::MailSettings,
            Flow::PhoneBind,
            Flow::PhonePending,
            Flow::PhoneAnswer,
            Flow::PhoneRing,
        ] {
            assert!(named.contains(&flow.as_str()), "{flow:?}");
        }
    }

    #[test]
    fn an_accept_carries_its_proof_and_an_ignore_its_reason() {
        let now = Timestamp::from_unix(1_800_000_000);
        let ring = Keyring::parse(&Keyring::render(&[7; 32], now)).unwrap();
        let nothing = |_| String::new();
        let proof = Proof::of(&AccountId::new("a".to_owned()), "sshd", now, &ring);
        let text = proof.expose().to_owned();
        let accepted = Accepted { user: "alice".to_owned(), userdb: BTreeMap::new(), proof: Some(proof) };
        let wire = |of| verdict(&Outcome::of_verdict(of), true, nothing);
        let ipc::Verdict::Accept(accept) = wire(Verdict::Accept(accepted)) else { panic!() };
        assert_eq!(accept.proof.unwrap().expose(), text);
        let ipc::Verdict::Ignore(ignore) = wire(Verdict::Ignore("not in the directory")) else { panic!() };
        assert_eq!(ignore.reason, "not in the directory");
    }

    #[test]
    fn the_cause_of_an_outage_is_told_to_trusted_peers_only() {
        let down = Verdict::Defer("ldaps://ldap.example.org does not answer".to_owned());
        let down = Outcome::of_verdict(down);
        let told = |is_trusted| match verdict(&down, is_trusted, |_| String::new()) {
            ipc::Verdict::Defer(defer) => defer.reason,
            other @ (ipc::Verdict::Accept(_) | ipc::Verdict::Reject(_) | ipc::Verdict::Ignore(_)) => {
                panic!("{other:?}")
            }
        };
        assert_eq!(
            (told(true).as_str(), told(false).as_str()),
            ("ldaps://ldap.example.org does not answer", OUT_OF_ORDER)
        );
    }
}
