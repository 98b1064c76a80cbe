//! One user's life from the first login on, on the embedded stores and on slapd and Redis.

use postern_core::changes;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::policy::SecondFactor;
use postern_core::{Reason, Verdict};

use crate::harness::{App, MAIN_PASSWORD, Site, SshKey};

#[tokio::test]
async fn on_the_embedded_stores() {
    story(Site::new().await).await;
}

#[tokio::test]
async fn on_ldap_and_redis() {
    story(Site::on_ldap_and_redis("story").await).await;
}

#[tokio::test]
async fn one_code_at_many_doors_of_ldap_and_redis_opens_exactly_one() {
    let site = Site::on_ldap_and_redis("many_doors").await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let hosts = [site.another_host(), site.another_host()];
    for round in 0..10 {
        let code = app.code_of_step(round % 3 - 1);
        let visit = site.visit("sshkey", "alice").key(SshKey(1));
        let mut talks: Vec<_> = (0..5).map(|number| visit.clone().at(&hosts[number % 2]).begin()).collect();
        for talk in &mut talks {
            talk.asked().await;
        }
        for talk in &talks {
            [&*code, "n", "", ""].into_iter().for_each(|answer| talk.say(answer));
        }
        let mut accepted = 0;
        for talk in talks {
            accepted += u32::from(talk.ended().await.is_accept());
        }
        assert_eq!(accepted, 1, "round {round}");
        site.clock.advance(90);
        changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    }
}

async fn story(mut site: Site) {
    let alice = site.person_with("alice", &[("preferredLanguage", "en")]).await;
    assert!(site.visit("imap", "alice").secret(MAIN_PASSWORD).says(&[]).await.is_accept());
    for wrong in ["wrong", "Correct Horse Battery"] {
        assert_eq!(site.visit("sshd", "alice").says(&[wrong]).await.reason(), Reason::BadCredential);
    }
    site.set_host_user("alice", Some(alice.uid + 1));
    assert_eq!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await.reason(), Reason::NotPermitted);
    site.set_host_user("alice", Some(alice.uid));

    // She has to bind an app at her first login.
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let app = App::of_key(&talk.heard().key(), &site.clock);
    let first = app.code();
    talk.say(&first);
    assert!(talk.ended().await.is_accept());
    let mail = site.visit("imap", "alice").secret(MAIN_PASSWORD).says(&[]).await;
    assert_eq!(mail.reason(), Reason::UseAppPassword);
    let replay = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &first, "", ""]).await;
    assert_eq!(replay.reason(), Reason::Replayed);
    assert!(matches!(site.account_flow("sshd", "alice", None).await.verdict, Verdict::Reject(_)));

    // Then she trusts her laptop, and creates an app password.
    site.clock.advance(30);
    let laptop = || site.visit("sshd", "alice").key(SshKey(1));
    let ended = laptop().says(&[MAIN_PASSWORD, &app.code(), "y"]).await;
    assert!(matches!(ended.credential(), Credential::Factor(_)));
    let going_on = site.account_flow("sshd", "alice", ended.proof()).await;
    assert!(matches!(going_on.verdict, Verdict::Accept(_)));
    assert_eq!(laptop().says(&[MAIN_PASSWORD]).await.credential(), Credential::TrustedDevice);
    site.clock.advance(30);
    let codes = site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&[MAIN_PASSWORD, &app.code()]).await;
    let codes: Vec<String> =
        codes.records("recovery_code").iter().map(|code| code["code"].as_str().unwrap().to_owned()).collect();
    site.clock.advance(30);
    let create = site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", "Foxmail");
    let made = create.says(&[MAIN_PASSWORD, &app.code()]).await;
    let password = made.records("app_password")[0]["password"].as_str().unwrap().to_owned();
    assert!(site.visit("imap", "alice").secret(&password).says(&[]).await.is_accept());
    site.clock.advance(30);
    let combined = format!("{MAIN_PASSWORD}{}", app.code());
    assert!(site.visit("webmail", "alice").secret(&combined).says(&[]).await.is_accept());
    let again = site.visit("webmail", "alice").secret(&combined).says(&[]).await;
    assert_eq!(again.reason(), Reason::Replayed);

    // She loses the phone, and replaces it with a recovery code.
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert_eq!(ended.credential(), Credential::RecoveryCode);
    let spent = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
    assert_eq!(spent.reason(), Reason::BadCredential);
    let mut talk = site.own(&alice, SelfServiceFlow::Replace).argument("label", "new phone").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&codes[1]).await;
    talk.asked().await;
    let newer = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&newer.code());
    assert!(talk.ended().await.is_accept());
    assert!(!laptop().says(&[MAIN_PASSWORD]).await.is_accept(), "another factor ends all trust");
    site.clock.advance(30);
    let old = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), "", ""]).await;
    assert_eq!(old.reason(), Reason::BadCredential);

    // A new main password ends trust as well, and the old one opens nothing.
    assert!(laptop().says(&[MAIN_PASSWORD, &newer.code(), "y"]).await.is_accept());
    assert!(laptop().says(&[MAIN_PASSWORD]).await.is_accept());
    site.set_main_password(&alice, "another main password").await;
    assert_eq!(laptop().says(&[MAIN_PASSWORD]).await.reason(), Reason::BadCredential);
    assert_eq!(laptop().says(&["another main password"]).await.questions().len(), 2);

    // An attacker who knows it guesses codes until all factors are locked.
    site.configure(|setup| setup.limits.codes.in_a_row = 7);
    let login =
        async |code: &str| site.visit("sshd", "alice").says(&["another main password", code, "", ""]).await;
    let wrong = newer.wrong_code(1);
    for _ in 0..5 {
        assert_eq!(login(&wrong).await.reason(), Reason::BadCredential);
    }
    assert_eq!(login(&newer.code()).await.reason(), Reason::Limited);
    site.clock.advance(1800);
    assert_eq!(login(&wrong).await.reason(), Reason::BadCredential);
    assert_eq!(login(&newer.wrong_code(2)).await.reason(), Reason::Locked);
    site.ledger.forget_codes(&alice.id).await.unwrap();
    assert_eq!(login(&newer.code()).await.reason(), Reason::Locked);
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    assert!(login(&newer.code()).await.is_accept());

    // She leaves the site.
    site.edit(&alice, |data| data.policy.disabled = true).await;
    site.clock.advance(30);
    assert_eq!(login(&newer.code()).await.reason(), Reason::Disabled);
    let mail = site.visit("imap", "alice").secret(&password).says(&[]).await;
    assert_eq!(mail.reason(), Reason::Disabled);
    assert!(site.account(&alice).await.data.is_enrolled());
}
