//! Trusted browsers.

use postern_core::Reason;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;

use super::{Person, token};
use crate::harness::{Ended, MAIN_PASSWORD};

fn cookie(ended: &Ended) -> String {
    let record = ended.records("trusted_browser").last().copied().unwrap_or_else(|| panic!("{ended:?}"));
    record["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_trusted_browser_needs_no_second_step_and_gets_a_new_secret_each_time() {
    let p = Person::new().await;
    assert!(p.sign_in_with("n").await.records("trusted_browser").is_empty());
    let mut last = cookie(&p.sign_in_with("y").await);
    for _ in 0..3 {
        let ended = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&last).says(&[]).await;
        assert_eq!(ended.credential(), Credential::TrustedDevice, "{ended:?}");
        assert_ne!(cookie(&ended), last);
        last = cookie(&ended);
        let checked = p.checked(&token(&ended)).await;
        assert_eq!(checked["has_fresh_proof"], false, "it is no proof before a change");
    }
    let listed = p.site.own(&p.alice, SelfServiceFlow::DeviceList).says(&[]).await;
    let names: Vec<&str> =
        listed.records("device").iter().map(|device| device["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Firefox (192.0.2.1)"]);
    let wrong = p.site.sign_in("alice", "wrong").trusted(&last).says(&[]).await;
    assert_eq!(wrong.reason(), Reason::BadCredential, "nor a first factor");
    p.site.clock.advance(30 * 86_400);
    let over = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&last).says(&[]).await;
    assert_eq!((over.is_accept(), over.outcome.trail.is_trust_copied), (false, false));
}

#[tokio::test]
async fn a_copy_of_an_earlier_secret_ends_the_trust_and_the_owner_is_told() {
    let p = Person::new().await;
    p.site.post.open();
    let first = cookie(&p.sign_in_with("y").await);
    let open = p.sign_in().await;
    let second = cookie(&p.site.sign_in("alice", MAIN_PASSWORD).trusted(&first).says(&[]).await);
    let thief = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&first).says(&[]).await;
    assert!(!thief.is_accept() && thief.questions() == ["Code from phone: "], "{thief:?}");
    assert!(thief.outcome.trail.is_trust_copied);
    let detail = thief.outcome.detail.unwrap_or_default();
    assert!(detail.starts_with("an earlier secret of a trusted browser"), "{detail}");
    let told = p.site.post.changes();
    assert!(
        told.last().unwrap().starts_with("The browser Firefox (192.0.2.1) is no longer trusted:"),
        "{told:?}"
    );
    let owner = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&second).says(&[]).await;
    assert!(!owner.is_accept(), "not even the last one is trusted any more");
    assert!(p.is_open(&open).await, "those who proved who they are stay signed in");
    let listed = p.site.own(&p.alice, SelfServiceFlow::DeviceList).says(&[]).await;
    assert_eq!(listed.records("device").len(), 0);
}

#[tokio::test]
async fn trust_is_one_accounts_and_ends_when_it_is_revoked() {
    let p = Person::new().await;
    let bob = p.site.person("bob").await;
    drop(p.site.bind(&bob, "phone").await);
    let last = cookie(&p.sign_in_with("y").await);
    let other = p.site.sign_in("bob", MAIN_PASSWORD).trusted(&last).says(&[]).await;
    assert_eq!((other.is_accept(), other.outcome.trail.is_trust_copied), (false, false));
    for forged in ["", "AAAA", last.split_at(1).1, &"A".repeat(64), &"A".repeat(9999)] {
        let ended = p.site.sign_in("alice", MAIN_PASSWORD).trusted(forged).says(&[]).await;
        assert_eq!((ended.is_accept(), ended.outcome.trail.is_trust_copied), (false, false), "{forged}");
    }
    p.site.clock.advance(30);
    let revoke = p.site.own(&p.alice, SelfServiceFlow::DeviceRevoke).argument("all", "true");
    assert!(revoke.says(&[MAIN_PASSWORD, &p.app.code()]).await.is_accept());
    let ended = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&last).says(&[]).await;
    assert!(!ended.is_accept());
}

#[tokio::test]
async fn a_recovery_code_trusts_no_browser() {
    let p = Person::new().await;
    let codes = p.site.recovery_codes(&p.alice, 2).await;
    let ended = p.site.sign_in("alice", MAIN_PASSWORD).says(&[&codes[0], "y"]).await;
    assert_eq!((ended.credential(), ended.records("trusted_browser").len()), (Credential::RecoveryCode, 0));
    assert!(p.is_open(&token(&ended)).await);
}
