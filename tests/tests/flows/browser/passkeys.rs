//! Passkeys: bound by a browser's session, and proved by browsers alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postern_core::Reason;
use postern_core::conversation::Gone;
use postern_core::factor::Backup;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use serde_json::json;

use super::token;
use crate::harness::{BY_PASSKEY, Ended, MAIN_PASSWORD, PasskeyAnswer, SecurityKey, Site, Someone, SshKey};

/// A person whose second factor is a passkey.
struct Holder {
    site: Site,
    alice: Someone,
    key: Arc<SecurityKey>,
}

fn by(key: &Arc<SecurityKey>) -> PasskeyAnswer {
    let key = Arc::clone(key);
    Box::new(move |options| key.answer(options))
}

impl Holder {
    async fn with(key: SecurityKey) -> Self {
        let site = Site::new().await;
        let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
        let holder = Self { site, alice, key: Arc::new(key) };
        let session = token(&holder.site.sign_in("alice", MAIN_PASSWORD).says(&[]).await);
        let bound = holder.bind(&session, &holder.key, &[MAIN_PASSWORD, BY_PASSKEY]).await;
        assert!(bound.is_accept(), "{bound:?}");
        holder
    }

    async fn bind(&self, session: &str, key: &Arc<SecurityKey>, answers: &[&str]) -> Ended {
        let visit = self.site.with_session(session, SelfServiceFlow::Enrol).argument("kind", "passkey");
        visit.says_by(answers, by(key)).await
    }

    /// Logs in by any passkey.
    async fn log_in(&self, passkey: PasskeyAnswer, answers: &[&str]) -> Ended {
        self.site.sign_in("alice", MAIN_PASSWORD).says_by(answers, passkey).await
    }
}

#[tokio::test]
async fn a_passkey_is_bound_and_proves_a_login_and_a_change() {
    let holder = Holder::with(SecurityKey { is_synced: true, ..SecurityKey::new(7) }).await;
    let stored = holder.site.account(&holder.alice).await.data.factors;
    let passkey = stored[0].kind.passkey().unwrap();
    assert_eq!((stored[0].label.as_str(), passkey.backup), ("Passkey", Backup::Done));
    assert_eq!(json!(passkey.transports), json!(["usb"]));
    let ended = holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await;
    assert_eq!(ended.credential(), Credential::Factor(stored[0].id), "{ended:?}");
    let session = token(&ended);
    let listed = holder.site.with_session(&session, SelfServiceFlow::Factors).says(&[]).await;
    assert_eq!(listed.records("factor")[0]["backup"], "done");
    // The proof was given a moment ago.
    let codes = holder.site.with_session(&session, SelfServiceFlow::RecoveryCodes).says(&[""]).await;
    assert!(codes.is_accept(), "{codes:?}");
    // Later it is asked for again.
    holder.site.clock.advance(400);
    let change = holder.site.with_session(&session, SelfServiceFlow::RecoveryCodes);
    let codes = change.says_by(&[MAIN_PASSWORD, BY_PASSKEY, ""], by(&holder.key)).await;
    assert!(codes.is_accept(), "{codes:?}");
    // A trusted browser needs none.
    let trusted = holder.log_in(by(&holder.key), &[BY_PASSKEY, "y"]).await;
    let secret = trusted.records("trusted_browser")[0]["token"].as_str().unwrap().to_owned();
    let again = holder.site.sign_in("alice", MAIN_PASSWORD).trusted(&secret).says(&[]).await;
    assert_eq!(again.credential(), Credential::TrustedDevice);
}

#[tokio::test]
async fn an_answer_that_is_not_for_this_challenge_site_and_account_is_refused() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let answer_of = |key: SecurityKey| -> PasskeyAnswer { Box::new(move |options| key.answer(options)) };
    let earlier = Arc::new(std::sync::Mutex::new(String::new()));
    let kept = Arc::clone(&earlier);
    let key = Arc::clone(&holder.key);
    let keeping: PasskeyAnswer = Box::new(move |options| {
        kept.lock().unwrap().clone_from(&key.answer(options));
        kept.lock().unwrap().clone()
    });
    assert!(holder.log_in(keeping, &[BY_PASSKEY, "n"]).await.is_accept());
    let replayed = earlier.lock().unwrap().clone();
    let of = SecurityKey::new;
    let truncated = move |options: &str| {
        let whole = of(7).answer(options);
        whole.replace("\"signature\":\"", "\"signature\":\"AA")
    };
    let wrong: Vec<(&str, PasskeyAnswer)> = vec![
        ("an answer of an earlier login", Box::new(move |_| replayed.clone())),
        ("no person verified", answer_of(SecurityKey { verifies: false, ..of(7) })),
        ("another person's passkey", answer_of(of(8))),
        ("another key under its id", answer_of(SecurityKey { id: vec![7; 16], ..of(8) })),
        (
            "the answer of a registration",
            answer_of(SecurityKey { asked_to: Some("webauthn.create"), ..of(7) }),
        ),
        ("another signature", Box::new(truncated)),
        ("no credential", Box::new(|_| "{}".to_owned())),
        ("no JSON", Box::new(|_| "{\"rawId\":".to_owned())),
    ];
    for (what, passkey) in wrong {
        let ended = holder.log_in(passkey, &[BY_PASSKEY; 4]).await;
        assert_eq!(ended.reason(), Reason::BadCredential, "{what}: {ended:?}");
        assert_eq!(ended.questions().len(), 3, "{what}");
    }
    for elsewhere in [
        SecurityKey { origin: "https://account.example.org.evil.example", ..of(7) },
        SecurityKey { origin: "http://account.example.org", ..of(7) },
        SecurityKey { origin: "https://account.example.org:8443", ..of(7) },
        SecurityKey { rp_id: "example.org", ..of(7) },
    ] {
        let ended = holder.log_in(answer_of(elsewhere), &[BY_PASSKEY; 4]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 1), "{ended:?}");
        assert!(ended.outcome.detail.unwrap().contains("account_url"), "{ended:?}");
    }
    // Each wrong answer is followed by a challenge of its own.
    let (count, key) = (AtomicUsize::new(0), Arc::clone(&holder.key));
    let second: PasskeyAnswer = Box::new(move |options| match count.fetch_add(1, Ordering::Relaxed) {
        0 => "{}".to_owned(),
        _ => key.answer(options),
    });
    assert!(holder.log_in(second, &[BY_PASSKEY, BY_PASSKEY, "n"]).await.is_accept());
}

#[tokio::test]
async fn a_counter_has_to_go_up_and_is_kept() {
    let holder = Holder::with(SecurityKey::counting(7, 10)).await;
    assert!(holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await.is_accept());
    let counter =
        |data: &postern_core::account::Account| data.data.factors[0].kind.passkey().unwrap().counter;
    assert_eq!(counter(&holder.site.account(&holder.alice).await), 12);
    let copy = Arc::new(SecurityKey::counting(7, 11));
    holder.site.post.open();
    let ended = holder.log_in(by(&copy), &[BY_PASSKEY; 4]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 1), "{ended:?}");
    assert!(ended.outcome.detail.unwrap().contains("copy"), "{ended:?}");
    let mails = holder.site.post.changes();
    let mails = mails.iter().filter(|mail| mail.contains("as a copy of it would"));
    assert_eq!(mails.count(), 1, "the owner hears of it once");
    // Without the key's signature it is no copy.
    let forged = SecurityKey { id: vec![7; 16], ..SecurityKey::new(8) };
    let forged: PasskeyAnswer = Box::new(move |options| forged.answer(options));
    let ended = holder.log_in(forged, &[BY_PASSKEY; 4]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 3), "{ended:?}");
    assert!(!format!("{:?}", ended.outcome.detail).contains("copy"), "{ended:?}");
    assert_eq!(counter(&holder.site.account(&holder.alice).await), 12);
    assert!(holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await.is_accept());
}

#[tokio::test]
async fn nothing_but_a_browser_asks_for_a_passkey() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let (site, alice) = (&holder.site, &holder.alice);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "000000"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 1), "{ended:?}");
    assert!(ended.lines().iter().any(|line| line.contains("works in a browser only")), "{ended:?}");
    let enrol = site.own(alice, SelfServiceFlow::Enrol).argument("kind", "passkey");
    let ended = enrol.says(&[MAIN_PASSWORD]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0), "{ended:?}");
    // A recovery code, and any other factor, go on as ever.
    let codes = site.recovery_codes(alice, 1).await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert_eq!(ended.credential(), Credential::RecoveryCode);
    let app = site.bind(alice, "app").await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), "n"]).await;
    assert!(ended.is_accept(), "{ended:?}");
    assert_eq!(ended.questions()[1], "Code from app: ", "there is nothing to choose");
}

#[tokio::test]
async fn a_passkey_is_bound_once_and_only_with_its_person_verified() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let session = token(&holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await);
    let again = holder.bind(&session, &holder.key, &[BY_PASSKEY]).await;
    assert_eq!(again.reason(), Reason::NotPermitted, "{again:?}");
    let careless = Arc::new(SecurityKey { verifies: false, ..SecurityKey::new(9) });
    let ended = holder.bind(&session, &careless, &[BY_PASSKEY; 9]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 5), "{ended:?}");
    let other = Arc::new(SecurityKey::new(9));
    let bound = holder.bind(&session, &other, &[BY_PASSKEY]).await;
    assert_eq!(bound.records("factor")[0]["label"], "Passkey 2", "{bound:?}");
    // Either of them answers, whichever is listed first.
    for key in [&holder.key, &other] {
        assert!(holder.log_in(by(key), &[BY_PASSKEY, "n"]).await.is_accept());
    }
}

#[tokio::test]
async fn a_pause_after_wrong_codes_leaves_passkeys_usable_and_a_removed_one_is_gone_at_once() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let app = holder.site.bind(&holder.alice, "app").await;
    for _ in 0..2 {
        let wrong = [app.wrong_code(1), app.wrong_code(2), app.wrong_code(3)];
        let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
        assert!(
            !holder.site.visit("sshd", "alice").says(&[&[MAIN_PASSWORD], &*wrong].concat()).await.is_accept()
        );
    }
    let ended = holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await;
    assert!(ended.is_accept(), "{ended:?}");
    assert!(ended.lines().iter().any(|line| line.contains("Too many wrong codes")), "{ended:?}");
    let session = token(&ended);
    let factors = holder.site.account(&holder.alice).await.data.factors;
    let passkey = factors.iter().find(|factor| factor.kind.passkey().is_some()).unwrap().id.to_string();
    let mut talk = holder.site.sign_in("alice", MAIN_PASSWORD).begin();
    talk.asked().await;
    let removed = holder.site.with_session(&session, SelfServiceFlow::Remove).argument("id", &passkey);
    assert!(removed.says(&[]).await.is_accept());
    talk.say("{\"rawId\":\"BwcHBwcHBwcHBwcHBwcHBw\",\"response\":{\"clientDataJSON\":\"\",\"authenticatorData\":\"\",\"signature\":\"\"}}");
    assert_eq!(talk.asked().await, "Recovery code: ", "there are other ways, and no passkey");
    talk.leave(Gone::Cancelled);
    assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn what_was_proved_by_a_factor_that_is_gone_meanwhile_opens_nothing() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let app = holder.site.bind(&holder.alice, "app").await;
    let session = token(&holder.site.sign_in("alice", MAIN_PASSWORD).says(&[&app.code(), "n"]).await);
    for service in ["web", "sshd"] {
        holder.site.clock.advance(30);
        let trusts = "Skip the second factor";
        let mut thief = match service {
            "web" => {
                let mut talk = holder.site.sign_in("alice", MAIN_PASSWORD).begin();
                talk.asked().await;
                talk.say(&app.code());
                talk
            }
            _ => {
                let mut talk = holder.site.visit("sshd", "alice").key(SshKey(1)).begin();
                talk.answer(MAIN_PASSWORD).await;
                talk.answer(&app.code()).await;
                talk
            }
        };
        assert!(thief.asked().await.starts_with(trusts), "{service}");
        let codes = holder.site.with_session(&session, SelfServiceFlow::RecoveryCodes).says(&[""]).await;
        assert!(codes.is_accept(), "{codes:?}");
        thief.say("y");
        let ended = thief.ended().await;
        assert_eq!((ended.reason(), super::maybe_token(&ended)), (Reason::NotPermitted, None), "{ended:?}");
        assert!(ended.records("trusted_browser").is_empty(), "{ended:?}");
    }
}

#[tokio::test]
async fn a_passkey_is_replaced_on_its_own_device_and_one_that_cannot_verify_is_not_bound() {
    let holder = Holder::with(SecurityKey::new(7)).await;
    let session = token(&holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await);
    let asked = Arc::new(std::sync::Mutex::new(String::new()));
    let kept = Arc::clone(&asked);
    let key = SecurityKey { id: vec![9; 16], ..SecurityKey::new(7) };
    let passkey: PasskeyAnswer = Box::new(move |options| {
        options.clone_into(&mut kept.lock().unwrap());
        key.answer(options)
    });
    let replaced =
        holder.site.with_session(&session, SelfServiceFlow::Replace).says_by(&[BY_PASSKEY], passkey).await;
    assert!(replaced.is_accept(), "{replaced:?}");
    let asked: serde_json::Value = serde_json::from_str(&asked.lock().unwrap()).unwrap();
    assert_eq!(asked["excludeCredentials"], json!([]), "the one that goes does not forbid its successor");
    let algorithms: Vec<i64> = asked["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["alg"].as_i64().unwrap())
        .collect();
    assert_eq!(algorithms, [-8, -7, -257]);
    for broken in [
        // Half a point, and another algorithm than was asked for.
        SecurityKey { spoils: Some((0x22, 0x23)), ..SecurityKey::new(5) },
        SecurityKey { spoils: Some((0x26, 0x25)), ..SecurityKey::new(5) },
    ] {
        let ended = holder.bind(&session, &Arc::new(broken), &[BY_PASSKEY; 9]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 5), "{ended:?}");
    }
    let attested = SecurityKey { statement: Some("packed"), ..SecurityKey::new(5) };
    assert!(
        holder.bind(&session, &Arc::new(attested), &[BY_PASSKEY]).await.is_accept(),
        "it is not looked at"
    );
}

#[tokio::test]
async fn wrong_codes_lock_what_takes_codes_and_say_so_and_a_passkey_goes_on() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.codes.in_a_row = 3);
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    let holder = Holder { site, alice, key: Arc::new(SecurityKey::new(7)) };
    let session = token(&holder.site.sign_in("alice", MAIN_PASSWORD).says(&[]).await);
    assert!(holder.bind(&session, &holder.key, &[MAIN_PASSWORD, BY_PASSKEY]).await.is_accept());
    // With a passkey alone there is nothing to guess, and nothing to lock.
    let ended = holder.log_in(by(&holder.key), &["123456", "654321", BY_PASSKEY, "n"]).await;
    assert!(ended.is_accept(), "{ended:?}");
    let app = holder.site.bind(&holder.alice, "app").await;
    let wrong = [app.wrong_code(1), app.wrong_code(2), app.wrong_code(3)];
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    let ended = holder.site.visit("sshd", "alice").says(&[&[MAIN_PASSWORD], &*wrong].concat()).await;
    assert_eq!(ended.reason(), Reason::Locked, "{ended:?}");
    let ended = holder.site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(
        (ended.reason(), ended.questions().len()),
        (Reason::Locked, 1),
        "told before a code is asked for"
    );
    let ended = holder.log_in(by(&holder.key), &[BY_PASSKEY, "n"]).await;
    assert!(ended.is_accept() && ended.lines().iter().any(|line| line.contains("unlock")), "{ended:?}");
}
