//! How much is sent.

use postern_core::Reason;
use postern_core::conversation::Gone;

use super::{BACKUP, number_in};
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
    assert!(second.complaints()[0].starts_with("Your phone is not asked now"), "{second:?}");
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
    assert_eq!(site.post.codes().len(), 5, "the one that bound it among them");
    site.clock.advance(3600);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    assert_eq!(site.post.codes().len(), 6);
}

#[tokio::test]
async fn one_mailbox_gets_no_more_for_being_that_of_many() {
    let site = Site::with_post().await;
    for number in 0..8 {
        let person = site.person(&format!("person{number}")).await;
        let visit = site.own(&person, postern_core::flows::OwnFlow::Enrol);
        let visit = visit.argument("kind", "email").argument("to", BACKUP);
        drop(visit.says(&[MAIN_PASSWORD]).await);
        site.clock.advance(61);
    }
    assert_eq!(site.post.codes().len(), 5);
}

#[tokio::test]
async fn what_is_shown_does_not_decide() {
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
