//! What ends sessions.

use postern_core::Reason;
use postern_core::browser_record::BrowserRecordKind;
use postern_core::changes;
use postern_core::flows::SelfServiceFlow;

use super::{Person, token};
use crate::harness::{MAIN_PASSWORD, SshKey};

#[tokio::test]
async fn a_browser_signs_itself_out() {
    let p = Person::new().await;
    let (one, other) = (p.sign_in().await, p.sign_in().await);
    let ended = p.site.with_session(&one, SelfServiceFlow::SessionEnd).says(&[]).await;
    assert_eq!(ended.lines(), ["Firefox (192.0.2.1) is logged out."]);
    assert!(!p.is_open(&one).await && p.is_open(&other).await);
    let again = p.site.with_session(&one, SelfServiceFlow::SessionEnd).says(&[]).await;
    assert_eq!(again.reason(), Reason::Expired);
}

#[tokio::test]
async fn another_browser_is_signed_out_by_its_id_and_all_are_at_once() {
    let p = Person::new().await;
    let (one, two, three) = (p.sign_in().await, p.sign_in().await, p.sign_in().await);
    let listed = p.site.with_session(&one, SelfServiceFlow::SessionList).says(&[]).await;
    let records = listed.records("open_session");
    let current: Vec<bool> = records.iter().map(|record| record["is_current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false, false]);
    assert_eq!(
        (records[0]["client"].as_str(), records[0]["address"].as_str()),
        (Some("Firefox"), Some("192.0.2.1"))
    );
    let id = p.checked(&two).await["id"].as_str().unwrap().to_owned();
    let end =
        |how: &str, what: &str| p.site.with_session(&one, SelfServiceFlow::SessionEnd).argument(how, what);
    assert!(end("id", &id).says(&[]).await.is_accept());
    assert!(p.is_open(&one).await && !p.is_open(&two).await && p.is_open(&three).await);
    assert_eq!(end("id", &id).says(&[]).await.reason(), Reason::NotPermitted);
    // The user of the host, who is not asked for a proof either.
    let own = p.site.own(&p.alice, SelfServiceFlow::SessionList).says(&[]).await;
    assert_eq!(own.records("open_session").len(), 2);
    let own = p.site.own(&p.alice, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert_eq!((own.is_accept(), own.records("ended").len()), (true, 2));
    assert!(!p.is_open(&one).await && !p.is_open(&three).await);
    let none = p.site.own(&p.alice, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert_eq!(none.lines(), ["You are logged in with no browser."]);
    let check = p.site.own(&p.alice, SelfServiceFlow::SessionCheck).says(&[]).await;
    assert_eq!(check.reason(), Reason::NotPermitted);
}

#[tokio::test]
async fn signing_out_everywhere_leaves_trusted_devices_and_revoking_a_device_leaves_sessions() {
    let p = Person::new().await;
    let trusting = p.site.visit("sshkey", "alice").key(SshKey(1)).says(&[&p.app.code(), "y"]).await;
    assert!(trusting.is_accept());
    let (one, two) = (p.sign_in().await, p.sign_in().await);
    let devices = async || {
        let listed = p.site.own(&p.alice, SelfServiceFlow::DeviceList).says(&[]).await;
        listed.records("device").len()
    };
    let all = p.site.with_session(&one, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert!(all.is_accept() && !p.is_open(&two).await);
    assert_eq!(devices().await, 1);
    let three = p.sign_in().await;
    let revoke = p.site.with_session(&three, SelfServiceFlow::DeviceRevoke).argument("all", "true");
    assert!(revoke.says(&[]).await.is_accept());
    assert_eq!((devices().await, p.is_open(&three).await), (0, true));
}

#[tokio::test]
async fn what_changes_the_account_ends_all_sessions_but_the_one_that_did_it() {
    for flow in [SelfServiceFlow::Remove, SelfServiceFlow::RecoveryCodes] {
        let p = Person::new().await;
        let (one, other) = (p.sign_in().await, p.sign_in().await);
        let changed = p.site.with_session(&one, flow).says(&[]).await;
        assert!(changed.is_accept(), "{changed:?}");
        assert!(p.is_open(&one).await && !p.is_open(&other).await, "{flow:?}");
        let p = Person::new().await;
        let other = p.sign_in().await;
        p.site.clock.advance(30);
        let changed = p.site.own(&p.alice, flow).says(&[MAIN_PASSWORD, &p.app.code()]).await;
        assert!(changed.is_accept() && !p.is_open(&other).await, "{flow:?}");
    }
}

#[tokio::test]
async fn a_new_main_password_a_reset_and_a_closed_account_end_sessions() {
    let p = Person::new().await;
    let open = p.sign_in().await;
    p.site.set_main_password(&p.alice, "another battery horse").await;
    assert!(!p.is_open(&open).await);
    p.site.set_main_password(&p.alice, MAIN_PASSWORD).await;
    assert!(!p.is_open(&open).await, "not with the same one again");
    let open = p.sign_in().await;
    p.site.edit(&p.alice, |data| data.policy.disabled = true).await;
    let disabled = p.site.with_session(&open, SelfServiceFlow::SessionCheck).says(&[]).await;
    assert_eq!(disabled.reason(), Reason::Disabled);
    p.site.edit(&p.alice, |data| data.policy.disabled = false).await;
    let (authority, keyring) = (p.site.authority(), &p.site.engine.keyring);
    let ended = changes::end_sessions(&authority, keyring, &p.alice.id, |_| true).await.unwrap();
    assert_eq!((ended.len(), p.is_open(&open).await), (1, false));
}

#[tokio::test]
async fn a_session_that_ended_does_not_come_back_with_its_record() {
    let p = Person::new().await;
    let open = p.sign_in().await;
    let now = p.site.now_plus(0);
    let records = p.site.ledger.browser_records(&p.alice.id, BrowserRecordKind::Session, now).await.unwrap();
    let all = p.site.own(&p.alice, SelfServiceFlow::SessionEnd).argument("all", "true").says(&[]).await;
    assert!(all.is_accept());
    assert!(p.site.ledger.put_browser_record(&p.alice.id, &records[0], None, now).await.unwrap());
    assert!(!p.is_open(&open).await);
}

#[tokio::test]
async fn a_ledger_that_lost_its_memory_and_the_end_of_all_sessions_end_each() {
    let p = Person::new().await;
    let (open, trusting) = (p.sign_in().await, p.sign_in_with("y").await);
    let cookie = trusting.records("trusted_browser")[0]["token"].as_str().unwrap().to_owned();
    let backup = p.site.backup();
    p.site.forget_spent_steps();
    p.site.restore(&backup);
    assert!(!p.is_open(&open).await && !p.is_open(&token(&trusting)).await);
    let again = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&cookie).says(&[]).await;
    assert!(!again.is_accept(), "nor is the browser trusted");
    // Until codes are taken again.
    p.site.clock.advance(120);
    let (open, trusting) = (p.sign_in().await, p.sign_in_with("y").await);
    let cookie = trusting.records("trusted_browser")[0]["token"].as_str().unwrap().to_owned();
    p.site.ledger.forget_browsers().await.unwrap();
    assert!(!p.is_open(&open).await);
    let again = p.site.sign_in("alice", MAIN_PASSWORD).trusted(&cookie).says(&[]).await;
    assert!(!again.is_accept());
}
