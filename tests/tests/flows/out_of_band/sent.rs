//! Codes by e-mail and SMS.

use std::time::Duration;

use postern_core::courier::CourierError;
use postern_core::factor::FactorKind;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::words::Language;
use postern_core::{Reason, Verdict};

use super::{BACKUP, NUMBER};
use crate::harness::{App, MAIN_PASSWORD, Site, SshKey, What};

#[tokio::test]
async fn an_address_is_bound_by_the_code_that_was_sent_to_it() {
    let site = Site::with_post().await;
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    let ended = site.bind_sent(&alice, "email", BACKUP).await;
    assert_eq!(ended.field("factor", "kind"), "email");
    let data = site.account(&alice).await.data;
    assert!(matches!(&data.factors[0].kind, FactorKind::Email(email) if email.address.as_str() == BACKUP));
    assert!(data.is_enrolled());
    assert!(ended.text().contains("E-mail is set up. From now on codes can be sent to "), "{}", ended.text());
    let whole = format!("Code sent to {BACKUP}: ");
    assert!(ended.text().contains(&whole), "a slip in it is seen by who typed it: {}", ended.text());
    let mut login = site.visit("sshd", "alice").begin();
    login.answer(MAIN_PASSWORD).await;
    assert_eq!(login.asked().await, "Code sent to al…@backup.example.net: ", "masked at a login");
    drop(login);
    assert_eq!(site.post.sent()[0].to, BACKUP);
    assert_eq!(site.post.changes(), ["The second factor \"E-mail\" (codes by e-mail) was set up."]);
    assert_eq!(site.post.sent()[1].to, "alice@example.org");
}

#[tokio::test]
async fn a_factor_of_another_kind_has_a_label_of_its_own() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    site.clock.advance(4000);
    let mut talk = site.own(&alice, SelfServiceFlow::Replace).argument("kind", "totp").begin();
    talk.answer(MAIN_PASSWORD).await;
    assert!(talk.asked().await.starts_with("Code sent to "));
    talk.say(&site.post.codes().pop().unwrap());
    assert_eq!(talk.asked().await, "Code that the app shows: ");
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    let ended = talk.ended().await;
    assert!(ended.is_accept(), "{ended:?}");
    let labels: Vec<String> =
        site.account(&alice).await.data.factors.iter().map(|factor| factor.label.to_string()).collect();
    assert_eq!(labels, ["Authenticator app"], "\"E-mail\" would be wrong");
    let lines = ended.text();
    assert!(
        lines.contains("Authenticator app is set up. From now on you will be asked for the code"),
        "{lines}"
    );
}

#[tokio::test]
async fn a_code_that_was_sent_opens_the_door_once() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    for (kind, to) in [("email", BACKUP), ("sms", NUMBER)] {
        let sent = site.post.codes().len();
        if site.account(&alice).await.data.factors.is_empty() {
            drop(site.bind_sent(&alice, kind, to).await);
        } else {
            site.edit(&alice, |data| data.factors.clear()).await;
            site.edit(&alice, |data| data.enrolled = false).await;
            drop(site.bind_sent(&alice, kind, to).await);
        }
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        let question = talk.asked().await;
        let code = site.post.codes()[sent + 1].clone();
        assert!(question.starts_with("Code sent to "), "{question}");
        talk.say(&code);
        let ended = talk.ended().await;
        let id = site.account(&alice).await.data.factors[0].id;
        assert_eq!(ended.credential(), Credential::Factor(id));
        // It was sent for this login, and from where.
        let What::Code { what, place, .. } = site.post.sent().into_iter().last().unwrap().what else {
            panic!()
        };
        assert_eq!((what.as_str(), place.as_str()), ("ssh login on mail1.example.org", "192.0.2.1"));
        let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &code, &code]).await;
        assert_eq!(again.reason(), Reason::BadCredential, "{again:?}");
        site.clock.advance(4000);
    }
}

#[tokio::test]
async fn a_code_is_good_for_a_later_login_while_it_lasts() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let late = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(late.reason(), Reason::Cancelled);
    let code = site.post.codes().pop().unwrap();
    site.clock.advance(200);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    assert_eq!(site.post.codes().len(), 3, "a new one was sent, and it is the one that counts");
    talk.say(&code);
    talk.asked().await;
    talk.say(&site.post.codes()[2]);
    assert!(talk.ended().await.is_accept());

    site.clock.advance(61);
    let late = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(late.reason(), Reason::Cancelled);
    let code = site.post.codes().pop().unwrap();
    let soon = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await;
    assert!(soon.is_accept(), "no other is sent so soon, and the last one is good: {soon:?}");
    assert!(soon.lines()[0].starts_with("The last code that was sent to al…"), "{soon:?}");
}

#[tokio::test]
async fn after_its_time_a_code_opens_nothing() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let code = site.post.codes().pop().unwrap();
    site.clock.advance(301);
    talk.say(&code);
    talk.asked().await;
    talk.leave(postern_core::conversation::Gone::Closed);
    assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn after_five_tries_the_right_code_is_of_no_use() {
    let mut site = Site::with_post().await;
    site.configure(|setup| setup.limits.codes.wrong = 100);
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let begun = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(begun.reason(), Reason::Cancelled);
    let code = site.post.codes().pop().unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for count in [3, 2] {
        let ended =
            site.visit("sshd", "alice").says(&[&[MAIN_PASSWORD][..], &vec![wrong; count]].concat()).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await;
    assert_eq!(ended.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn a_code_of_one_account_opens_no_other() {
    let site = Site::with_post().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    drop(site.bind_sent(&bob, "email", "bob@backup.example.net").await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let code = site.post.codes().pop().unwrap();
    let ended = site.visit("sshd", "bob").says(&[MAIN_PASSWORD, &code]).await;
    assert_eq!(ended.reason(), Reason::BadCredential);
    talk.say(&code);
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn an_address_that_will_not_do_is_refused_before_anything_is_sent() {
    let site = Site::with_post().await;
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    for to in ["alice@example.org", "ALICE@example.org", "no address", "a@b.example\nBcc: x@example.org"] {
        let visit = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", to);
        assert_eq!(visit.says(&[MAIN_PASSWORD]).await.reason(), Reason::NotPermitted, "{to}");
    }
    for to in ["0123", "+0123456789", "+44 20 7946 0123 x"] {
        let visit = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "sms").argument("to", to);
        assert_eq!(visit.says(&[MAIN_PASSWORD]).await.reason(), Reason::NotPermitted, "{to}");
    }
    assert!(site.post.sent().is_empty());
}

#[tokio::test]
async fn one_number_binds_to_one_account() {
    let site = Site::with_post().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    drop(site.bind_sent(&alice, "sms", NUMBER).await);
    site.clock.advance(60);
    let mut talk = site
        .own(&bob, SelfServiceFlow::Enrol)
        .argument("kind", "sms")
        .argument("to", "+44 20 7946-0123")
        .begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    talk.say(&site.post.codes()[1]);
    let ended = talk.ended().await;
    assert_eq!(ended.reason(), Reason::NotPermitted);
    assert_eq!(ended.complaints(), ["That telephone number belongs to another account."]);
    assert!(!site.account(&bob).await.data.is_enrolled());

    // Once the number is unbound, another account may bind it.
    site.clock.advance(61);
    let mut talk = site.own(&alice, SelfServiceFlow::Remove).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    talk.say(site.post.codes().last().unwrap());
    assert!(talk.ended().await.is_accept());
    site.clock.advance(61);
    drop(site.bind_sent(&bob, "sms", NUMBER).await);
}

#[tokio::test]
async fn if_the_courier_fails_another_factor_is_offered_and_nothing_is_counted() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let recovery = site.recovery_codes(&alice, 1).await;
    site.post.fails_with(Some(CourierError::Down("no".to_owned())));
    for _ in 0..8 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
        assert!(
            ended.complaints()[0].starts_with("No code could be sent to al…@backup.example.net"),
            "{ended:?}"
        );
        assert!(ended.outcome.trail.is_courier_down);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &recovery[0]]).await;
    assert_eq!(ended.credential(), Credential::RecoveryCode);
    site.post.fails_with(None);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let question = talk.asked().await;
    assert!(question.starts_with("Code sent"), "{question}");
    talk.say(site.post.codes().last().unwrap());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_factor_was_proved() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let before = site.post.sent().len();
    drop(site.visit("sshd", "alice").says(&["wrong", "123456"]).await);
    drop(site.visit("sshd", "nobody").says(&[MAIN_PASSWORD, "123456"]).await);
    // The stack claims to have proved the first factor, without evidence.
    let ended = site.visit("sshkey", "alice").says(&["123456"]).await;
    assert_eq!(
        ended.complaints()[0],
        "Nothing can be sent right now. Choose another way, or use a recovery code."
    );
    assert_eq!(site.post.sent().len(), before);
    let with_key = site.visit("sshkey", "alice").key(SshKey(1)).says(&[]).await;
    assert_eq!(with_key.reason(), Reason::Cancelled);
    assert_eq!(site.post.sent().len(), before + 1);
}

#[tokio::test]
async fn messages_are_in_the_language_of_the_account() {
    let site = Site::with_post().await;
    let alice =
        site.person_with("alice", &[("preferredLanguage", "zh-CN"), ("mail", "alice@example.org")]).await;
    let ended = site.bind_sent(&alice, "email", BACKUP).await;
    assert!(ended.text().contains("验证码已发送至 alice@backup.example.net"), "{}", ended.text());
    assert!(site.post.sent().iter().all(|sent| sent.language == Language::SimplifiedChinese));
    assert_eq!(site.post.changes(), ["已绑定二次验证方式“备用邮箱”（邮件验证码）。"]);
}

#[tokio::test]
async fn a_proved_factor_is_not_bound_if_the_account_changed_meanwhile() {
    let mut site = Site::with_post().await;
    site.configure(|setup| setup.limits.pushes.lifetime = Duration::from_secs(1));
    let alice = site.person("alice").await;
    let mut talk =
        site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", BACKUP).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    drop(site.bind(&alice, "app").await);
    talk.say(&site.post.codes()[0]);
    let ended = talk.ended().await;
    assert_eq!(ended.outcome.verdict, Verdict::Reject(Reason::NotPermitted));
    assert!(ended.text().contains("Your account has changed in the meantime"), "{}", ended.text());
    assert_eq!(site.account(&alice).await.data.factors.len(), 1);
}
