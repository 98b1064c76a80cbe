//! Recovery codes, which replace a factor that is not at hand.

use std::sync::atomic::Ordering;

use postern_core::Reason;
use postern_core::ledger::Credential;

use crate::harness::{MAIN_PASSWORD, Point, Site, SshKey};

#[tokio::test]
async fn a_recovery_code_opens_the_door_once() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 3).await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert_eq!(ended.credential(), Credential::RecoveryCode);
    assert_eq!(ended.lines(), ["You have 2 recovery codes left."]);
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
    assert_eq!(again.reason(), Reason::BadCredential);
    let typed = codes[1].to_uppercase().replace('-', " ");
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &typed]).await;
    assert_eq!(ended.lines(), ["You have one recovery code left."]);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[2]]).await;
    assert_eq!(
        ended.lines(),
        ["That was your last recovery code. Make new ones with: postern my recovery-codes"]
    );
    assert!(site.account(&alice).await.data.recovery_codes.is_empty());
}

#[tokio::test]
async fn one_recovery_code_at_many_doors_at_once_opens_one() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 2).await;
    let talks: Vec<_> =
        (0..5).map(|_| site.visit("sshd", "alice").at(&site.another_host()).begin()).collect();
    let mut accepted = 0;
    for talk in &talks {
        talk.say(MAIN_PASSWORD);
        talk.say(&codes[0]);
        talk.say("");
        talk.say("");
    }
    for talk in talks {
        accepted += u32::from(talk.ended().await.is_accept());
    }
    assert_eq!(accepted, 1);
    assert_eq!(site.account(&alice).await.data.recovery_codes.len(), 1);
}

#[tokio::test]
async fn recovery_codes_work_while_the_ledger_is_down_where_codes_do_not() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let codes = site.recovery_codes(&alice, 2).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), &codes[0]]).await;
    assert!(ended.is_defer(), "{ended:?}");
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert!(ended.is_accept() && ended.outcome.trail.is_ledger_down);
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
    assert_eq!(again.reason(), Reason::BadCredential);
    site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[1]]).await.is_accept());
}

#[tokio::test]
async fn while_the_ledger_is_down_recovery_codes_are_counted_in_the_process() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 1).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let wrong = "aaaa-bbbb-cccc-dddd-eeee";
    for _ in 0..5 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, wrong, "", ""]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert_eq!(ended.reason(), Reason::Limited);
    assert_eq!(ended.complaints(), ["Too many wrong codes. Try again in 15 minutes."]);
    site.clock.advance(900);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept());
}

#[tokio::test]
async fn while_the_ledger_is_down_strangers_lock_no_user_out_of_recovery_codes() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 1).await;
    site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    let wrong = "aaaa-bbbb-cccc-dddd-eeee";
    for _ in 0..4 {
        drop(site.visit("sshkey", "alice").from("198.51.100.1").says(&[wrong, wrong, wrong]).await);
    }
    let here = site.visit("sshkey", "alice").from("198.51.100.1").says(&[&codes[0]]).await;
    assert_eq!(here.reason(), Reason::Limited);
    assert!(site.visit("sshkey", "alice").key(SshKey(1)).says(&[&codes[0], "n"]).await.is_accept());
}

#[tokio::test]
async fn wrong_recovery_codes_count_as_codes_do_and_a_wrong_selector_costs_no_hash() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let codes = site.recovery_codes(&alice, 1).await;
    let with_selector = format!("{}-bbbb-cccc-dddd-eeee", &codes[0][..4]);
    let before = site.hasher.tally();
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "aaaa-bbbb-cccc-dddd-eeee", "", ""]).await;
    assert_eq!(ended.reason(), Reason::BadCredential);
    assert_eq!(site.hasher.tally().recovery_code, before.recovery_code);
    for _ in 0..4 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &with_selector, "", ""]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    assert_eq!(site.hasher.tally().recovery_code, before.recovery_code + 4);
    for answer in [&app.code(), &codes[0]] {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, answer]).await;
        assert_eq!(ended.reason(), Reason::Limited);
    }
    assert_eq!(site.faults.count(Point::Spend), 0);
}

#[tokio::test]
async fn with_only_recovery_codes_they_are_asked_for_and_with_nothing_at_all_the_login_is_refused() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let codes = site.recovery_codes(&alice, 1).await;
    site.edit(&alice, |data| data.enrolled = true).await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "123456", &codes[0]]).await;
    assert!(ended.is_accept());
    assert_eq!(ended.questions(), ["Password: ", "Recovery code: ", "Recovery code: "]);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 1));
}

/// Only the volatile file beside the database knows that it was used.
#[tokio::test]
async fn a_recovery_code_that_was_used_is_not_good_again_where_a_backup_of_before_is_restored() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 2).await;
    let backup = site.backup();
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept());
    site.restore(&backup);
    assert_eq!(site.account(&alice).await.data.recovery_codes.len(), 2, "it is there again");
    for _ in 0..2 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
        assert_eq!(ended.reason(), Reason::Replayed);
        site.restore(&backup);
    }
    let ended =
        site.visit("sshd", "alice").at(&site.another_host()).says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
    assert_eq!(ended.reason(), Reason::Replayed, "at another host");
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[1]]).await;
    assert!(ended.is_accept(), "one that was not used is good");
    site.clock.advance(399 * 86_400);
    site.restore(&backup);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0], "", ""]).await;
    assert_eq!(ended.reason(), Reason::Replayed, "a year later");
}

#[tokio::test]
async fn a_recovery_code_that_cannot_be_marked_as_used_is_not_taken_and_its_owner_hears_so() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let codes = site.recovery_codes(&alice, 1).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let pause = site.faults.pause(Point::Update);
    talk.say(&codes[0]);
    pause.reached().await;
    site.faults.directory_is_down.store(true, Ordering::Relaxed);
    pause.go();
    let ended = talk.ended().await;
    assert!(ended.is_defer(), "{ended:?}");
    assert_eq!(
        ended.complaints(),
        [
            "Recovery codes cannot be accepted right now, because the server cannot mark them as used. Try again later."
        ]
    );
    site.faults.directory_is_down.store(false, Ordering::Relaxed);
    assert!(
        site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await.is_accept(),
        "it was not used"
    );
}
