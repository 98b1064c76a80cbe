//! Absent users: a program gives every question the same answer, or the connection is closed.

use postern_core::changes;
use postern_core::conversation::Gone;
use postern_core::policy::{ForcedEnrolment, SecondFactor};
use postern_core::{Reason, Verdict, flows};

use crate::harness::{App, MAIN_PASSWORD, Point, Script, Site, SshKey};

#[tokio::test]
async fn an_answer_that_is_the_password_or_the_name_ends_it_and_counts_nothing() {
    let site = Site::new().await;
    let alice = site.person("123456").await;
    drop(site.bind(&alice, "phone").await);
    site.set_main_password(&alice, "654321").await;
    for (given, answers) in [
        (None, vec!["654321", "654321"]),
        (None, vec!["654321", "123456"]),
        (Some("654321"), vec!["654321"]),
        (Some("654321"), vec!["123456"]),
    ] {
        site.faults.expect(None);
        let visit = site.visit("sshd", "123456");
        let visit = given.map_or_else(|| visit.clone(), |secret| visit.clone().secret(secret));
        let ended = visit.says(&answers).await;
        assert_eq!(ended.reason(), Reason::Cancelled);
        assert_eq!(site.faults.count(Point::AdmitCode), 0);
    }
}

#[tokio::test]
async fn a_person_who_types_the_password_or_the_name_for_a_code_is_told_and_asked_again_once() {
    let site = Site::new().await;
    let alice = site.person("123456").await;
    let app = site.bind(&alice, "phone").await;
    site.set_main_password(&alice, "654321").await;
    for (typed, said) in [("654321", "That is your password,"), ("123456", "That is your user name,")] {
        let visit = site.visit("sshd", "123456").at_a_terminal();
        let ended = visit.clone().says(&["654321", typed, &app.code()]).await;
        assert!(ended.is_accept(), "{ended:?}");
        assert_eq!(ended.complaints().len(), 1);
        assert!(ended.complaints()[0].starts_with(said), "{ended:?}");
        site.clock.advance(30);
        let counted = site.faults.count(Point::AdmitCode);
        let again = visit.says(&["654321", typed, typed, &app.code()]).await;
        assert_eq!((again.reason(), again.questions().len()), (Reason::Cancelled, 3));
        assert_eq!(site.faults.count(Point::AdmitCode), counted, "a program, and nothing is counted");
    }
}

#[tokio::test]
async fn an_echo_of_the_stacks_password_is_detected_for_every_use_of_it() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    drop(site.bind(&alice, "phone").await);
    let ended = site.visit("sshkey", "alice").secret("112233").says(&["112233", "112233", "112233"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 1));
    let ended = site.visit("sshkey", "alice").key(SshKey(1)).secret("112233").says(&["112233"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 1));
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn an_echo_at_the_prompts_of_an_enrolment_ends_it_and_counts_nothing() {
    let mut site = Site::new().await;
    let alice = site.person("alice").await;
    for (forced, echo) in [
        (ForcedEnrolment::Login, MAIN_PASSWORD),
        (ForcedEnrolment::Login, "alice"),
        (ForcedEnrolment::Ticket, MAIN_PASSWORD),
        (ForcedEnrolment::Ticket, "alice"),
    ] {
        site.configure(|setup| {
            setup.policy.second_factor = SecondFactor::Required;
            setup.policy.forced_enrolment = forced;
        });
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, echo, echo, echo]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 2), "{forced:?} {echo}");
        let own =
            site.own(&alice, flows::SelfServiceFlow::Enrol).says(&[MAIN_PASSWORD, echo, echo, echo]).await;
        assert_eq!((own.reason(), own.questions().len()), (Reason::Cancelled, 3), "{forced:?} {echo}");
    }
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
}

#[tokio::test]
async fn a_user_who_leaves_at_a_question_is_not_let_in_and_nothing_is_counted() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    drop(site.bind(&alice, "token").await);
    for gone in [Gone::Cancelled, Gone::Closed] {
        for answers in [vec![], vec![MAIN_PASSWORD], vec![MAIN_PASSWORD, "2"]] {
            let mut talk = site.visit("sshd", "alice").begin();
            for answer in answers {
                talk.answer(answer).await;
            }
            talk.asked().await;
            talk.leave(gone);
            assert_eq!(talk.ended().await.reason(), Reason::Cancelled);
        }
    }
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
}

#[tokio::test]
async fn a_user_who_leaves_after_a_wrong_code_is_logged_with_that_reason() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    for (code, reason) in [(app.wrong_code(1), Reason::BadCredential), (app.code(), Reason::Replayed)] {
        for gone in [Gone::Cancelled, Gone::Closed] {
            let mut talk = site.visit("sshd", "alice").begin();
            talk.answer(MAIN_PASSWORD).await;
            talk.answer(&code).await;
            talk.asked().await;
            talk.leave(gone);
            assert_eq!(talk.ended().await.reason(), reason, "{gone:?}");
        }
    }
    // A program that then repeats its answer is still not a user.
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.wrong_code(2), "alice"]).await;
    assert_eq!(ended.reason(), Reason::Cancelled);
}

#[tokio::test]
async fn a_connection_closed_at_any_moment_lets_no_user_in() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    drop(site.bind(&alice, "token").await);
    let mut count = 0;
    loop {
        let wrong = app.wrong_code(1);
        let answers = [MAIN_PASSWORD, "2", &wrong, &app.code(), "y"];
        let mut script = Script::new(&answers).leaves_at(count);
        let transcript = script.transcript.clone();
        let outcome = site.visit("sshd", "alice").key(SshKey(7)).with(&mut script).await;
        if transcript.is_complete() {
            assert!(matches!(outcome.verdict, Verdict::Accept(_)));
            break;
        }
        // The complaint about the wrong code, and the question after it.
        let reason = if matches!(count, 6 | 7) { Reason::BadCredential } else { Reason::Cancelled };
        assert_eq!(outcome.verdict, Verdict::Reject(reason), "{count}");
        site.clock.advance(30);
        changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
        count += 1;
    }
    assert_eq!(count, 9, "three lines, five questions and a complaint");
}

#[tokio::test]
async fn a_connection_closed_in_an_enrolment_lets_no_user_in_and_binds_all_or_nothing() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    let mut count = 0;
    loop {
        let name = format!("person{count}");
        let person = site.person(&name).await;
        let clock = site.clock.clone();
        let mut script =
            Script::new(&[MAIN_PASSWORD]).enrols(move |key| App::of_key(key, &clock).code()).leaves_at(count);
        let transcript = script.transcript.clone();
        let outcome = site.visit("sshd", &name).with(&mut script).await;
        let bound = site.account(&person).await.data;
        assert_eq!(
            (bound.enrolled, bound.factors.len()),
            if bound.enrolled { (true, 1) } else { (false, 0) }
        );
        if transcript.is_complete() {
            assert!(matches!(outcome.verdict, Verdict::Accept(_)) && bound.enrolled);
            break;
        }
        assert_eq!(outcome.verdict, Verdict::Reject(Reason::Cancelled), "{count}");
        count += 1;
    }
    assert!(count > 20, "a QR code is many lines");
}

#[tokio::test]
async fn the_name_services_are_asked_for_every_name_before_the_first_question() {
    let site = Site::new().await;
    drop(site.person("alice").await);
    for name in ["alice", "nobody", "ALICE"] {
        let mut talk = site.visit("sshd", name).begin();
        talk.asked().await;
        assert_eq!(site.faults.looked_up(), [name]);
        talk.leave(Gone::Cancelled);
        assert_eq!(talk.ended().await.reason(), Reason::Cancelled);
        assert!(site.faults.looked_up().is_empty());
    }
    site.faults.users_are_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await.is_defer());
    assert!(site.visit("sshd", "nobody").says(&[MAIN_PASSWORD]).await.is_defer(), "nobody can tell");
}

#[tokio::test]
async fn an_empty_answer_is_no_answer_and_does_not_count() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.limits.attempts.per_source = 2);
    let alice = site.person("alice").await;
    let app = site.bind(&alice, "phone").await;
    for _ in 0..5 {
        for (service, name) in [("sshd", "alice"), ("sshd", "nobody-here"), ("sudo", "alice")] {
            let ended = site.visit(service, name).says(&[""]).await;
            assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 1), "{service} {name}");
        }
        // A key came before, as with autossh.
        let ended = site.visit("sshkey", "alice").key(SshKey(1)).says(&["", "", "", "", ""]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 3));
        assert_eq!(ended.outcome.detail, Some("an empty answer"));
    }
    assert_eq!(site.faults.count(Point::AdmitCode), 0);
    assert_eq!(site.faults.count(Point::CheckMainPassword), 0);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "", &app.code()]).await.is_accept());
    // After a typed answer, the log has its reason.
    for typed in ["abc", "0"] {
        let ended = site.visit("sshkey", "alice").key(SshKey(1)).says(&[typed, "", "", ""]).await;
        assert_eq!(ended.reason(), Reason::BadCredential, "{typed}");
    }
}
