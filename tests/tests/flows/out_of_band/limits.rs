//! Limits on messages.

use std::time::Duration;

use postern_core::Reason;
use postern_core::app_password::Label;
use postern_core::changes::{NewFactor, bind_factor};
use postern_core::conversation::Gone;
use postern_core::courier::CourierError;
use postern_core::exchange::SmsBudget;
use postern_core::factor::{FactorId, FactorKind, Sms};
use postern_core::flows::SelfServiceFlow;

use super::{BACKUP, NUMBER, number_in};
use crate::harness::{MAIN_PASSWORD, Site};

#[tokio::test]
async fn fifty_logins_without_an_answer_ring_three_times() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_ringing_phone(&alice).await);
    for _ in 0..50 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
        assert_eq!(ended.reason(), Reason::Cancelled);
    }
    assert_eq!(site.post.rings(), 3);
    site.clock.advance(15 * 60 + 1);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    assert_eq!(site.post.rings(), 4);
}

#[tokio::test]
async fn an_answer_of_any_kind_begins_the_count_anew() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_ringing_phone(&alice).await;
    for round in 1..=6 {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        let question = talk.asked().await;
        assert_eq!(site.post.rings(), round, "{question}");
        if round % 2 == 0 {
            let challenge = phone.pending().await.field("challenge", "id");
            drop(phone.answer(&challenge, "deny", "").await);
        }
        talk.leave(Gone::Closed);
        drop(talk.ended().await);
    }
}

#[tokio::test]
async fn one_login_at_a_time_waits_for_the_phone() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_ringing_phone(&alice).await;
    let mut first = site.visit("sshd", "alice").begin();
    first.answer(MAIN_PASSWORD).await;
    let number = number_in(&first.asked().await);
    let second = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert!(
        second.complaints()[0]
            .starts_with("Another login is waiting for your answer on the phone, for up to "),
        "{second:?}"
    );
    assert_eq!(site.post.rings(), 1);
    let challenge = phone.pending().await.field("challenge", "id");
    drop(phone.answer(&challenge, "approve", &number).await);
    first.say("");
    assert!(first.ended().await.is_accept());
}

#[tokio::test]
async fn five_codes_an_hour_and_one_a_minute_are_sent() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    for _ in 0..20 {
        drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
        site.clock.advance(20);
    }
    assert_eq!(site.post.codes().len(), 6, "the one that bound it is counted apart");
    site.clock.advance(3600);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    assert_eq!(site.post.codes().len(), 7);
}

#[tokio::test]
async fn one_mailbox_gets_no_more_for_being_that_of_many() {
    let site = Site::with_post().await;
    for number in 0..8 {
        let person = site.person(&format!("person{number}")).await;
        let visit = site.own(&person, SelfServiceFlow::Enrol);
        let visit = visit.argument("kind", "email").argument("to", BACKUP);
        drop(visit.says(&[MAIN_PASSWORD]).await);
        site.clock.advance(61);
    }
    assert_eq!(site.post.codes().len(), 6);
}

#[tokio::test]
async fn a_delivery_that_is_refused_counts_and_one_that_is_out_of_order_does_not() {
    let refused = || CourierError::Refused("550".to_owned());
    for (error, expected) in
        [(refused(), 1), (CourierError::Gone, 1), (CourierError::Down("no".to_owned()), 8)]
    {
        let site = Site::with_post().await;
        let alice = site.person("alice").await;
        site.post.fails_with(Some(error.clone()));
        let mut tried = 0;
        for number in 0..8 {
            let to = format!("nobody{number}@example.net");
            let visit =
                site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", &to);
            let ended = visit.says(&[MAIN_PASSWORD]).await;
            tried += usize::from(ended.complaints()[0].starts_with("No code could be sent to"));
        }
        assert_eq!(tried, expected, "{error:?}");
    }
    // Waiting a minute after each does not increase the six in an hour.
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    site.post.fails_with(Some(refused()));
    let mut tried = 0;
    for number in 0..20 {
        let to = format!("nobody{number}@example.net");
        let visit = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", &to);
        let ended = visit.says(&[MAIN_PASSWORD]).await;
        tried += usize::from(ended.complaints()[0].starts_with("No code could be sent to"));
        site.clock.advance(61);
    }
    assert_eq!(tried, 6);
    assert!(site.post.codes().is_empty());
}

/// Each user binds another number. Returns whether a code was sent to it.
async fn asks_for_sms(site: &Site, number: usize) -> bool {
    let person = site.person(&format!("person{number}")).await;
    let to = format!("+4420794602{number:02}");
    let visit = site.own(&person, SelfServiceFlow::Enrol).argument("kind", "sms").argument("to", &to);
    drop(visit.says(&[MAIN_PASSWORD]).await);
    !site.post.codes_to(&to).is_empty()
}

#[tokio::test]
async fn new_numbers_use_up_a_quarter_of_the_budget_and_users_with_a_bound_one_log_in() {
    let site = Site::with_post().await;
    site.post.set_budgets(20, 60);
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "sms", NUMBER).await);
    site.clock.advance(3601);
    let mut sent = 0;
    for number in 0..30 {
        sent += usize::from(asks_for_sms(&site, number).await);
    }
    assert_eq!(sent, 5, "a quarter of 20");
    let warnings = site.post.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("those for numbers that are not set up yet are used up"), "{warnings:?}");
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let question = talk.asked().await;
    assert!(question.starts_with("Code sent to"), "{question}");
    talk.say(site.post.codes_to(NUMBER).last().unwrap());
    assert!(talk.ended().await.is_accept());
    // The hour is over, and the day permits 15 of them.
    for hour in 1..10 {
        site.clock.advance(3601);
        for number in 0..30 {
            sent += usize::from(asks_for_sms(&site, 30 * hour + number).await);
        }
    }
    assert_eq!(sent, 14, "the one of alice is of the same day");
}

#[tokio::test]
async fn logins_from_new_sources_leave_a_quarter_to_known_sources() {
    let mut site = Site::with_post().await;
    site.configure(|setup| setup.limits.sent_codes.gap = Duration::ZERO);
    site.configure(|setup| setup.limits.sent_codes.for_logins = 100);
    site.post.set_budgets(20, 1000);
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "sms", NUMBER).await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    talk.say(site.post.codes_to(NUMBER).last().unwrap());
    assert!(talk.ended().await.is_accept());
    site.clock.advance(3601);
    let before = site.post.codes().len();
    for place in 0..40 {
        drop(site.visit("sshd", "alice").from(&format!("198.51.100.{place}")).says(&[MAIN_PASSWORD]).await);
    }
    assert_eq!(site.post.codes().len() - before, 15);
    let last = site.visit("sshd", "alice").from("198.51.100.77").says(&[MAIN_PASSWORD]).await;
    assert!(last.lines()[0].ends_with("A new one can be sent in 60 minutes."), "{last:?}");
    assert_eq!(last.outcome.trail.sms_budget, Some(SmsBudget::UsedUpForNewSources));
    for round in 0..5 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
        assert_eq!(site.post.codes().len() - before, 16 + round);
        let near = (round > 0).then_some(SmsBudget::Near);
        assert_eq!(ended.outcome.trail.sms_budget, near, "{round}");
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.outcome.trail.sms_budget, Some(SmsBudget::UsedUp));
    assert_eq!(site.post.codes().len() - before, 20);
    let warnings = site.post.warnings();
    assert_eq!(warnings.len(), 3, "each once: {warnings:?}");
    assert!(warnings[0].contains("those for logins from new places are used up"), "{warnings:?}");
    assert!(warnings[1].contains("Four fifths of the 20 text messages"), "{warnings:?}");
    assert!(warnings[2].contains("All 20 text messages"), "{warnings:?}");
}

#[tokio::test]
async fn a_number_out_of_the_allowed_prefixes_is_refused_before_anything_is_counted() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    for to in ["+97912345678", "+881612345678", "+870773000000", "+33612345678", "+449098790000"] {
        let visit = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "sms").argument("to", to);
        let ended = visit.says(&[MAIN_PASSWORD]).await;
        assert_eq!(ended.reason(), Reason::NotPermitted);
        assert_eq!(
            ended.complaints()[0],
            "Codes are not sent to numbers of that country or kind. Give another number, or choose another way."
        );
    }
    assert!(site.post.sent().is_empty());
    // A number that was bound when it was allowed can no longer be used, but other factors can.
    let number = "+97912345678".parse().unwrap();
    let id = FactorId::draw(site.engine.random).unwrap();
    let new = NewFactor { id, label: Label::new("sms").unwrap(), kind: FactorKind::Sms(Sms { number }) };
    let (authority, keyring) = (site.engine.authority(), &site.engine.keyring);
    assert!(bind_factor(&authority, keyring, &alice.id, &new, None, None).await.unwrap());
    let recovery = site.recovery_codes(&alice, 1).await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &recovery[0]]).await;
    assert!(ended.is_accept());
    assert!(ended.complaints()[0].starts_with("No code could be sent to …5678"), "{ended:?}");
    assert!(site.post.codes().is_empty());
}

#[tokio::test]
async fn displaying_a_challenge_does_not_answer_it() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_ringing_phone(&alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    for _ in 0..100 {
        assert_eq!(phone.pending().await.records("challenge").len(), 1);
    }
    let challenge = phone.pending().await.field("challenge", "id");
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "approved");
    talk.say("");
    assert!(talk.ended().await.is_accept());
}
