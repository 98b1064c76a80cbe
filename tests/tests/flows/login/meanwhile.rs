//! A question may be open for a while. Changes made meanwhile apply when it is answered.

use postern_core::Reason;
use postern_core::changes;
use postern_core::policy::{ForcedEnrolment, SecondFactor};

use crate::harness::{App, MAIN_PASSWORD, Setup, Site, Someone, SshKey};

async fn end(site: &Site, who: &Someone, reason: Reason) {
    let past = site.now_plus(0);
    site.edit(who, |data| match reason {
        Reason::Disabled => data.policy.disabled = true,
        _ => data.policy.expires = Some(past),
    })
    .await;
}

fn required(setup: &mut Setup) {
    setup.policy.second_factor = SecondFactor::Required;
}

#[tokio::test]
async fn an_account_that_ends_while_its_password_is_asked_for_opens_no_more() {
    let site = Site::new().await;
    for (name, reason) in [("alice", Reason::Disabled), ("bob", Reason::Expired)] {
        let person = site.person(name).await;
        let mut talk = site.visit("sshd", name).begin();
        talk.asked().await;
        end(&site, &person, reason).await;
        talk.say(MAIN_PASSWORD);
        assert_eq!(talk.ended().await.reason(), reason, "{name}");
    }
}

#[tokio::test]
async fn an_account_that_ends_while_a_code_is_asked_for_opens_no_more() {
    let site = Site::new().await;
    for (name, reason) in [("alice", Reason::Disabled), ("bob", Reason::Expired)] {
        for service in ["sshd", "sshkey"] {
            let name = format!("{name}-{service}");
            let person = site.person(&name).await;
            let app = site.bind(&person, "phone").await;
            let codes = site.recovery_codes(&person, 1).await;
            for second in [app.code(), codes[0].clone()] {
                let mut talk = site.visit(service, &name).key(SshKey(1)).begin();
                if service == "sshd" {
                    talk.answer(MAIN_PASSWORD).await;
                }
                talk.asked().await;
                end(&site, &person, reason).await;
                talk.say(&second);
                assert_eq!(talk.ended().await.reason(), reason, "{name}");
                site.edit(&person, |data| (data.policy.disabled, data.policy.expires) = (false, None)).await;
            }
        }
    }
}

#[tokio::test]
async fn an_account_that_ends_while_trust_is_offered_opens_no_more() {
    let site = Site::new().await;
    for (name, reason) in [("alice", Reason::Disabled), ("bob", Reason::Expired)] {
        let person = site.person(name).await;
        let app = site.bind(&person, "phone").await;
        let mut talk = site.visit("sshkey", name).key(SshKey(1)).begin();
        talk.answer(&app.code()).await;
        talk.asked().await;
        end(&site, &person, reason).await;
        talk.say("y");
        assert_eq!(talk.ended().await.reason(), reason, "{name}");
    }
}

#[tokio::test]
async fn an_account_that_ends_in_an_enrolment_opens_no_more() {
    let mut site = Site::new().await;
    site.configure(required);
    for (name, reason) in [("alice", Reason::Disabled), ("bob", Reason::Expired)] {
        let person = site.person(name).await;
        let mut talk = site.visit("sshd", name).begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let app = App::of_key(&talk.heard().key(), &site.clock);
        end(&site, &person, reason).await;
        talk.say(&app.code());
        assert_eq!(talk.ended().await.reason(), reason, "{name}");
    }
}

#[tokio::test]
async fn a_factor_that_is_bound_while_the_password_is_asked_for_is_asked_for_a_code() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.asked().await;
    let app = site.bind(&alice, "phone").await;
    talk.say(MAIN_PASSWORD);
    assert_eq!(talk.answer(&app.code()).await, "Code from phone: ");
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn a_second_factor_that_is_required_while_the_password_is_asked_for_is_required() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.forced_enrolment = ForcedEnrolment::Never);
    let alice = site.person("alice").await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.asked().await;
    site.edit(&alice, |data| data.policy.second_factor = Some(SecondFactor::Required)).await;
    talk.say(MAIN_PASSWORD);
    assert_eq!(talk.ended().await.reason(), Reason::NotPermitted);
}

#[tokio::test]
async fn a_device_that_is_revoked_while_the_password_is_asked_for_is_asked_for_a_code() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let visit = || site.visit("sshd", "alice").key(SshKey(1));
    assert!(visit().says(&[MAIN_PASSWORD, &app.code(), "y"]).await.is_accept());
    assert_eq!(visit().says(&[MAIN_PASSWORD]).await.questions().len(), 1);
    let mut talk = visit().begin();
    talk.asked().await;
    changes::revoke_devices(&site.authority(), &site.engine.keyring, &alice.id, |_| true).await.unwrap();
    talk.say(MAIN_PASSWORD);
    assert_eq!(talk.asked().await, "Code from phone: ");
}

#[tokio::test]
async fn a_factor_that_is_removed_while_its_code_is_asked_for_takes_none() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let (phone, token) = (site.bind(&alice, "phone").await, site.bind(&alice, "token").await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, phone.id.unwrap(), false)
        .await
        .unwrap();
    talk.say(&phone.code());
    talk.asked().await;
    assert_eq!(talk.heard().complaints().len(), 1);
    let newer = site.bind(&alice, "newer").await;
    talk.say(&newer.code());
    assert!(talk.ended().await.is_accept(), "one that was bound meanwhile is taken");
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &token.code()]).await.is_accept());
}

#[tokio::test]
async fn once_the_last_factor_is_removed_its_code_is_no_more_than_any_number() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let codes = site.recovery_codes(&alice, 1).await;
    let mut talk = site.visit("sshkey", "alice").begin();
    talk.asked().await;
    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, app.id.unwrap(), true)
        .await
        .unwrap();
    for second in [&app.code(), &codes[0], &app.code()] {
        talk.answer_now(second).await;
    }
    assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn an_account_that_was_made_anew_under_the_name_is_another() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    site.rename(&alice, "formerly-alice").await;
    let other = site.person("alice").await;
    let app = site.bind(&other, "phone").await;
    talk.say(&app.code());
    assert_eq!(talk.ended().await.reason(), Reason::UnknownAccount);
}
