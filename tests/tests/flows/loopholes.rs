//! Regression tests for bypasses.

use postern_core::Reason;
use postern_core::app_password::Label;
use postern_core::changes;
use postern_core::changes::ChangeRefusal;
use postern_core::factor::{FactorId, NewTotp, Seed, TotpShape};
use postern_core::flows::SelfServiceFlow;
use postern_core::policy::ForcedEnrolment;

use crate::harness::{App, MAIN_PASSWORD, Site, Someone};

/// An attacker who proved everything waits at the first code of their own app, while `change` revokes something.
async fn thief_at_the_last_question(change: impl AsyncFnOnce(&Site, &Someone, &App)) {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let stolen = site.bind(&alice, "stolen phone").await;
    drop(site.bind(&alice, "token").await);
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&stolen.code()).await;
    talk.asked().await;
    let app = App::of_key(&talk.heard().key(), &site.clock);
    let before = site.account(&alice).await.data.factors.len();
    change(&site, &alice, &stolen).await;
    let between = site.account(&alice).await.data.factors.len();
    talk.say(&app.code());
    assert!(!talk.ended().await.is_accept());
    let after = site.account(&alice).await.data.factors.len();
    assert!(between <= before && after == between, "{before}, {between}, {after}");
}

#[tokio::test]
async fn an_enrolment_does_not_outlive_the_factor_that_proved_it() {
    thief_at_the_last_question(async |site, alice, stolen| {
        changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, stolen.id.unwrap(), false)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_does_not_outlive_the_main_password_that_proved_it() {
    thief_at_the_last_question(async |site, alice, _| {
        site.clock.advance(1);
        site.set_main_password(alice, "a new main password").await;
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_does_not_outlive_the_account() {
    thief_at_the_last_question(async |site, alice, _| {
        site.edit(alice, |data| data.policy.disabled = true).await;
    })
    .await;
}

#[tokio::test]
async fn the_limit_on_wrong_passwords_does_not_reveal_accounts() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    let mut reasons = Vec::new();
    for name in ["alice", "nobody"] {
        let mut all = Vec::new();
        for number in 0..12 {
            all.push(
                site.visit("sshd", name).says(&[&format!("wrong {number}")]).await.reason()
                    == Reason::Limited,
            );
        }
        reasons.push(all);
    }
    assert_eq!(reasons[0], reasons[1]);
    assert!(reasons[0][11] && !reasons[0][0]);
}

#[tokio::test]
async fn a_program_that_repeats_password_and_code_locks_no_user_out() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let combined = format!("{MAIN_PASSWORD}{}", app.code());
    assert!(site.visit("webmail", "alice").secret(&combined).says(&[]).await.is_accept());
    for _ in 0..120 {
        assert!(!site.visit("webmail", "alice").secret(&combined).says(&[]).await.is_accept());
    }
    site.clock.advance(60);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn a_ticket_is_asked_for_where_the_admin_wants_one_and_no_factor_is_required() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.forced_enrolment = ForcedEnrolment::Ticket);
    let alice = site.person("alice").await;
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).begin();
    talk.answer(MAIN_PASSWORD).await;
    assert_eq!(talk.asked().await, "Ticket from your administrator: ");
}

#[tokio::test]
async fn one_seed_is_bound_once() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let mut ends = Vec::new();
    for label in ["token", "token again"] {
        let totp = NewTotp::new(TotpShape::default(), Seed::new(&[7; 20]).unwrap());
        let (random, label) = (site.authority().random, Label::new(label).unwrap());
        let id = FactorId::draw(random).unwrap();
        let new = totp.to_factor(id, label, &site.engine.keyring, random).unwrap();
        let bound =
            changes::bind_factor(&site.authority(), &site.engine.keyring, &alice.id, &new, None, None).await;
        ends.push(bound);
    }
    assert_eq!(ends, [Ok(true), Err(ChangeRefusal::BoundAlready.into())]);
}
