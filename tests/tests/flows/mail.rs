//! Mail logins that need another clock or a failing store.

use std::sync::atomic::Ordering;

use postern_core::app_password::{Label, Networks, Scope};
use postern_core::changes;
use postern_core::changes::{Authority, ChangeRefusal, Order};
use postern_core::flows;
use postern_core::ledger::Credential;
use postern_core::name::LoginName;
use postern_core::random::RandomnessGone;
use postern_core::{Reason, Verdict};

use crate::harness::{Ended, MAIN_PASSWORD, Point, Site, Store};

impl Site {
    async fn mail(&self, name: &str, secret: &str) -> Ended {
        self.visit("imap", name).secret(secret).says(&[]).await
    }
}

#[tokio::test]
async fn an_app_password_is_refused_from_the_second_of_its_expiry_on() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let expires = Some(site.now_plus(10));
    let password = site.app_password_until(&alice, Scope::All, expires).await;
    assert!(site.mail("alice", &password).await.is_accept());
    site.clock.advance(9);
    assert!(site.mail("alice", &password).await.is_accept());
    site.clock.advance(1);
    assert_eq!(site.mail("alice", &password).await.reason(), Reason::Expired);
}

#[tokio::test]
async fn under_a_lock_one_repeated_secret_is_one_guess_and_is_rarely_asked_for_again() {
    const AGAIN: Option<&str> = Some("the same secret was wrong before");
    let site = Site::new().await;
    site.person_with("alice", &[("pwdAccountLockedTime", "20270115080000Z")]).await;
    let lenient = |secret| site.visit("lenient", "alice").secret(secret).says(&[]);
    site.faults.expect(None);
    let first = lenient("an old password").await;
    assert_eq!(first.reason(), Reason::BadCredential);
    assert!(first.outcome.detail.unwrap().contains("has locked the main password"), "{first:?}");
    for _ in 0..60 {
        site.clock.advance(30);
        let ended = lenient("an old password").await;
        assert_eq!(ended.reason(), Reason::BadCredential);
        let is_anew = ended.outcome.detail != AGAIN;
        assert!(!is_anew || ended.outcome.detail == first.outcome.detail, "{ended:?}");
    }
    let looked_at = site.faults.count(Point::CheckMainPassword);
    assert!((3..12).contains(&looked_at), "{looked_at} in 31 minutes");
    assert!(lenient(MAIN_PASSWORD).await.is_accept(), "nobody is limited by it");
}

#[tokio::test]
async fn different_guesses_under_a_lock_are_counted_each() {
    let site = Site::new().await;
    site.person_with("alice", &[("pwdAccountLockedTime", "20270115080000Z")]).await;
    for guess in 0..10 {
        let ended = site.visit("lenient", "alice").secret(&format!("guess {guess}")).says(&[]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let ended = site.visit("lenient", "alice").secret("guess 10").says(&[]).await;
    assert_eq!(ended.reason(), Reason::Limited);
}

#[tokio::test]
async fn an_app_password_is_read_despite_what_a_keyboard_or_a_clipboard_adds() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    let compact = password.replace(' ', "");
    let wide: String = compact.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    site.faults.expect(None);
    for typed in [
        format!("\n{password}"),
        format!("\t{password}"),
        format!("{password}\r\n"),
        format!("{compact}\0").replace('\0', "\u{85}"),
        format!("\u{200b}{password}\u{200b}"),
        format!("\u{feff}{password}"),
        format!("\u{202a}{}\u{202c}", password.replace(' ', "\u{a0}")),
        password.replace(' ', "\u{2212}"),
        password.replace(' ', "\u{2014}"),
        password.replace(' ', "\u{3000}"),
        wide,
    ] {
        let ended = site.mail("alice", &typed).await;
        assert!(matches!(ended.credential(), Credential::AppPassword(_)), "{typed:?}");
        let asked = site.visit("imap", "alice").says(&[&typed]).await;
        assert!(asked.is_accept(), "{typed:?}");
    }
    // A password with a known first group and a wrong rest is a wrong app password in any notation, and never a main password.
    let wrong = format!("\r\n{}{}", &compact[..12], if compact.ends_with("aaaa") { "bbbb" } else { "aaaa" });
    for typed in [wrong.clone(), wrong.replace("\r\n", "\u{feff}")] {
        let ended = site.mail("alice", &typed).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
        assert!(matches!(ended.outcome.trail.credential, Some(Credential::AppPassword(_))), "{ended:?}");
    }
    assert_eq!(site.faults.count(Point::CheckMainPassword), 0);
    assert_eq!(site.faults.count(Point::Admit), 1, "the same wrong one counts once");
}

#[tokio::test]
async fn input_that_cannot_be_a_main_password_is_not_counted_as_a_wrong_one() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    site.faults.expect(None);
    for number in 0..200 {
        for typed in
            [format!("\tABCD EFGH JKLM NPQ{}", ["R", "S", "T"][number % 3]), format!("{MAIN_PASSWORD}\n")]
        {
            let ended = site.mail("alice", &typed).await;
            assert_eq!(ended.reason(), Reason::BadCredential, "a main password is never touched");
            assert_eq!(ended.outcome.trail.credential, None);
            assert!(ended.outcome.detail.unwrap().contains("control characters"), "{ended:?}");
        }
    }
    assert_eq!(site.faults.count(Point::CheckMainPassword) + site.faults.count(Point::Admit), 0);
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
    let spaced = site.mail("alice", &format!(" {MAIN_PASSWORD}")).await;
    assert_eq!(spaced.reason(), Reason::BadCredential, "nor is a space dropped");
    assert_eq!(site.mail("nobody", "\tx").await.reason(), Reason::UnknownAccount);
}

#[tokio::test]
async fn limits_end_with_their_window_and_never_hold_up_a_right_app_password() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    for number in 0..10 {
        let wrong = site.mail("alice", &format!("wrong {number}")).await;
        assert_eq!(wrong.reason(), Reason::BadCredential);
    }
    assert_eq!(site.mail("alice", MAIN_PASSWORD).await.reason(), Reason::Limited);
    assert!(site.mail("alice", &password).await.is_accept());
    let elsewhere = site.visit("imap", "alice").from("192.0.2.99").secret(MAIN_PASSWORD).says(&[]).await;
    assert!(elsewhere.is_accept());
    site.clock.advance(900);
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
}

#[tokio::test]
async fn a_secret_that_was_wrong_is_tried_again_once_the_main_password_changed() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    for _ in 0..3 {
        assert!(!site.mail("alice", "the next password").await.is_accept());
    }
    assert_eq!(site.hasher.tally().main_password, 2, "one to make the account, one for three wrong logins");
    site.set_main_password(&alice, "the next password").await;
    assert!(site.mail("alice", "the next password").await.is_accept());
}

#[tokio::test]
async fn app_passwords_work_without_a_ledger_and_main_passwords_are_counted_in_the_process() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let ended = site.mail("alice", &password).await;
    assert!(ended.is_accept() && ended.outcome.trail.is_ledger_down);
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
    for number in 0..10 {
        let wrong = site.mail("alice", &format!("wrong {number}")).await;
        assert_eq!(wrong.reason(), Reason::BadCredential);
    }
    assert_eq!(site.mail("alice", MAIN_PASSWORD).await.reason(), Reason::Limited);
    assert!(site.mail("alice", &password).await.is_accept());
}

#[tokio::test]
async fn a_directory_that_is_out_of_order_defers_every_login() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    assert!(site.mail("alice", &password).await.is_accept());
    site.faults.directory_is_down.store(true, Ordering::Relaxed);
    for (name, secret) in
        [("alice", password.as_str()), ("alice", MAIN_PASSWORD), ("alice", "wrong"), ("bob", "wrong")]
    {
        assert!(site.mail(name, secret).await.is_defer(), "{name}");
        assert!(site.visit("sshd", name).says(&[secret]).await.is_defer(), "{name}");
        assert!(site.visit("sudo", name).says(&[secret]).await.is_defer(), "{name}");
    }
    let name = LoginName::new("alice").unwrap();
    assert!(matches!(
        flows::lookup(&site.engine, site.engine.service("lmtp"), &name).await.verdict,
        Verdict::Defer(_)
    ));
    site.faults.directory_is_down.store(false, Ordering::Relaxed);
    assert!(site.mail("alice", &password).await.is_accept());
}

#[tokio::test]
async fn a_name_without_account_costs_what_a_wrong_main_password_costs_and_fills_no_ledger() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    for service in ["imap", "sshd"] {
        let ask = async |secret: &str| site.visit(service, "nobody").secret(secret).says(&[]).await;
        let before = site.hasher.tally().main_password;
        assert_eq!(ask(&format!("wrong at {service}")).await.reason(), Reason::UnknownAccount);
        assert_eq!(site.hasher.tally().main_password, before + 1);
    }
    let before = site.hasher.tally().main_password;
    for number in 0..50 {
        drop(site.mail("nobody", &format!("wrong {number}")).await);
    }
    assert_eq!(site.hasher.tally().main_password, before + 8, "limited as an account would be");
    assert!(site.faults.calls().iter().all(|point| point.store() == Store::Directory));
}

#[tokio::test]
async fn an_enrolled_account_needs_an_app_password_from_the_next_login_on() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
    site.edit(&alice, |data| data.enrolled = true).await;
    assert_eq!(site.mail("alice", MAIN_PASSWORD).await.reason(), Reason::UseAppPassword);
    assert_eq!(site.mail("alice", "wrong").await.reason(), Reason::UseAppPassword);
    assert!(site.mail("alice", &password).await.is_accept());
    let lenient = site.visit("lenient", "alice").secret(MAIN_PASSWORD).says(&[]).await;
    assert!(lenient.is_accept(), "the service's word goes before the site's");
}

#[tokio::test]
async fn mail_follows_the_first_factor_and_the_last_by_itself() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
    let app = site.bind(&alice, "phone").await;
    assert_eq!(site.mail("alice", MAIN_PASSWORD).await.reason(), Reason::UseAppPassword);
    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, app.id.unwrap(), true)
        .await
        .unwrap();
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
}

#[tokio::test]
async fn a_mail_service_without_a_secret_asks_for_one_and_for_nothing_else() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let password = site.app_password(&alice, Scope::All).await;
    let ended = site.visit("imap", "alice").says(&[&password, "unasked"]).await;
    assert_eq!((ended.is_accept(), ended.questions()), (true, vec!["Password: "]));
    let ended = site.visit("imap", "alice").says(&[MAIN_PASSWORD, "unasked"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::UseAppPassword, 1));
    for nothing in [vec![], vec![""]] {
        assert!(matches!(
            site.visit("imap", "alice").says(&nothing).await.reason(),
            Reason::Cancelled | Reason::BadCredential
        ));
    }
    assert_eq!(
        site.visit("imap", "alice").says(&[""]).await.outcome.detail,
        Some("an empty answer"),
        "which fail2ban's filter takes for no guess"
    );
}

#[tokio::test]
async fn a_program_that_repeats_an_old_password_locks_no_user_out_and_has_it_checked_once() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    site.faults.expect(None);
    for _ in 0..1000 {
        assert_eq!(site.mail("alice", "the password of last year").await.reason(), Reason::BadCredential);
    }
    assert_eq!(site.faults.count(Point::CheckMainPassword), 1);
    assert!(site.mail("alice", MAIN_PASSWORD).await.is_accept());
    drop(alice);
}

#[tokio::test]
async fn a_tombstone_stands_for_400_days_and_its_selector_is_not_given_out_again() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let password = site.app_password(&alice, Scope::All).await;
    let revoked = changes::revoke_app_passwords(&site.authority(), &alice.id, None).await.unwrap();
    assert!(matches!(revoked, changes::Revoked::Now(all) if all.len() == 1));
    let runs = site.hasher.tally();
    let ended = site.mail("alice", &password).await;
    assert_eq!(ended.reason(), Reason::Revoked);
    assert_eq!(ended.outcome.detail, Some("the app password is revoked"));
    assert_eq!(site.hasher.tally(), runs, "neither the app password nor the main password is computed");
    for (days, left) in [(399, 1), (2, 0)] {
        site.clock.advance(days * 86_400);
        drop(site.app_password(&alice, Scope::All).await);
        let data = site.account(&alice).await.data;
        assert_eq!(data.app_passwords.iter().filter(|password| password.live().is_none()).count(), left);
    }
}

#[tokio::test]
async fn randomness_that_fails_or_repeats_makes_no_second_app_password_of_one_selector() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let label = Label::new("x").unwrap();
    let order = Order { label, scope: Scope::All, expires: None, networks: Networks::default() };
    let constant = |bytes: &mut [u8]| -> Result<(), RandomnessGone> {
        bytes.fill(1);
        Ok(())
    };
    let broken = |_: &mut [u8]| Err(RandomnessGone);
    let repeating = Authority { random: constant, ..site.authority() };
    assert!(changes::create_app_password(&repeating, &alice.id, &order).await.is_ok());
    let again = changes::create_app_password(&repeating, &alice.id, &order).await;
    assert_eq!(again.err(), Some(ChangeRefusal::Contended.into()));
    let failing = Authority { random: broken, ..site.authority() };
    let failed = changes::create_app_password(&failing, &alice.id, &order).await;
    assert_eq!(failed.err(), Some(RandomnessGone.into()));
    assert_eq!(site.account(&alice).await.data.app_passwords.len(), 1);
}
