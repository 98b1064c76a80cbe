use std::sync::atomic::Ordering;

use postern_core::Reason;
use postern_core::flows::SelfServiceFlow;

use crate::harness::{App, MAIN_PASSWORD, Site, Someone, SshKey};

/// alice, who trusts two keys.
async fn site() -> (Site, Someone, App) {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for key in [1, 2] {
        let visit = site.visit("sshd", "alice").key(SshKey(key));
        assert!(visit.says(&[MAIN_PASSWORD, &app.code(), "y"]).await.is_accept());
        site.clock.advance(30);
    }
    (site, alice, app)
}

async fn is_trusted(site: &Site, key: u8) -> bool {
    site.visit("sshd", "alice").key(SshKey(key)).says(&[MAIN_PASSWORD]).await.is_accept()
}

#[tokio::test]
async fn devices_are_listed_and_one_is_revoked() {
    let (site, alice, app) = site().await;
    let listed = site.own(&alice, SelfServiceFlow::DeviceList).says(&[]).await;
    let mut records = listed.records("device");
    records.sort_by_key(|record| record["created"].as_str().unwrap().to_owned());
    assert_eq!(records.len(), 2);
    let rows = listed.lines().join(" ").replace("       ", " ");
    assert_eq!(rows.matches(" (192.0.2.1), since 2027-").count(), 2, "{rows}");
    assert!(records[0]["name"].as_str().unwrap().starts_with("ssh key SHA256:"));
    let id = records[0]["id"].as_str().unwrap();
    let ended =
        site.own(&alice, SelfServiceFlow::DeviceRevoke).says(&[&id[..8], MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept());
    assert_eq!(ended.questions()[0], "Which one (its id)? ");
    assert!(!is_trusted(&site, 1).await && is_trusted(&site, 2).await);
    let listed = site.own(&alice, SelfServiceFlow::DeviceList).says(&[]).await;
    assert_eq!(listed.records("device").len(), 1);
}

#[tokio::test]
async fn all_devices_are_revoked_at_once_and_no_other_is_meant_by_a_strange_id() {
    let (site, alice, app) = site().await;
    for id in ["", "0000", "ssh key"] {
        let ended =
            site.own(&alice, SelfServiceFlow::DeviceRevoke).argument("id", id).says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{id}");
    }
    assert!(is_trusted(&site, 1).await);
    let all = site.own(&alice, SelfServiceFlow::DeviceRevoke).argument("all", "true");
    let ended = all.says(&[MAIN_PASSWORD, &app.code()]).await;
    assert!(ended.is_accept() && ended.records("revoked").len() == 2);
    assert!(!is_trusted(&site, 1).await && !is_trusted(&site, 2).await);
    let listed = site.own(&alice, SelfServiceFlow::DeviceList).says(&[]).await;
    assert_eq!(listed.lines(), ["You have no trusted devices."]);
}

#[tokio::test]
async fn all_devices_are_revoked_while_the_ledger_is_down_too() {
    let (site, alice, _) = site().await;
    let codes = site.recovery_codes(&alice, 1).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let all = site.own(&alice, SelfServiceFlow::DeviceRevoke).argument("all", "true");
    let ended = all.says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert!(ended.is_defer(), "it cannot say which they were: {ended:?}");
    site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(!is_trusted(&site, 1).await && !is_trusted(&site, 2).await);
}
