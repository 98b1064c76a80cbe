//! Limits on codes.

use postern_core::Reason;
use postern_core::changes;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::{CodeAdmission, CodeAttempt, Token};

use crate::harness::{MAIN_PASSWORD, Point, Site, SshKey};

#[tokio::test]
async fn of_200_wrong_codes_at_once_at_most_5_reach_the_verifier() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let mut talks: Vec<_> = (0..200).map(|_| site.visit("sshkey", "alice").key(SshKey(1)).begin()).collect();
    for talk in &mut talks {
        talk.asked().await;
    }
    site.faults.expect(None);
    for (number, talk) in (1..).zip(&talks) {
        talk.say(&app.wrong_code(number));
        talk.say("");
        talk.say("");
    }
    let (mut looked_at, mut limited) = (0, 0);
    for talk in talks {
        match talk.ended().await.reason() {
            Reason::BadCredential => looked_at += 1,
            Reason::Limited => limited += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((looked_at, limited), (5, 195));
    assert_eq!(site.faults.count(Point::AdmitCode), 200, "each was counted before it was looked at");
    assert_eq!(site.faults.count(Point::Spend), 0);
    let right = site.visit("sshkey", "alice").key(SshKey(1)).says(&[&app.code()]).await;
    assert_eq!(right.reason(), Reason::Limited, "the right one is not looked at then either");
}

#[tokio::test]
async fn the_same_wrong_code_counts_each_time() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let wrong = app.wrong_code(1);
    for _ in 0..5 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &wrong, "", ""]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(ended.reason(), Reason::Limited);
    assert_eq!(ended.complaints(), ["Too many wrong codes. Try again in 15 minutes."]);
    site.clock.advance(899);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(ended.reason(), Reason::Limited);
    site.clock.advance(1);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn one_fixed_wrong_code_at_each_of_200_steps_locks_every_factor_like_any_other() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let (phone, token) = (site.bind(&alice, "phone").await, site.bind(&alice, "token").await);
    let codes = site.recovery_codes(&alice, 1).await;
    let fixed = "314159";
    let (mut looked_at, mut locked_at) = (0, None);
    for step in 0..200 {
        // Four in a quarter of an hour: the limit of five is never reached.
        site.clock.advance(240);
        while (-1..=1).any(|later| [&phone, &token].iter().any(|app| app.code_of_step(later) == fixed)) {
            site.clock.advance(30);
        }
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, fixed, "", ""]).await;
        match ended.reason() {
            Reason::BadCredential => looked_at += 1,
            Reason::Locked => locked_at = locked_at.or(Some(step)),
            other => panic!("{other:?} at step {step}"),
        }
    }
    assert_eq!((looked_at, locked_at), (99, Some(99)), "the hundredth in a row locks");
    let factors = site.account(&alice).await.data.factors;
    assert!(factors.iter().all(|factor| factor.locked.is_some()), "{factors:?}");

    for app in [&phone, &token] {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!(ended.reason(), Reason::Locked);
        assert_eq!(
            ended.complaints(),
            ["Too many wrong codes. An administrator has to unlock your second factor."; 2],
            "a recovery code is asked for, and a code is told the same again"
        );
    }
    site.ledger.forget_codes(&alice.id).await.unwrap();
    site.clock.advance(400 * 86_400);
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &phone.code()]).await;
    assert_eq!(ended.reason(), Reason::Locked, "neither a deleted counter nor time unlocks it");
    let recovery = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert!(recovery.is_accept(), "a recovery code is no code of an app");

    assert_eq!(changes::unlock_factors(&site.authority(), &alice.id).await, Ok(2));
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &token.code()]).await.is_accept());
}

#[tokio::test]
async fn a_right_code_begins_the_count_anew() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.codes.in_a_row = 6);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for _ in 0..4 {
        let [one, two] = [app.wrong_code(1), app.wrong_code(2)];
        let right = app.code();
        assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &one, &two, &right]).await.is_accept());
        site.clock.advance(30);
    }
    for wrong in 1..=2 {
        let code = app.wrong_code(wrong);
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &code, ""]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let attempt =
        CodeAttempt { account: &alice.id, source: None, at: site.now_plus(0), token: Token::new([7; 16]) };
    let fifth = site.ledger.admit_code(&attempt, &site.setup.limits.codes).await.unwrap();
    assert_eq!(fifth, CodeAdmission::Proceed { in_a_row: 5 });
}

#[tokio::test]
async fn a_factor_that_is_bound_while_others_are_locked_takes_codes() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let phone = site.bind(&alice, "phone").await;
    let now = site.now_plus(0);
    site.edit(&alice, |data| data.factors[0].locked = Some(now)).await;
    let token = site.bind(&alice, "token").await;
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &token.code()]).await.is_accept());
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &phone.code(), "", ""]).await;
    assert_eq!(ended.reason(), Reason::BadCredential, "that of the locked one is not");
}

#[tokio::test]
async fn two_hosts_count_together() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    let other = site.another_host();
    let wrong = app.wrong_code(1);
    for number in 0..5 {
        let visit = site.visit("sshd", "alice");
        let visit = if number % 2 == 0 { visit } else { visit.at(&other) };
        assert_eq!(visit.says(&[MAIN_PASSWORD, &wrong, "", ""]).await.reason(), Reason::BadCredential);
    }
    for host in [&site.engine, &other] {
        let ended = site.visit("sshd", "alice").at(host).says(&[MAIN_PASSWORD, &app.code()]).await;
        assert_eq!(ended.reason(), Reason::Limited);
    }
}

#[tokio::test]
async fn one_code_at_many_doors_at_once_opens_exactly_one() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for round in 0..20_u64 {
        // The edges of the window, too.
        let code = app.code_of_step(i64::try_from(round % 3).unwrap() - 1);
        let hosts: Vec<_> = (0..2).map(|_| site.another_host()).collect();
        let mut talks: Vec<_> = (0..4)
            .map(|number| site.visit("sshkey", "alice").at(&hosts[number % 2]).key(SshKey(1)).begin())
            .collect();
        for talk in &mut talks {
            talk.asked().await;
        }
        for talk in &talks {
            talk.say(&code);
            talk.say("n");
            talk.say("");
            talk.say("");
        }
        let mut accepted = 0;
        for talk in talks {
            accepted += u32::from(talk.ended().await.is_accept());
        }
        assert_eq!(accepted, 1, "round {round}");
        site.clock.advance(90);
        changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    }
}

#[tokio::test]
async fn strangers_at_su_lock_no_user_out_of_sudo_or_their_own_account() {
    let mut site = Site::new().await;
    site.configure(|setup| {
        setup.limits.attempts.per_source = 3;
        setup.limits.attempts.per_account = 6;
    });
    let (alice, mallory) = (site.person("alice").await, site.person("mallory").await);
    let wrong = |number: u32| format!("wrong {number}");
    let guess = async |by: u32, number: u32| site.visit("sshd", "alice").by(by).says(&[&wrong(number)]).await;
    for number in 0..3 {
        assert_eq!(guess(mallory.uid, number).await.reason(), Reason::BadCredential);
    }
    assert_eq!(guess(mallory.uid, 3).await.reason(), Reason::Limited);
    assert!(site.visit("sshd", "alice").by(4242).says(&[MAIN_PASSWORD]).await.is_accept(), "another user");
    for number in 0..3 {
        assert_eq!(guess(4343, number).await.reason(), Reason::BadCredential);
    }
    // The limit of the account is full. It does not apply to the account's own user.
    assert_eq!(site.visit("sshd", "alice").by(4444).says(&[MAIN_PASSWORD]).await.reason(), Reason::Limited);
    assert!(site.visit("sshd", "alice").by(4242).says(&[MAIN_PASSWORD]).await.is_accept(), "known by now");
    assert!(site.visit("sshd", "alice").by(alice.uid).says(&[MAIN_PASSWORD]).await.is_accept(), "sudo");
    let create = |label| site.own(&alice, SelfServiceFlow::AppPasswordCreate).argument("label", label);
    assert!(create("Foxmail").says(&[MAIN_PASSWORD]).await.is_accept());
    // An attacker with her session, but without her password, has three tries as usual.
    for number in 10..13 {
        assert_eq!(create("K-9").says(&[&wrong(number)]).await.reason(), Reason::BadCredential);
    }
    assert_eq!(create("K-9").says(&[&wrong(13)]).await.reason(), Reason::Limited);
    assert_eq!(guess(alice.uid, 14).await.reason(), Reason::Limited, "it is one source at all doors");
}
