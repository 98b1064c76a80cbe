//! What people see of the logins to their account.

use postern_core::app_password::Scope;
use postern_core::conversation::Gone;
use postern_core::flows::{DecidedLogin, SelfServiceFlow, record_login};
use postern_core::{Reason, changes};
use serde_json::{Map, Value, json};
use std::sync::atomic::Ordering;

use crate::harness::{Ended, MAIN_PASSWORD, Site, Someone, SshKey};

impl Site {
    /// Writes down how a login ended, as posternd does once the front door has its verdict.
    async fn remember(&self, service: &str, from: &str, ended: &Ended) {
        let at = self.now_plus(0);
        if let Some(login) = DecidedLogin::of(service, from.parse().ok(), &ended.outcome, at) {
            record_login(&self.engine, login).await.unwrap();
        }
    }

    async fn mail_from(&self, from: &str, secret: &str) -> Ended {
        let ended = self.visit("imap", "alice").from(from).secret(secret).says(&[]).await;
        self.remember("imap", from, &ended).await;
        ended
    }

    async fn ssh(&self, answers: &[&str]) -> Ended {
        let ended = self.visit("sshd", "alice").says(answers).await;
        self.remember("sshd", "192.0.2.1", &ended).await;
        ended
    }

    /// The account's history as programs read it.
    async fn history(&self, who: &Someone) -> Vec<Map<String, Value>> {
        let listed = self.own(who, SelfServiceFlow::History).says(&[]).await;
        assert!(listed.is_accept() && listed.questions().is_empty(), "{listed:?}");
        listed.records("event").into_iter().cloned().collect()
    }
}

/// These fields of each event.
fn fields(events: &[Map<String, Value>], names: &[&str]) -> Value {
    events.iter().map(|event| names.iter().map(|name| event[*name].clone()).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn people_see_with_what_each_login_was_accepted_and_why_others_were_refused() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    let app = site.bind(&alice, "pocket").await;
    let recovery = site.recovery_codes(&alice, 1).await;
    let step = || site.clock.advance(60);
    assert!(site.mail_from("192.0.2.7", &password).await.is_accept());
    step();
    assert_eq!(site.mail_from("192.0.2.8", "a wrong one").await.reason(), Reason::UseAppPassword);
    step();
    assert!(site.ssh(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    step();
    assert_eq!(site.ssh(&["wrong"]).await.reason(), Reason::BadCredential);
    step();
    assert!(!site.ssh(&[MAIN_PASSWORD, "000000", "000000", "000000"]).await.is_accept());
    step();
    assert!(site.ssh(&[MAIN_PASSWORD, &recovery[0]]).await.is_accept());
    let events = site.history(&alice).await;
    let names = ["service", "address", "verdict", "reason", "first_factor_proved", "credential", "label"];
    assert_eq!(
        fields(&events, &names),
        json!([
            ["sshd", "192.0.2.1", "accept", null, null, "recovery_code", null],
            ["sshd", "192.0.2.1", "reject", "bad_credential", true, null, null],
            ["sshd", "192.0.2.1", "reject", "bad_credential", false, "main_password", null],
            ["sshd", "192.0.2.1", "accept", null, null, "totp", "pocket"],
            ["imap", "192.0.2.8", "reject", "use_app_password", false, "main_password", null],
            ["imap", "192.0.2.7", "accept", null, null, "app_password", "Foxmail"],
        ])
    );
    assert_eq!(events[5]["id"], json!(password[..4].to_owned()));
    assert_eq!(events[3]["id"], json!(app.id.unwrap().to_string()));
    assert_eq!((&events[0]["count"], &events[0]["first"]), (&json!(1), &events[0]["time"]));
    let text = events.iter().map(|event| Value::Object(event.clone()).to_string()).collect::<String>();
    for secret in [&*password, MAIN_PASSWORD, "a wrong one", &*recovery[0], "000000"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_lines_are_in_the_persons_language() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let listed = |language: &str| site.own(&alice, SelfServiceFlow::History).language(language).says(&[]);
    assert_eq!(listed("en").await.lines(), ["No logins are remembered."]);
    assert_eq!(listed("zh-CN").await.lines(), ["没有登录记录。"]);
    let password = site.app_password(&alice, Scope::All).await;
    drop(site.mail_from("192.0.2.7", &password).await);
    drop(site.bind(&alice, "pocket").await);
    site.clock.advance(60);
    drop(site.ssh(&[MAIN_PASSWORD, "000000", "000000", "000000"]).await);
    let text = |ended: &Ended| ended.lines().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let english = text(&listed("en").await);
    for part in [
        "ssh login from 192.0.2.1: refused: wrong code, or denied on a phone, after the right password or key",
        "IMAP mail login from 192.0.2.7 by app password \"Foxmail\": accepted",
    ] {
        assert!(english.contains(part), "{english}");
    }
    let chinese = text(&listed("zh-CN").await).replace(' ', "");
    for part in [
        "ssh登录，来自192.0.2.1：被拒绝，验证码错误或手机上未批准（密码或密钥正确）",
        "IMAP邮件登录，来自192.0.2.7，使用专用密码“Foxmail”：成功",
    ] {
        assert!(chinese.contains(part), "{chinese}");
    }
}

#[tokio::test]
async fn a_mail_program_that_logs_in_every_minute_is_one_line() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    let begun = site.now_plus(0);
    for _ in 0..100 {
        assert!(site.mail_from("2001:db8::1", &password).await.is_accept());
        site.clock.advance(30);
        assert!(site.mail_from("2001:db8::2", &password).await.is_accept());
        site.clock.advance(30);
    }
    let events = site.history(&alice).await;
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event["first"], json!(begun));
    assert!(event["count"].as_u64().is_some_and(|count| (198..=200).contains(&count)), "{event:?}");
    let listed = site.own(&alice, SelfServiceFlow::History).says(&[]).await;
    assert!(listed.lines().join(" ").contains(" times since 20"), "{:?}", listed.lines());
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_pushes_out_neither_accepts_nor_who_knew_the_password() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    drop(site.bind(&alice, "pocket").await);
    assert!(site.mail_from("192.0.2.7", &password).await.is_accept());
    assert!(!site.ssh(&[MAIN_PASSWORD, "000000", "000000", "000000"]).await.is_accept());
    for number in 0..200 {
        let from = format!("198.51.100.{number}");
        assert!(!site.mail_from(&from, "guess").await.is_accept());
        site.clock.advance(1);
    }
    let events = site.history(&alice).await;
    let count = |wanted: &[(&str, Value)]| {
        events.iter().filter(|event| wanted.iter().all(|(name, value)| event[*name] == *value)).count()
    };
    assert_eq!(count(&[("verdict", json!("accept"))]), 1);
    assert_eq!(count(&[("first_factor_proved", json!(true))]), 1);
    assert_eq!((count(&[("first_factor_proved", json!(false))]), events.len()), (13, 15), "of 50, a quarter");
}

#[tokio::test]
async fn nothing_is_told_of_names_without_an_account_nor_of_who_gave_up_before_a_password() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let ended = site.visit("sshd", "mallory").says(&["guess"]).await;
    assert_eq!(ended.reason(), Reason::UnknownAccount);
    assert_eq!(DecidedLogin::of("sshd", None, &ended.outcome, site.now_plus(0)), None);
    assert_eq!(site.ssh(&[""]).await.reason(), Reason::Cancelled);
    assert_eq!(site.history(&alice).await, []);
    drop(site.bind(&alice, "pocket").await);
    let mut talk = site.visit("sshd", "alice").begin();
    drop(talk.answer(MAIN_PASSWORD).await);
    drop(talk.asked().await);
    talk.leave(Gone::Cancelled);
    site.remember("sshd", "192.0.2.1", &talk.ended().await).await;
    let events = site.history(&alice).await;
    let names = ["reason", "first_factor_proved"];
    assert_eq!(fields(&events, &names), json!([["cancelled", true]]), "somebody knows the password");
}

#[tokio::test]
async fn a_trusted_device_has_its_id_and_its_name() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "pocket").await;
    let visit = || site.visit("sshd", "alice").key(SshKey(1));
    assert!(visit().says(&[MAIN_PASSWORD, &app.code(), "y"]).await.is_accept());
    let ended = visit().says(&[MAIN_PASSWORD]).await;
    site.remember("sshd", "192.0.2.1", &ended).await;
    let devices = site.own(&alice, SelfServiceFlow::DeviceList).says(&[]).await;
    let device = devices.records("device")[0].clone();
    let events = site.history(&alice).await;
    let names = ["credential", "id", "label"];
    assert_eq!(fields(&events, &names), json!([["trusted_device", device["id"], device["name"]]]));
}

#[tokio::test]
async fn a_browser_reads_the_history_of_its_own_account_alone() {
    let site = Site::new().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let app = site.bind(&alice, "pocket").await;
    let ended = site.sign_in("alice", MAIN_PASSWORD).says(&[&app.code(), "n"]).await;
    site.remember("web", "192.0.2.1", &ended).await;
    let token = ended.records("session").last().unwrap()["token"].as_str().unwrap().to_owned();
    let listed = site.with_session(&token, SelfServiceFlow::History).says(&[]).await;
    let events: Vec<_> = listed.records("event").into_iter().cloned().collect();
    assert_eq!(fields(&events, &["service", "verdict", "credential"]), json!([["web", "accept", "totp"]]));
    assert_eq!(site.history(&bob).await, []);
    let stranger = site.with_session("no session", SelfServiceFlow::History).says(&[]).await;
    assert!(!stranger.is_accept() && stranger.records("event").is_empty());
}

#[tokio::test]
async fn two_hosts_count_together_and_a_ledger_that_is_down_changes_no_verdict() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    let another = site.another_host();
    for _ in 0..5 {
        assert!(site.mail_from("192.0.2.7", &password).await.is_accept());
        site.clock.advance(1);
        let ended =
            site.visit("imap", "alice").at(&another).from("192.0.2.7").secret(&password).says(&[]).await;
        let login = DecidedLogin::of("imap", "192.0.2.7".parse().ok(), &ended.outcome, site.now_plus(0));
        record_login(&another, login.unwrap()).await.unwrap();
        site.clock.advance(60);
    }
    assert_eq!(fields(&site.history(&alice).await, &["count"]), json!([[10]]));
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let ended = site.visit("imap", "alice").from("192.0.2.7").secret(&password).says(&[]).await;
    assert!(ended.is_accept());
    let login = DecidedLogin::of("imap", "192.0.2.7".parse().ok(), &ended.outcome, site.now_plus(0));
    assert!(record_login(&site.engine, login.unwrap()).await.is_err());
    site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(site.mail_from("192.0.2.7", &password).await.is_accept());
    assert_eq!(
        fields(&site.history(&alice).await, &["count"]),
        json!([[12]]),
        "the one that failed is counted"
    );
}

#[tokio::test]
async fn what_was_not_written_by_this_site_is_not_shown_and_0_entries_are_none() {
    let mut site = Site::new().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let password = site.app_password(&alice, Scope::All).await;
    assert!(site.mail_from("192.0.2.7", &password).await.is_accept());
    let (limits, now) = (site.engine.limits.history, site.now_plus(0));
    let records = site.ledger.login_events(&alice.id, &limits, now).await.unwrap();
    assert_eq!(records.len(), 1);
    assert!(!records[0].value.contains(&*password));
    drop(site.ledger.put_login_event(&bob.id, &records[0], None, &limits, now).await.unwrap());
    let mut forged = records[0].clone();
    forged.value = forged.value.replace("192.0.2.7", "192.0.2.9");
    let replaces = Some(records[0].value.as_str());
    drop(site.ledger.put_login_event(&alice.id, &forged, replaces, &limits, now).await.unwrap());
    assert_eq!((site.history(&alice).await, site.history(&bob).await), (Vec::new(), Vec::new()));
    site.configure(|setup| setup.limits.history.entries = 0);
    let listed = site.own(&alice, SelfServiceFlow::History).says(&[]).await;
    assert_eq!(listed.lines(), ["This site does not remember logins."]);
    site.clock.advance(60);
    assert!(site.mail_from("192.0.2.10", &password).await.is_accept());
    let records = site.ledger.login_events(&alice.id, &limits, site.now_plus(0)).await.unwrap();
    assert_eq!(records.len(), 1, "nothing is written");
}

#[tokio::test]
async fn a_revoked_app_password_is_named_by_its_id() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    drop(changes::revoke_app_passwords(&site.authority(), &alice.id, None).await.unwrap());
    assert_eq!(site.mail_from("192.0.2.7", &password).await.reason(), Reason::Revoked);
    let names = ["reason", "credential", "id", "label"];
    let id = &password[..4];
    assert_eq!(fields(&site.history(&alice).await, &names), json!([["revoked", "app_password", id, null]]));
}
