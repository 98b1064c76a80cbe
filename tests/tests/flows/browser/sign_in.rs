//! Signing in with a browser.

use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::policy::{ForcedEnrolment, SecondFactor};
use postern_core::{Reason, Verdict};

use super::{Person, maybe_token, token};
use crate::harness::{App, Ended, MAIN_PASSWORD, Site};

#[tokio::test]
async fn an_accept_is_preceded_by_a_session() {
    let p = Person::new().await;
    let ended = p.sign_in_with("n").await;
    assert_eq!(
        ended.questions(),
        ["Code from phone: ", "Skip the second factor for 30 days when you log in from this device? [y/N] "]
    );
    let record = ended.records("session")[0].clone();
    assert_eq!(ended.records("session").len(), 1);
    let now = p.site.now_plus(0);
    assert_eq!(record["idle_ends"], p.site.now_plus(1800).to_string());
    assert_eq!(record["ends"], p.site.now_plus(43_200).to_string());
    assert_eq!(ended.outcome.trail.session.unwrap().to_string(), record["id"].as_str().unwrap());
    let checked = p.checked(&token(&ended)).await;
    assert_eq!((checked["user"].as_str(), &checked["id"]), (Some("alice"), &record["id"]));
    assert_eq!((&checked["created"], &checked["has_fresh_proof"]), (&now.to_string().into(), &true.into()));
    assert!(!checked.contains_key("token"), "it is told once");
}

#[tokio::test]
async fn a_wrong_password_ends_it_at_once_and_an_unknown_name_sounds_alike() {
    let p = Person::new().await;
    for (name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("alice", "a\tb")] {
        let ended = p.site.sign_in(name, password).says(&[&p.app.code(), "n"]).await;
        assert!(matches!(ended.reason(), Reason::BadCredential | Reason::UnknownAccount), "{ended:?}");
        assert_eq!(ended.heard.len(), 0, "{:?}", ended.heard);
    }
    let ended = p.site.visit("web", "alice").says(&[MAIN_PASSWORD, &p.app.code()]).await;
    assert_eq!((ended.reason(), ended.heard.len()), (Reason::BadCredential, 0), "the form has the password");
}

#[tokio::test]
async fn a_wrong_code_opens_nothing() {
    let p = Person::new().await;
    let wrong = [p.app.wrong_code(1), p.app.wrong_code(2), p.app.wrong_code(3)];
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let ended = p.site.sign_in("alice", MAIN_PASSWORD).says(&wrong).await;
    assert_eq!((ended.reason(), maybe_token(&ended)), (Reason::BadCredential, None));
}

#[tokio::test]
async fn a_person_with_a_mailbox_alone_signs_in_by_name_or_address() {
    let site = Site::new().await;
    let carol = site.person_with("carol", &[("mail", "carol@example.org")]).await;
    site.set_host_user("carol", None);
    for name in ["carol", "carol@example.org"] {
        let ended = site.sign_in(name, MAIN_PASSWORD).says(&[]).await;
        assert_eq!(ended.credential(), Credential::LoginPassword, "{name}");
        let listed = site.with_session(&token(&ended), SelfServiceFlow::Factors).says(&[]).await;
        assert_eq!(listed.lines(), ["You have no second factor."]);
        assert_eq!(listed.outcome.trail.account, Some(carol.id.clone()));
    }
    let ssh = site.visit("sshd", "carol").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ssh.reason(), Reason::NotPermitted, "she is no user of the host");
}

#[tokio::test]
async fn a_person_who_needs_a_factor_binds_one_before_they_are_signed_in() {
    let mut site = Site::new().await;
    site.configure(|setup| {
        setup.policy.second_factor = SecondFactor::Required;
        setup.policy.forced_enrolment = ForcedEnrolment::Login;
    });
    let alice = site.person("alice").await;
    let mut talk = site.sign_in("alice", MAIN_PASSWORD).begin();
    assert_eq!(talk.answer("2").await, "Your choice (a number): ", "a passkey is the other one");
    assert_eq!(talk.asked().await, "Code that the app shows: ");
    assert_eq!(maybe_token(&talk.heard()), None);
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    let ended = talk.ended().await;
    assert!(ended.is_accept(), "{ended:?}");
    assert_eq!(site.account(&alice).await.data.factors.len(), 1);
    let own = site.with_session(&token(&ended), SelfServiceFlow::AppPasswordCreate);
    let created = own.argument("label", "Foxmail").says(&[]).await;
    assert_eq!((created.is_accept(), created.questions().len()), (true, 0), "the binding was the proof");
    let mut never = Site::new().await;
    never.configure(|setup| {
        setup.policy.second_factor = SecondFactor::Required;
        setup.policy.forced_enrolment = ForcedEnrolment::Never;
    });
    drop(never.person("bob").await);
    let ended = never.sign_in("bob", MAIN_PASSWORD).says(&[]).await;
    assert_eq!((ended.reason(), maybe_token(&ended)), (Reason::NotPermitted, None));
}

#[tokio::test]
async fn without_a_ledger_nobody_is_signed_in() {
    let p = Person::new().await;
    let carol = p.site.person("carol").await;
    p.site.faults.ledger_is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    let ended = p.site.sign_in(&carol.name, MAIN_PASSWORD).says(&[]).await;
    assert!(matches!(ended.outcome.verdict, Verdict::Defer(_)), "{ended:?}");
    assert_eq!(maybe_token(&ended), None);
}

#[tokio::test]
async fn the_service_has_a_policy_of_its_own() {
    let mut p = Person::new().await;
    p.site.configure(|setup| {
        setup.login_service("web", |web| web.second_factor = Some(SecondFactor::Off));
    });
    let ended: Ended = p.site.sign_in("alice", MAIN_PASSWORD).says(&[]).await;
    assert_eq!(ended.credential(), Credential::LoginPassword);
    let checked = p.checked(&token(&ended)).await;
    assert_eq!(checked["has_fresh_proof"], false, "a factor that was not asked for proves nothing");
}
