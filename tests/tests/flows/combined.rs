//! Main password and code in one field, at services that permit it.

use postern_core::Reason;
use postern_core::app_password::Scope;
use postern_core::changes;
use postern_core::factor::{Algorithm, TotpShape};
use postern_core::ledger::Credential;
use postern_core::policy::MainPasswordOnMail;

use crate::harness::{App, Ended, MAIN_PASSWORD, Point, Site, Someone};

impl Site {
    async fn webmail(&self, secret: &str) -> Ended {
        self.visit("webmail", "alice").secret(secret).says(&[]).await
    }
}

async fn site() -> (Site, Someone, App) {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    site.faults.expect(None);
    (site, alice, app)
}

fn both(app: &App) -> String {
    format!("{MAIN_PASSWORD}{}", app.code())
}

#[tokio::test]
async fn the_main_password_with_a_code_behind_it_opens_the_door_once() {
    let (site, _, app) = site().await;
    let secret = both(&app);
    assert_eq!(site.webmail(&secret).await.credential(), Credential::Factor(app.id.unwrap()));
    assert_eq!(site.webmail(&secret).await.reason(), Reason::Replayed);
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), "", ""]).await;
    assert_eq!(again.reason(), Reason::Replayed, "at no other door either");
    site.clock.advance(30);
    assert!(site.webmail(&both(&app)).await.is_accept());
    let asked = site.visit("webmail", "alice").says(&[&both(&app)]).await;
    assert_eq!(asked.reason(), Reason::Replayed);
}

#[tokio::test]
async fn the_code_behind_it_is_read_like_any_other_and_the_main_password_is_not_touched() {
    let (site, _, app) = site().await;
    let wide =
        |code: &str| code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect::<String>();
    for form in [
        |code: &str| format!("{}\u{a0}{}", &code[..3], &code[3..]),
        |code: &str| format!("{}-{}\r\n", &code[..3], &code[3..]),
        |code: &str| format!("{code}\u{200b}"),
    ] {
        let secret = format!("{MAIN_PASSWORD}{}", form(&app.code()));
        assert!(site.webmail(&secret).await.is_accept(), "{secret:?}");
        site.clock.advance(30);
    }
    assert!(site.webmail(&format!("{MAIN_PASSWORD}{}", wide(&app.code()))).await.is_accept());
    site.clock.advance(30);
    for between in [" ", "\u{200b}", "\t"] {
        let secret = format!("{MAIN_PASSWORD}{between}{}", app.code());
        assert!(!site.webmail(&secret).await.is_accept(), "{secret:?}");
    }
}

#[tokio::test]
async fn the_main_password_alone_opens_it_until_a_factor_is_bound_and_no_longer() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    assert_eq!(site.webmail(MAIN_PASSWORD).await.credential(), Credential::MainPassword);
    let app = site.bind(&alice, "phone").await;
    assert_eq!(site.webmail(MAIN_PASSWORD).await.reason(), Reason::UseAppPassword);
    assert!(site.webmail(&both(&app)).await.is_accept());
    assert!(!site.webmail(&app.code()).await.is_accept(), "a code alone is not enough");
    let password = site.app_password(&alice, Scope::All).await;
    assert!(site.webmail(&password).await.is_accept(), "an app password still is");
}

#[tokio::test]
async fn it_is_off_unless_a_service_permits_it() {
    let (site, _, app) = site().await;
    let mail = site.visit("imap", "alice").secret(&both(&app)).says(&[]).await;
    assert_eq!(mail.reason(), Reason::UseAppPassword);
    let login = site.visit("sshd", "alice").says(&[&both(&app)]).await;
    assert_eq!(login.reason(), Reason::BadCredential);
    assert!(site.webmail(&both(&app)).await.is_accept(), "and its code was not spent by that");
}

#[tokio::test]
async fn a_user_without_a_factor_is_asked_for_no_code() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    assert!(site.webmail(MAIN_PASSWORD).await.is_accept());
    assert_eq!(site.webmail(&format!("{MAIN_PASSWORD}123456")).await.reason(), Reason::BadCredential);
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn codes_of_eight_digits_are_taken_and_of_both_lengths_beside_each_other() {
    let (site, alice, phone) = site().await;
    let shape = TotpShape::new(Algorithm::Sha256, 8, 60).unwrap();
    let token = site.bind_shape(&alice, "token", shape).await;
    assert_eq!(site.webmail(&both(&token)).await.credential(), Credential::Factor(token.id.unwrap()));
    assert_eq!(site.webmail(&both(&phone)).await.credential(), Credential::Factor(phone.id.unwrap()));
    assert!(!site.webmail(&both(&token)).await.is_accept());
}

#[tokio::test]
async fn a_wrong_code_behind_the_right_main_password_counts_as_a_wrong_code() {
    let (site, _, app) = site().await;
    for number in 1..=5 {
        let secret = format!("{MAIN_PASSWORD}{}", app.wrong_code(number));
        assert_eq!(site.webmail(&secret).await.reason(), Reason::BadCredential);
    }
    assert_eq!(site.webmail(&both(&app)).await.reason(), Reason::Limited);
    let login = site.visit("sshd", "alice").from("192.0.2.44").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(login.reason(), Reason::Limited, "codes are counted for the account, at every service");
    site.clock.advance(900);
    assert!(site.webmail(&both(&app)).await.is_accept());
}

#[tokio::test]
async fn a_mail_program_that_saves_password_and_code_locks_no_user_out() {
    let (site, _, app) = site().await;
    let kept = both(&app);
    assert!(site.webmail(&kept).await.is_accept());
    assert_eq!(site.webmail(&kept).await.reason(), Reason::Replayed);
    for _ in 0..200 {
        assert_eq!(site.webmail(&kept).await.reason(), Reason::BadCredential);
        site.clock.advance(4);
    }
    assert_eq!(site.faults.count(Point::AdmitCode), 2, "it is looked at no more");
    assert!(site.webmail(&both(&app)).await.is_accept());
}

#[tokio::test]
async fn a_code_behind_a_wrong_main_password_is_not_looked_at() {
    let (site, _, app) = site().await;
    for _ in 0..20 {
        let ended = site.webmail(&format!("last year's password{}", app.code())).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
        site.clock.advance(30);
    }
    assert_eq!(site.faults.count(Point::AdmitCode) + site.faults.count(Point::Spend), 0);
    assert_eq!(site.faults.count(Point::CheckMainPassword), 1, "and the same wrong one is checked once");
    assert!(site.webmail(&both(&app)).await.is_accept());
}

#[tokio::test]
async fn app_passwords_are_looked_at_first() {
    let (site, alice, _) = site().await;
    let password = site.app_password(&alice, Scope::All).await;
    site.faults.expect(None);
    assert!(matches!(site.webmail(&password).await.credential(), Credential::AppPassword(_)));
    assert_eq!(site.faults.count(Point::CheckMainPassword) + site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn recovery_codes_and_trusted_devices_are_no_codes_of_an_app() {
    let (site, alice, _) = site().await;
    let codes = site.recovery_codes(&alice, 1).await;
    for secret in [format!("{MAIN_PASSWORD}{}", codes[0]), format!("{MAIN_PASSWORD} {}", codes[0])] {
        assert!(!site.webmail(&secret).await.is_accept());
    }
    assert_eq!(site.account(&alice).await.data.recovery_codes.len(), 1);
}

#[tokio::test]
async fn locked_factors_and_a_ledger_that_cannot_spend_open_nothing() {
    let (site, alice, app) = site().await;
    site.faults.ledger_is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(site.webmail(&both(&app)).await.is_defer());
    site.faults.ledger_is_down.store(false, std::sync::atomic::Ordering::Relaxed);
    site.forget_spent_steps();
    assert!(site.webmail(&both(&app)).await.is_defer(), "nobody can say whether it was used");
    site.clock.advance(120);
    let now = site.now_plus(0);
    site.edit(&alice, |data| data.factors[0].locked = Some(now)).await;
    assert_eq!(site.webmail(&both(&app)).await.reason(), Reason::Locked);
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    assert!(site.webmail(&both(&app)).await.is_accept());
}

#[tokio::test]
async fn under_an_observed_policy_the_main_password_alone_still_opens_it() {
    let (mut site, _, app) = site().await;
    site.configure(|setup| setup.policy.observe = true);
    let ended = site.webmail(MAIN_PASSWORD).await;
    assert_eq!(ended.credential(), Credential::MainPassword);
    assert_eq!(ended.outcome.trail.observed, Some(Reason::UseAppPassword));
    let ended = site.webmail(&both(&app)).await;
    assert_eq!(ended.credential(), Credential::Factor(app.id.unwrap()));
    assert_eq!(ended.outcome.trail.observed, None);
    assert_eq!(site.webmail("wrong").await.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn a_main_password_that_is_never_enough_suffices_with_a_code() {
    let (mut site, _, app) = site().await;
    site.configure(|setup| setup.policy.main_password_on_mail = MainPasswordOnMail::Never);
    assert_eq!(site.webmail(MAIN_PASSWORD).await.reason(), Reason::UseAppPassword);
    assert!(site.webmail(&both(&app)).await.is_accept());
}
