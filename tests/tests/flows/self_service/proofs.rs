//! The proofs that each change needs, and the account that it changes.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use postern_core::account::Account;
use postern_core::changes;
use postern_core::conversation::{Answer, Conversation, Echo, Gone, Prompt, Tone};
use postern_core::flows::SelfServiceFlow;
use postern_core::{Reason, Verdict};
use serde_json::{Map, Value};

use super::{ALL, is_free};
use crate::harness::{App, Ended, MAIN_PASSWORD, Point, Site, Someone};

fn changes() -> impl Iterator<Item = SelfServiceFlow> {
    ALL.into_iter().filter(|flow| !is_free(*flow))
}

/// All stored data of a user, in the directory and in the ledger.
async fn all_of(site: &Site, who: &Someone) -> (Account, Vec<postern_core::device::DeviceRecord>) {
    let devices = site.ledger.devices(&who.id, site.now_plus(0)).await.unwrap();
    (site.account(who).await, devices)
}

#[tokio::test]
async fn lists_ask_for_nothing_and_change_nothing() {
    let site = Site::new().await;
    let (alice, _) = site.person_with_everything("alice").await;
    let before = all_of(&site, &alice).await;
    for flow in ALL.into_iter().filter(|flow| is_free(*flow)) {
        let ended = site.own(&alice, flow).says(&[]).await;
        assert!(ended.is_accept() && ended.questions().is_empty(), "{flow:?} {ended:?}");
        assert!(!ended.lines().is_empty());
    }
    assert_eq!(all_of(&site, &alice).await, before);
    assert_eq!(site.faults.count(Point::CheckMainPassword), 0);
}

#[tokio::test]
async fn every_change_asks_for_the_main_password_first_and_for_a_code_once_a_factor_is_bound() {
    for flow in changes() {
        let site = Site::new().await;
        let (alice, app) = site.person_with_everything("alice").await;
        let before = all_of(&site, &alice).await;
        let own = || site.own_with_arguments(&alice, flow);
        let refused = |ended: &Ended, reason, questions| {
            assert_eq!((ended.reason(), ended.questions().len()), (reason, questions), "{flow:?} {ended:?}");
        };
        refused(&own().await.says(&[]).await, Reason::Cancelled, 1);
        refused(&own().await.says(&["wrong", &app.code(), "unasked"]).await, Reason::BadCredential, 2);
        refused(&own().await.says(&["", &app.code(), "unasked"]).await, Reason::BadCredential, 2);
        refused(&own().await.says(&[&app.code(), "wrong", MAIN_PASSWORD]).await, Reason::BadCredential, 2);
        refused(&own().await.says(&[MAIN_PASSWORD]).await, Reason::Cancelled, 2);
        let echo = [MAIN_PASSWORD; 4];
        refused(&own().await.says(&echo).await, Reason::Cancelled, 3);
        refused(&own().await.says(&[MAIN_PASSWORD, "alice", "alice"]).await, Reason::Cancelled, 3);
        let wrong = app.wrong_code(1);
        refused(&own().await.says(&[MAIN_PASSWORD, &wrong, &wrong, ""]).await, Reason::BadCredential, 4);
        assert_eq!(all_of(&site, &alice).await, before, "{flow:?}");
    }
}

#[tokio::test]
async fn every_change_is_made_with_both_proofs_and_the_code_is_spent() {
    for flow in changes() {
        let site = Site::new().await;
        let (alice, app) = site.person_with_everything("alice").await;
        let before = all_of(&site, &alice).await;
        let mut talk = site.own_with_arguments(&alice, flow).await.begin();
        assert_eq!(talk.answer(MAIN_PASSWORD).await, "Main password of alice: ");
        let code = app.code();
        assert_eq!(talk.answer(&code).await, "Code from phone: ");
        if matches!(flow, SelfServiceFlow::Enrol | SelfServiceFlow::Replace) {
            talk.asked().await;
            talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
        }
        let ended = talk.ended().await;
        assert!(ended.is_accept(), "{flow:?} {ended:?}");
        assert!(ended.proof().is_none(), "it opens no login");
        assert_ne!(all_of(&site, &alice).await, before, "{flow:?}");
        if !matches!(flow, SelfServiceFlow::Remove | SelfServiceFlow::Replace) {
            let login = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, "", ""]).await;
            assert_eq!(login.reason(), Reason::Replayed, "{flow:?}");
        }
    }
}

#[tokio::test]
async fn without_a_factor_the_main_password_is_enough_and_nothing_less() {
    for flow in [
        SelfServiceFlow::AppPasswordCreate,
        SelfServiceFlow::AppPasswordRevoke,
        SelfServiceFlow::AppPasswordRegenerate,
    ] {
        let site = Site::new().await;
        let alice = site.person("alice").await;
        drop(site.app_password(&alice, postern_core::app_password::Scope::All).await);
        let wrong = site.own_with_arguments(&alice, flow).await.says(&["wrong", "wrong too"]).await;
        assert_eq!(wrong.reason(), Reason::BadCredential);
        assert_eq!(wrong.complaints(), ["That is not your main password."; 2], "{flow:?}");
        let ended = site.own_with_arguments(&alice, flow).await.says(&["a slip", MAIN_PASSWORD]).await;
        assert!(ended.is_accept(), "{flow:?} {ended:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_is_a_code_here_too() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 2).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", "Foxmail");
    assert!(create.clone().says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept(), "while the ledger is down");
    assert!(!create.says(&[MAIN_PASSWORD, &codes[0], "", ""]).await.is_accept());
}

#[tokio::test]
async fn no_user_reaches_an_account_of_another_name_or_uid_by_any_flow_or_argument() {
    let site = Site::new().await;
    let (alice, app) = site.person_with_everything("alice").await;
    let mallory = site.person("mallory").await;
    let before = all_of(&site, &alice).await;
    let data = before.0.data.clone();
    let ids = [
        data.factors[0].id.to_string(),
        data.live_app_passwords().next().unwrap().id.to_string(),
        before.1[0].id.to_string(),
        alice.id.to_string(),
        "alice".to_owned(),
    ];
    for flow in ALL {
        for visit in [
            site.own(&alice, flow).uid(mallory.uid),
            site.own(&alice, flow).uid(0),
            site.own(&Someone { name: "alice@example.org".to_owned(), ..alice.clone() }, flow),
            site.own(&Someone { name: "ALICE".to_owned(), ..alice.clone() }, flow),
            site.own(&Someone { name: "nobody".to_owned(), ..alice.clone() }, flow),
        ] {
            let ended = visit.says(&[MAIN_PASSWORD, &app.code()]).await;
            assert!(matches!(ended.reason(), Reason::NotPermitted | Reason::UnknownAccount), "{flow:?}");
            let complaints = ended.complaints();
            assert_eq!((ended.heard.len(), complaints.len()), (1, 1), "{flow:?} asks nothing");
            let hers = [alice.uid.to_string(), "phone".to_owned(), "Foxmail".to_owned()];
            // The peer's own uid may be hers.
            let hers =
                hers.iter().chain(&ids[..4]).skip(usize::from(complaints[0].contains("our user number")));
            assert!(hers.into_iter().all(|hers| !complaints[0].contains(hers)), "{flow:?} {complaints:?}");
        }
        for id in &ids {
            let ended = site.own(&mallory, flow).argument("id", id).says(&[MAIN_PASSWORD, "123456"]).await;
            assert!(!ended.is_accept(), "{flow:?} {id}");
            let heard = format!("{:?}", ended.heard).replace(id.as_str(), "");
            assert!(!heard.contains("phone") && !heard.contains("Foxmail") && !heard.contains("SHA256"));
        }
        for name in ["user", "name", "account", "uid"] {
            let ended = site.own(&mallory, flow).argument(name, "alice").says(&[MAIN_PASSWORD]).await;
            assert_eq!(
                (ended.reason(), ended.questions().len()),
                (Reason::NotPermitted, 0),
                "{flow:?} {name}"
            );
        }
    }
    assert_eq!(all_of(&site, &alice).await, before);
    assert_eq!(site.faults.count(Point::AdmitCode), 1, "the one code of the trusted device");
}

#[tokio::test]
async fn an_account_with_the_uid_of_root_has_no_flows_of_its_own() {
    let site = Site::new().await;
    for (name, reason) in [("root", Reason::UnknownAccount), ("toor", Reason::NotPermitted)] {
        let root = site.person_with(name, &[("uidNumber", "0")]).await;
        for flow in ALL {
            let ended = site.own(&root, flow).uid(0).says(&[MAIN_PASSWORD]).await;
            assert_eq!((ended.reason(), ended.questions().len()), (reason, 0), "{flow:?} {name}");
        }
    }
}

#[tokio::test]
async fn a_person_whose_entry_does_not_fit_hears_which_of_name_and_uid_it_is() {
    let site = Site::new().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    drop(site.person_with("none", &[("uidNumber", "")]).await);
    let disabled = site.person("disabled").await;
    site.edit(&disabled, |data| data.policy.disabled = true).await;
    let heard = async |name: &str, uid: u32| {
        let who = Someone { name: name.to_owned(), uid, ..alice.clone() };
        let ended = site.own(&who, SelfServiceFlow::Factors).says(&[]).await;
        assert!(!ended.is_accept());
        ended.complaints().concat()
    };
    for (name, uid, expected) in [
        ("nobody", 7_000, "No account here has the name nobody or the user number 7000."),
        ("alice", 7_000, "The account alice has another user number than yours, which is 7000."),
        ("alice", bob.uid, "The account alice has another user number than yours"),
        ("al", alice.uid, "belongs to an account whose name is not al."),
        ("ALICE", alice.uid, "The directory spells your name ALICE differently"),
        ("none", 7_000, "The account none has no user number"),
        ("disabled", disabled.uid, "The account disabled is disabled."),
    ] {
        let said = heard(name, uid).await;
        assert!(said.contains(expected), "{name} {uid}: {said}");
        assert!(!said.contains("bob"), "nobody else is named: {said}");
    }
}

#[tokio::test]
async fn arguments_that_a_flow_does_not_know_are_refused_before_anything_else() {
    let site = Site::new().await;
    let (alice, _) = site.person_with_everything("alice").await;
    let known: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("label", &["Enrol", "Replace", "AppPasswordCreate"] as &[&str]),
        (
            "id",
            &[
                "Remove",
                "Replace",
                "AppPasswordRegenerate",
                "AppPasswordRevoke",
                "DeviceRevoke",
                "ChallengeDeny",
                "SessionEnd",
            ],
        ),
        ("all", &["AppPasswordRevoke", "DeviceRevoke", "ChallengeDeny", "SessionEnd"]),
        ("kind", &["Factors", "Enrol", "Remove", "Replace"]),
        ("to", &["Enrol", "Replace"]),
        ("scope", &["AppPasswordCreate"]),
        ("expires", &["AppPasswordCreate"]),
        ("networks", &["AppPasswordCreate"]),
        ("secret", &[]),
        ("", &[]),
        ("x\ny", &[]),
    ]);
    for flow in ALL {
        for (name, flows) in &known {
            if flows.contains(&format!("{flow:?}").as_str()) {
                continue;
            }
            site.faults.expect(None);
            let ended = site.own(&alice, flow).argument(name, "x").says(&[]).await;
            assert_eq!(
                (ended.reason(), ended.questions().len()),
                (Reason::NotPermitted, 0),
                "{flow:?} {name}"
            );
            assert_eq!(ended.complaints().len(), 1);
            assert!(site.faults.calls().is_empty());
        }
    }
}

#[tokio::test]
async fn all_means_all_only_where_it_is_true_and_stands_alone() {
    let site = Site::new().await;
    let (alice, app) = site.person_with_everything("alice").await;
    for flow in [SelfServiceFlow::AppPasswordRevoke, SelfServiceFlow::DeviceRevoke] {
        for value in ["false", "", "yes", "TRUE"] {
            let ended =
                site.own(&alice, flow).argument("all", value).says(&[MAIN_PASSWORD, &app.code()]).await;
            assert_eq!(
                (ended.reason(), ended.questions().len()),
                (Reason::NotPermitted, 0),
                "{flow:?} {value}"
            );
        }
        let both = site.own(&alice, flow).argument("all", "true").argument("id", "GdGn");
        assert_eq!(both.says(&[MAIN_PASSWORD, &app.code()]).await.reason(), Reason::NotPermitted);
    }
    assert_eq!(site.account(&alice).await.data.live_app_passwords().count(), 1);
}

#[tokio::test]
async fn a_user_who_may_not_log_in_changes_nothing_either() {
    let site = Site::new().await;
    let (alice, app) = site.person_with_everything("alice").await;
    site.edit(&alice, |data| data.policy.disabled = true).await;
    for flow in ALL {
        let ended = site.own_with_arguments(&alice, flow).await.says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::Disabled, 0), "{flow:?}");
    }
    let past = site.now_plus(0);
    site.edit(&alice, |data| (data.policy.disabled, data.policy.expires) = (false, Some(past))).await;
    for flow in ALL {
        let ended = site.own_with_arguments(&alice, flow).await.says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!(ended.reason(), Reason::Expired, "{flow:?}");
    }
}

#[tokio::test]
async fn a_change_that_begins_before_a_factor_is_bound_asks_for_its_code() {
    for flow in [
        SelfServiceFlow::AppPasswordCreate,
        SelfServiceFlow::AppPasswordRevoke,
        SelfServiceFlow::AppPasswordRegenerate,
    ] {
        let site = Site::new().await;
        let alice = site.person("alice").await;
        drop(site.app_password(&alice, postern_core::app_password::Scope::All).await);
        let mut talk = site.own_with_arguments(&alice, flow).await.begin();
        talk.asked().await;
        let app = site.bind(&alice, "phone").await;
        talk.say(MAIN_PASSWORD);
        assert_eq!(talk.answer(&app.code()).await, "Code from phone: ", "{flow:?}");
        assert!(talk.ended().await.is_accept());
    }
}

#[tokio::test]
async fn an_account_that_ends_while_a_proof_is_asked_for_is_not_changed() {
    for flow in changes() {
        for ends_at_code in [false, true] {
            let site = Site::new().await;
            let (alice, app) = site.person_with_everything("alice").await;
            let mut talk = site.own_with_arguments(&alice, flow).await.begin();
            if ends_at_code {
                talk.answer(MAIN_PASSWORD).await;
            }
            talk.asked().await;
            site.edit(&alice, |data| data.policy.disabled = true).await;
            let before = all_of(&site, &alice).await;
            if !ends_at_code {
                talk.say(MAIN_PASSWORD);
            } else {
                talk.say(&app.code());
            }
            assert_eq!(talk.ended().await.reason(), Reason::Disabled, "{flow:?}");
            assert_eq!(all_of(&site, &alice).await, before);
        }
    }
}

#[tokio::test]
async fn wrong_proofs_count_as_at_any_door() {
    let site = Site::new().await;
    let (alice, app) = site.person_with_everything("alice").await;
    let own = || site.own(&alice, SelfServiceFlow::RecoveryCodes);
    for number in 0..5 {
        let wrong = app.wrong_code(number);
        assert_eq!(own().says(&[MAIN_PASSWORD, &wrong, "", ""]).await.reason(), Reason::BadCredential);
    }
    assert_eq!(own().says(&[MAIN_PASSWORD, &app.code()]).await.reason(), Reason::Limited);
    let login = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(login.reason(), Reason::Limited);
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    for number in 0..10 {
        assert_eq!(own().says(&[&format!("wrong {number}")]).await.reason(), Reason::BadCredential);
    }
    assert_eq!(own().says(&[MAIN_PASSWORD, &app.code()]).await.reason(), Reason::Limited);
}

#[tokio::test]
async fn a_change_that_was_made_is_an_accept_even_if_the_user_has_left() {
    for flow in [
        SelfServiceFlow::AppPasswordCreate,
        SelfServiceFlow::RecoveryCodes,
        SelfServiceFlow::Remove,
        SelfServiceFlow::DeviceRevoke,
    ] {
        let site = Site::new().await;
        let (alice, app) = site.person_with_everything("alice").await;
        let before = all_of(&site, &alice).await;
        let visit = match flow {
            SelfServiceFlow::AppPasswordCreate => site.own(&alice, flow).argument("label", "Foxmail 2"),
            SelfServiceFlow::DeviceRevoke => site.own(&alice, flow).argument("all", "true"),
            _ => site.own(&alice, flow),
        };
        site.clock.advance(30);
        let mut person = LeavesAfter { answers: vec![app.code(), MAIN_PASSWORD.to_owned()], is_gone: false };
        let outcome = visit.with(&mut person).await;
        assert!(matches!(outcome.verdict, Verdict::Accept(_)), "{flow:?} {outcome:?}");
        assert_ne!(all_of(&site, &alice).await, before, "{flow:?}");
    }
}

/// Hangs up when the last question is answered.
struct LeavesAfter {
    answers: Vec<String>,
    is_gone: bool,
}

#[async_trait::async_trait]
impl Conversation for LeavesAfter {
    async fn ask(&mut self, _echo: Echo, _prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        let answer = self.answers.pop().ok_or(Gone::Closed)?;
        self.is_gone = self.answers.is_empty();
        Ok(Answer::new(answer))
    }

    async fn tell(&mut self, _tone: Tone, _prompt: &Prompt<'_>) -> Result<(), Gone> {
        if self.is_gone { Err(Gone::Closed) } else { Ok(()) }
    }

    async fn record(&mut self, _name: &str, _value: Map<String, Value>) -> Result<(), Gone> {
        if self.is_gone { Err(Gone::Closed) } else { Ok(()) }
    }

    async fn wait(&mut self, _longest: Duration) -> Result<(), Gone> {
        if self.is_gone { Err(Gone::Closed) } else { Ok(()) }
    }
}
