//! Applications that a session lets in: codes, keys, and the session mail password.

use std::sync::atomic::Ordering;

use postern_core::app_password::Networks;
use postern_core::browser_record::BrowserRecordKind;
use postern_core::flows::{ApplicationFlow, SelfServiceFlow};
use postern_core::session::Application;
use postern_core::{Reason, Verdict, changes};

use super::Person;
use crate::harness::{Ended, MAIN_PASSWORD, Site};

/// Where the web mail is.
const WEBMAIL: &str = "192.0.2.80";
const STATE: &str = "0123456789abcdef0123456789abcdef";

/// What an application was told.
#[derive(Debug, Clone)]
struct Told {
    key: String,
    password: String,
}

fn told(ended: &Ended) -> Told {
    assert!(ended.is_accept(), "{ended:?}");
    let record = ended.records("application_session")[0];
    assert!(record["user"] == "alice" && record["application"].is_string());
    let text = |name: &str| record[name].as_str().unwrap().to_owned();
    Told { key: text("key"), password: text("password") }
}

impl Person {
    async fn with_applications() -> Self {
        let mut site = Site::new().await;
        let application = |name: &str, services: &str| {
            let url = format!("https://{name}.example.org/");
            let networks = Networks::parse(&[WEBMAIL]).unwrap();
            let named = name.to_owned();
            (name.to_owned(), Application { name: named, url, scope: services.parse().unwrap(), networks })
        };
        site.configure(|setup| {
            setup.applications = [application("roundcube", "imap"), application("sogo", "smtp")].into();
        });
        Self::at(site).await
    }

    /// The code with which the session lets an application in.
    async fn code(&self, token: &str, application: &str) -> String {
        let granted = self.grants(token, application, STATE).await;
        assert!(granted.is_accept() && granted.questions().is_empty(), "{granted:?}");
        let record = granted.records("application_code")[0];
        assert_eq!(record["url"], format!("https://{application}.example.org/"));
        record["code"].as_str().unwrap().to_owned()
    }

    async fn grants(&self, token: &str, application: &str, state: &str) -> Ended {
        let visit = self.site.with_session(token, SelfServiceFlow::GrantApplication);
        visit.argument("application", application).argument("state", state).says(&[]).await
    }

    async fn redeem(&self, code: &str, application: &str, state: &str) -> Ended {
        let arguments = [("application", application), ("state", state)];
        self.site.application(ApplicationFlow::Redeem, code, &arguments).await
    }

    async fn check(&self, key: &str) -> Ended {
        self.site.application(ApplicationFlow::Check, key, &[("is_active", "true")]).await
    }

    /// What Roundcube gets from a session.
    async fn let_in(&self, token: &str) -> Told {
        let code = self.code(token, "roundcube").await;
        told(&self.redeem(&code, "roundcube", STATE).await)
    }

    /// A login of the web mail for a person elsewhere.
    async fn mail(&self, password: &str) -> Ended {
        self.site.visit("imap", "alice").secret(password).through(WEBMAIL).says(&[]).await
    }

    async fn opens(&self, password: &str) -> bool {
        self.mail(password).await.is_accept()
    }
}

#[tokio::test]
async fn a_session_opens_mail_by_a_password_that_ends_with_it() {
    let p = Person::with_applications().await;
    let (one, other) = (p.sign_in().await, p.sign_in().await);
    let (in_one, in_other) = (p.let_in(&one).await, p.let_in(&other).await);
    assert_ne!(in_one.password, in_other.password);
    for told in [&in_one, &in_other] {
        let ended = p.mail(&told.password).await;
        assert!(ended.is_accept() && ended.outcome.trail.session.is_some(), "{ended:?}");
    }
    assert_eq!(p.mail(MAIN_PASSWORD).await.reason(), Reason::UseAppPassword, "meanwhile");
    let out = p.site.application(ApplicationFlow::End, &in_one.key, &[]).await;
    assert!(out.is_accept() && !p.is_open(&one).await && p.is_open(&other).await);
    assert_eq!(p.mail(&in_one.password).await.reason(), Reason::Expired);
    assert_eq!(p.check(&in_one.key).await.reason(), Reason::Expired);
    assert!(p.opens(&in_other.password).await);
    let ended = p.site.with_session(&other, SelfServiceFlow::SessionEnd).says(&[]).await;
    assert!(ended.is_accept() && !p.opens(&in_other.password).await);
    let data = p.site.account(&p.alice).await.data;
    assert_eq!(data.live_app_passwords().count(), 0, "nothing of it is in the directory");
}

#[tokio::test]
async fn whatever_ends_a_session_ends_its_mail_password() {
    let p = Person::with_applications().await;
    let keyring = &p.site.engine.keyring;
    for number in 0..6 {
        let (open, _other) = (p.sign_in().await, p.sign_in().await);
        let in_mail = p.let_in(&open).await;
        assert!(p.opens(&in_mail.password).await);
        let mut expected = Reason::Expired;
        match number {
            0 => drop(
                changes::end_sessions(&p.site.authority(), keyring, &p.alice.id, |_| true).await.unwrap(),
            ),
            1 => {
                p.site.edit(&p.alice, |data| data.policy.disabled = true).await;
                expected = Reason::Disabled;
            }
            2 => {
                p.site.set_main_password(&p.alice, "another battery horse").await;
                p.site.set_main_password(&p.alice, MAIN_PASSWORD).await;
            }
            3 => p.site.ledger.forget_browsers().await.unwrap(),
            4 => p.site.clock.advance(1800),
            _ => {
                p.site.clock.advance(30);
                let own = p.site.own(&p.alice, SelfServiceFlow::Remove);
                assert!(own.says(&[MAIN_PASSWORD, &p.app.code()]).await.is_accept());
            }
        }
        assert_eq!(p.mail(&in_mail.password).await.reason(), expected, "{number}");
        assert_eq!(p.check(&in_mail.key).await.reason(), expected, "{number}");
        p.site.edit(&p.alice, |data| data.policy.disabled = false).await;
    }
}

#[tokio::test]
async fn an_open_tab_keeps_no_session_alive_and_a_person_does() {
    let p = Person::with_applications().await;
    let open = p.sign_in().await;
    let in_mail = p.let_in(&open).await;
    let asks = async |is_active: &str| {
        p.site
            .application(ApplicationFlow::Check, &in_mail.key, &[("is_active", is_active)])
            .await
            .is_accept()
    };
    for _ in 0..3 {
        p.site.clock.advance(1000);
        assert!(asks("true").await && asks("false").await && p.opens(&in_mail.password).await);
    }
    p.site.clock.advance(1700);
    assert!(asks("false").await && p.opens(&in_mail.password).await);
    p.site.clock.advance(100);
    assert!(!asks("false").await && !p.opens(&in_mail.password).await && !asks("true").await);
    assert!(!p.is_open(&open).await);
}

#[tokio::test]
async fn a_code_is_for_one_application_one_browser_one_minute_and_one_use() {
    let p = Person::with_applications().await;
    let open = p.sign_in().await;
    let other_state = STATE.replace('0', "f");
    for (application, state, seconds) in
        [("sogo", STATE, 0), ("roundcube", other_state.as_str(), 0), ("roundcube", STATE, 60), ("", "", 0)]
    {
        let code = p.code(&open, "roundcube").await;
        p.site.clock.advance(seconds);
        let refused = p.redeem(&code, application, state).await;
        assert_eq!(refused.reason(), Reason::Expired, "{application} {state} {seconds}");
        assert!(refused.records("application_session").is_empty());
        assert_eq!(p.redeem(&code, "roundcube", STATE).await.reason(), Reason::Expired, "it is used up");
    }
    let code = p.code(&open, "roundcube").await;
    p.site.clock.advance(59);
    let (one, two) = tokio::join!(p.redeem(&code, "roundcube", STATE), p.redeem(&code, "roundcube", STATE));
    assert!(one.is_accept() != two.is_accept(), "{one:?} {two:?}");
    // Several tabs come back, a few at most.
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(p.code(&open, "roundcube").await);
    }
    assert!(!p.redeem(&codes[0], "roundcube", STATE).await.is_accept());
    for code in &codes[1..] {
        assert!(p.redeem(code, "roundcube", STATE).await.is_accept());
    }
    let latest = p.code(&open, "roundcube").await;
    let in_mail = told(&p.redeem(&latest, "roundcube", STATE).await);
    for wrong in [&latest, &open, &in_mail.password, "x", "x.y", &in_mail.key.replace('.', ".A")] {
        assert!(!p.redeem(wrong, "roundcube", STATE).await.is_accept() && !p.check(wrong).await.is_accept());
    }
}

#[tokio::test]
async fn only_what_is_configured_is_let_in_and_only_by_a_browser() {
    let p = Person::with_applications().await;
    let open = p.sign_in().await;
    for (application, state) in [
        ("squirrel", STATE),
        ("", STATE),
        ("roundcube", ""),
        ("roundcube", "short"),
        ("roundcube", "0123456789abcde/"),
    ] {
        let refused = p.grants(&open, application, state).await;
        assert_eq!(refused.reason(), Reason::NotPermitted, "{application} {state}");
        assert!(refused.records("application_code").is_empty());
    }
    let own = p.site.own(&p.alice, SelfServiceFlow::GrantApplication).argument("application", "roundcube");
    assert_eq!(own.argument("state", STATE).says(&[]).await.reason(), Reason::NotPermitted);
    for arguments in [&[][..], &[("is_active", "yes")], &[("is_active", "true"), ("x", "y")]] {
        let in_mail = p.let_in(&open).await;
        let refused = p.site.application(ApplicationFlow::Check, &in_mail.key, arguments).await;
        assert_eq!(refused.reason(), Reason::NotPermitted, "{arguments:?}");
    }
}

#[tokio::test]
async fn its_password_opens_its_services_from_its_networks_for_its_account() {
    let p = Person::with_applications().await;
    drop(p.site.person("bert").await);
    let open = p.sign_in().await;
    let in_mail = p.let_in(&open).await;
    let code = p.code(&open, "sogo").await;
    let of_sogo = told(&p.redeem(&code, "sogo", STATE).await);
    assert_eq!(p.mail(&of_sogo.password).await.reason(), Reason::Scope);
    let at =
        |name: &str, from: &str| p.site.visit("imap", name).secret(&in_mail.password).from(from).says(&[]);
    assert!(at("alice", WEBMAIL).await.is_accept(), "where the front door tells no other address");
    assert_eq!(at("alice", "192.0.2.1").await.reason(), Reason::Network);
    let said_to_be =
        p.site.visit("imap", "alice").secret(&in_mail.password).from(WEBMAIL).through("192.0.2.1");
    assert_eq!(said_to_be.says(&[]).await.reason(), Reason::Network);
    assert_eq!(at("bert", WEBMAIL).await.reason(), Reason::Expired);
    assert_eq!(at("nobody", WEBMAIL).await.reason(), Reason::UnknownAccount);
    // It opens no login with a dialogue, and is never a main password.
    let web = p.site.sign_in("alice", &in_mail.password).says(&[]).await;
    assert!(!web.is_accept());
    let broken = format!("{}A", in_mail.password);
    for wrong in [broken.as_str(), "postern_mail_", &in_mail.password.replace("mail_", "mail_A")] {
        assert_eq!(p.mail(wrong).await.reason(), Reason::BadCredential, "{wrong}");
    }
    p.site.set_main_password(&p.alice, "postern_mail_is_my_password").await;
    let lenient = p.site.visit("lenient", "alice").secret("postern_mail_is_my_password").says(&[]).await;
    assert_eq!(lenient.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn what_is_taken_out_of_the_configuration_is_out_at_once() {
    let mut p = Person::with_applications().await;
    let open = p.sign_in().await;
    let in_mail = p.let_in(&open).await;
    assert!(p.opens(&in_mail.password).await);
    let mut all = std::collections::BTreeMap::new();
    p.site.configure(|setup| {
        all = setup.applications.clone();
        setup.applications.get_mut("roundcube").unwrap().networks = Networks::parse(&["192.0.2.81"]).unwrap();
    });
    assert_eq!(p.mail(&in_mail.password).await.reason(), Reason::Network);
    p.site.configure(|setup| {
        setup.applications = all.clone();
        setup.applications.get_mut("roundcube").unwrap().scope = "smtp".parse().unwrap();
    });
    assert_eq!(p.mail(&in_mail.password).await.reason(), Reason::Scope);
    p.site.configure(|setup| drop(setup.applications.remove("roundcube")));
    assert_eq!(p.mail(&in_mail.password).await.reason(), Reason::Expired);
    assert_eq!(p.check(&in_mail.key).await.reason(), Reason::Expired);
}

#[tokio::test]
async fn a_new_proof_gives_a_new_password_that_the_application_follows_to() {
    let p = Person::with_applications().await;
    let first = p.sign_in().await;
    let before = p.let_in(&first).await;
    p.site.clock.advance(330);
    let create = p.site.with_session(&first, SelfServiceFlow::AppPasswordCreate).argument("label", "one");
    let proved = create.says(&[MAIN_PASSWORD, &p.app.code()]).await;
    let second = super::token(&proved);
    let after = told(&p.check(&before.key).await);
    assert!(after.password != before.password && after.key != before.key);
    assert!(p.opens(&before.password).await && p.opens(&after.password).await, "what is under way may end");
    p.site.clock.advance(60);
    assert!(!p.opens(&before.password).await && p.opens(&after.password).await);
    let again = told(&p.check(&before.key).await);
    assert_eq!(again.password, after.password);
    // A new code of the same session is for the same password.
    assert_eq!(p.let_in(&second).await.password, after.password);
    assert_eq!(told(&p.check(&before.key).await).password, after.password);
}

#[tokio::test]
async fn what_is_in_the_ledger_is_good_for_nothing_without_the_keyring() {
    let p = Person::with_applications().await;
    let open = p.sign_in().await;
    let in_mail = p.let_in(&open).await;
    let now = p.site.now_plus(0);
    let records = p.site.ledger.browser_records(&p.alice.id, BrowserRecordKind::Session, now).await.unwrap();
    let stored = &records[0];
    let password = in_mail.password.trim_start_matches("postern_mail_");
    let key = in_mail.key.split('.').next().unwrap();
    assert!(!stored.value.contains(password) && !stored.value.contains(key), "{}", stored.value);
    for (from, to) in
        [("192.0.2.80", "0.0.0.0/0"), ("\\\"imap\\\"", "\\\"all\\\""), ("roundcube", "roundcubf")]
    {
        let mut forged = stored.clone();
        forged.value = stored.value.replace(from, to);
        assert_ne!(forged.value, stored.value, "{from}");
        assert!(p.site.ledger.put_browser_record(&p.alice.id, &forged, None, now).await.unwrap());
        assert!(!p.opens(&in_mail.password).await, "{from}");
    }
    assert!(p.site.ledger.put_browser_record(&p.alice.id, stored, None, now).await.unwrap());
    assert!(p.opens(&in_mail.password).await);
}

#[tokio::test]
async fn without_the_ledger_it_is_deferred_and_nothing_else_is() {
    let p = Person::with_applications().await;
    let app_password = p.site.app_password(&p.alice, "imap".parse().unwrap()).await;
    let open = p.sign_in().await;
    let in_mail = p.let_in(&open).await;
    assert!(p.opens(&app_password).await);
    p.site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    assert!(matches!(p.mail(&in_mail.password).await.outcome.verdict, Verdict::Defer(_)));
    p.site.edit(&p.alice, |data| data.policy.disabled = true).await;
    assert!(
        matches!(p.mail(&in_mail.password).await.outcome.verdict, Verdict::Defer(_)),
        "nor is a disabled one"
    );
    p.site.edit(&p.alice, |data| data.policy.disabled = false).await;
    let stranger = p.site.visit("imap", "nobody").secret(&in_mail.password).through(WEBMAIL).says(&[]).await;
    assert!(matches!(stranger.outcome.verdict, Verdict::Defer(_)), "nor is a stranger told apart");
    assert!(matches!(p.check(&in_mail.key).await.outcome.verdict, Verdict::Defer(_)));
    assert!(p.opens(&app_password).await);
    p.site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(p.opens(&in_mail.password).await);
}
