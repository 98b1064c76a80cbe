//! What a session is good for, and how long.

use postern_core::Reason;
use postern_core::browser_record::{BrowserRecord, BrowserRecordKind};
use postern_core::flows::SelfServiceFlow;
use postern_core::session::SessionToken;

use super::{Person, maybe_token, token};
use crate::harness::{App, MAIN_PASSWORD, Site};

#[tokio::test]
async fn a_session_ends_when_it_is_unused_and_after_its_time() {
    let p = Person::new().await;
    let idle = p.sign_in().await;
    p.site.clock.advance(1799);
    assert!(p.is_open(&idle).await);
    p.site.clock.advance(1800);
    assert!(!p.is_open(&idle).await);
    let used = p.sign_in().await;
    for _ in 0..24 {
        assert!(p.is_open(&used).await);
        p.site.clock.advance(1799);
    }
    assert!(p.is_open(&used).await);
    p.site.clock.advance(23);
    assert!(p.is_open(&used).await, "a second before its end");
    p.site.clock.advance(1);
    assert!(!p.is_open(&used).await);
}

#[tokio::test]
async fn that_a_session_is_used_is_written_once_a_minute() {
    let p = Person::new().await;
    let open = p.sign_in().await;
    let seen = async || {
        let listed = p.site.with_session(&open, SelfServiceFlow::SessionList).says(&[]).await;
        listed.records("open_session")[0]["seen"].as_str().unwrap().to_owned()
    };
    let begun = p.site.now_plus(0).to_string();
    p.site.clock.advance(59);
    assert_eq!(seen().await, begun);
    p.site.clock.advance(1);
    assert_eq!(seen().await, p.site.now_plus(0).to_string());
}

#[tokio::test]
async fn a_fresh_proof_is_good_for_changes_and_a_new_one_gives_a_new_token() {
    let p = Person::new().await;
    let first = p.sign_in().await;
    let create = |token: &str, label: &str| {
        p.site.with_session(token, SelfServiceFlow::AppPasswordCreate).argument("label", label)
    };
    let created = create(&first, "one").says(&[]).await;
    assert_eq!((created.is_accept(), created.questions().len()), (true, 0));
    assert_eq!(maybe_token(&created), None);
    p.site.clock.advance(299);
    assert!(create(&first, "two").says(&[]).await.is_accept());
    p.site.clock.advance(1);
    let refused = create(&first, "three").says(&["wrong", "wrong too"]).await;
    assert_eq!(refused.reason(), Reason::BadCredential);
    let refused = create(&first, "three").says(&[MAIN_PASSWORD, &p.app.wrong_code(1)]).await;
    assert_eq!((refused.reason(), maybe_token(&refused)), (Reason::BadCredential, None));
    assert!(p.is_open(&first).await);
    let proved = create(&first, "three").says(&[MAIN_PASSWORD, &p.app.code()]).await;
    assert!(proved.is_accept(), "{proved:?}");
    assert_eq!(proved.questions(), ["Main password of alice: ", "Code from phone: "]);
    let second = token(&proved);
    assert!(second != first && !p.is_open(&first).await && p.is_open(&second).await);
    assert!(create(&second, "four").says(&[]).await.is_accept());
    assert_eq!(create(&first, "five").says(&[]).await.reason(), Reason::Expired);
    assert_eq!(p.site.account(&p.alice).await.data.live_app_passwords().count(), 4);
}

#[tokio::test]
async fn a_first_factor_bound_with_the_password_alone_is_proof_of_its_own() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    let open = token(&site.sign_in("alice", MAIN_PASSWORD).says(&[]).await);
    let mut talk = site.with_session(&open, SelfServiceFlow::Enrol).argument("kind", "totp").begin();
    assert_eq!(talk.asked().await, "Code that the app shows: ");
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    let bound = talk.ended().await;
    assert!(bound.is_accept(), "{bound:?}");
    let created = site.with_session(&open, SelfServiceFlow::AppPasswordCreate).argument("label", "one");
    let created = created.says(&[]).await;
    assert_eq!(
        (created.is_accept(), created.questions().len()),
        (true, 0),
        "without the next code: {created:?}"
    );
}

#[tokio::test]
async fn nothing_but_the_token_says_whose_session_it_is() {
    let p = Person::new().await;
    let bob = p.site.person("bob").await;
    let [open, of_bob] = [p.sign_in().await, token(&p.site.sign_in("bob", MAIN_PASSWORD).says(&[]).await)];
    // The name in the request is nobody's, and the arguments name no account.
    let listed = p.site.with_session(&of_bob, SelfServiceFlow::Factors).says(&[]).await;
    assert_eq!(listed.outcome.trail.account, Some(bob.id));
    let [(secret, sealed), (other_secret, other_sealed)] =
        [&open, &of_bob].map(|token| token.split_once('.').unwrap());
    for forged in [
        format!("{secret}.{other_sealed}"),
        format!("{other_secret}.{sealed}"),
        secret.to_owned(),
        String::new(),
        format!("{open}x"),
    ] {
        p.site.faults.expect(None);
        let ended = p.site.with_session(&forged, SelfServiceFlow::SessionCheck).says(&[]).await;
        assert_eq!(ended.reason(), Reason::Expired, "{forged}");
        assert_eq!(p.site.faults.calls(), [], "a forged token costs no search");
    }
    let ended = p.site.with_session(&open, SelfServiceFlow::Factors).argument("user", "bob").says(&[]).await;
    assert_eq!(ended.reason(), Reason::NotPermitted);
}

#[tokio::test]
async fn a_record_that_is_moved_or_forged_opens_nothing() {
    let p = Person::new().await;
    let bob = p.site.person("bob").await;
    let open = p.sign_in().await;
    let now = p.site.now_plus(0);
    let [of_alice] =
        &p.site.ledger.browser_records(&p.alice.id, BrowserRecordKind::Session, now).await.unwrap()[..]
    else {
        panic!()
    };
    let own = SessionToken::draw(&bob.id, &p.site.engine.keyring, p.site.engine.random).unwrap();
    let another = SessionToken::draw(&p.alice.id, &p.site.engine.keyring, p.site.engine.random).unwrap();
    for (account, token) in [(&bob.id, &own), (&p.alice.id, &another)] {
        let moved = BrowserRecord { id: token.record_id(&p.site.engine.keyring), ..of_alice.clone() };
        assert!(p.site.ledger.put_browser_record(account, &moved, None, now).await.unwrap());
        assert!(!p.is_open(token.expose()).await);
    }
    for (from, to) in [("\\\"proof\\\"", "\\\"pruuf\\\""), ("Firefox", "Foxfire"), ("\"v\":1", "\"v\":2")] {
        let value = of_alice.value.replace(from, to);
        assert_ne!(value, of_alice.value, "{from}");
        let forged = BrowserRecord { value, ..of_alice.clone() };
        assert!(p.site.ledger.put_browser_record(&p.alice.id, &forged, None, now).await.unwrap());
        assert!(!p.is_open(&open).await, "{to}");
    }
    assert!(p.site.ledger.put_browser_record(&p.alice.id, of_alice, None, now).await.unwrap());
    assert!(p.is_open(&open).await);
}

#[tokio::test]
async fn a_session_that_is_ended_while_a_question_is_open_changes_nothing() {
    let p = Person::new().await;
    let (one, other) = (p.sign_in().await, p.sign_in().await);
    let mut talk = p.site.with_session(&one, SelfServiceFlow::AppPasswordCreate).begin();
    talk.asked().await;
    let all =
        p.site.with_session(&other, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert!(all.is_accept());
    talk.say("Foxmail");
    assert_eq!(talk.ended().await.reason(), Reason::Expired);
    assert_eq!(p.site.account(&p.alice).await.data.live_app_passwords().count(), 0);
}

#[tokio::test]
async fn on_ldap_and_redis_it_is_the_same() {
    let p = Person::at(Site::on_ldap_and_redis("browser_sessions").await).await;
    let first = p.sign_in().await;
    p.site.clock.advance(300);
    let create = p.site.with_session(&first, SelfServiceFlow::AppPasswordCreate).argument("label", "one");
    let proved = create.says(&[MAIN_PASSWORD, &p.app.code()]).await;
    let second = token(&proved);
    assert!(!p.is_open(&first).await && p.is_open(&second).await);
    let third = p.sign_in().await;
    p.site.clock.advance(60);
    let remove = p.site.with_session(&second, SelfServiceFlow::RecoveryCodes).says(&[]).await;
    assert!(remove.is_accept(), "{remove:?}");
    assert!(p.is_open(&second).await && !p.is_open(&third).await);
    let all =
        p.site.with_session(&second, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert!(all.is_accept() && !p.is_open(&second).await);
    p.site.clock.advance(30);
    let trusting = p.sign_in_with("y").await;
    let cookie = trusting.records("trusted_browser")[0]["token"].as_str().unwrap().to_owned();
    let again = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&cookie).says(&[]).await;
    assert!(again.is_accept(), "{again:?}");
    let stolen = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&cookie).says(&[]).await;
    assert!(!stolen.is_accept() && stolen.outcome.trail.is_trust_copied, "{stolen:?}");
}
