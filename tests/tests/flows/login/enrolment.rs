//! Forced enrolment: a second factor is needed, and none is bound.

use postern_core::changes;
use postern_core::factor::RecoveryText;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::policy::{ForcedEnrolment, SecondFactor};
use postern_core::{Reason, Verdict};
use std::time::Duration;

use crate::harness::{App, MAIN_PASSWORD, Point, Site, Someone, SshKey, Visit};

pub(super) async fn site(forced: ForcedEnrolment) -> Site {
    let mut site = Site::new().await;
    site.configure(|setup| {
        setup.policy.second_factor = SecondFactor::Required;
        setup.policy.forced_enrolment = forced;
    });
    site
}

async fn ticket(site: &Site, who: &Someone) -> String {
    let good_for = Duration::from_secs(3600);
    let made = changes::invite(&site.authority(), &site.engine.keyring, &who.id, good_for).await;
    RecoveryText::grouped(&made.unwrap().0).to_string()
}

/// Answers with these and then with a code of the new app.
async fn enrol(site: &Site, visit: Visit, answers: &[&str]) -> (crate::harness::Ended, App) {
    let mut talk = visit.begin();
    for answer in answers {
        talk.answer(answer).await;
    }
    assert_eq!(talk.asked().await, "Code that the app shows: ");
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    (talk.ended().await, app)
}

#[tokio::test]
async fn a_user_who_needs_a_factor_binds_one_at_that_very_login() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    let (ended, app) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD]).await;
    let account = site.account(&alice).await;
    let factor = account.data.factors[0].clone();
    assert_eq!(ended.credential(), Credential::Factor(factor.id));
    assert!(account.data.enrolled && account.data.factors.len() == 1);
    assert_eq!(factor.label.as_str(), "Authenticator app");
    let lines = ended.lines();
    assert_eq!(
        lines[0],
        "Besides your password you need a second factor here, such as codes from an app. You have none yet, so set one up now."
    );
    assert!(lines.iter().any(|line| line.starts_with("Or type this key into it: ")));
    assert_eq!(
        lines[lines.len() - 2],
        "Authenticator app is set up. From now on you will be asked for the code that it shows."
    );
    assert!(lines[lines.len() - 1].starts_with("Your mail programs now need app passwords"));
    assert_eq!(ended.records("factor")[0]["id"], factor.id.to_string());

    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code(), "", ""]).await;
    assert_eq!(again.reason(), Reason::Replayed, "the code that bound it is spent");
    site.clock.advance(30);
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await.is_accept());
    let mail = site.visit("imap", "alice").secret(MAIN_PASSWORD).says(&[]).await;
    assert_eq!(mail.reason(), Reason::UseAppPassword);
}

#[tokio::test]
async fn a_first_code_that_is_wrong_or_malformed_is_asked_for_again_but_not_for_ever() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let app = App::of_key(&talk.heard().key(), &site.clock);
    for code in ["", "abc", &app.wrong_code(1), &app.code_of_step(3)] {
        talk.answer_now(code).await;
    }
    talk.answer_now(&app.code()).await;
    let ended = talk.ended().await;
    assert!(ended.is_accept());
    assert_eq!(ended.complaints().len(), 4);
    assert!(!site.account(&alice).await.data.factors.is_empty());
    let bob = site.person("bob").await;
    let ended = site.visit("sshd", "bob").says(&[MAIN_PASSWORD, "1", "2", "3", "4", "5", "unasked"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 6));
    assert!(site.account(&bob).await.data.factors.is_empty());
    assert_eq!(site.faults.count(Point::AdmitCode), 0, "nothing that could be guessed was tried");
}

#[tokio::test]
async fn an_app_is_bound_at_once_though_the_ledger_lost_its_memory() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    site.forget_spent_steps();
    let (ended, app) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD]).await;
    assert!(ended.is_accept());
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert!(!again.is_accept(), "that code is spent all the same");
    assert_eq!(site.account(&alice).await.data.factors.len(), 1);
}

#[tokio::test]
async fn a_name_for_a_new_app_is_one_that_is_free() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    for label in ["Authenticator app 2", "Authenticator app"] {
        drop(site.bind(&alice, label).await);
    }
    let codes = site.recovery_codes(&alice, 1).await;
    let (ended, _) =
        enrol(&site, site.own(&alice, SelfServiceFlow::Enrol), &[MAIN_PASSWORD, &codes[0]]).await;
    assert_eq!(ended.records("factor")[0]["label"], "Authenticator app 3");
}

#[tokio::test]
async fn a_user_who_may_not_bind_one_is_refused_after_the_password() {
    let site = site(ForcedEnrolment::Never).await;
    let alice = site.person("alice").await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "unasked"]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 1));
    assert_eq!(
        ended.complaints(),
        ["You need a second factor here and have none. Ask your administrator for one."]
    );
    let stack = site.visit("sshkey", "alice").key(SshKey(1)).says(&[]).await;
    assert_eq!((stack.reason(), stack.questions().len()), (Reason::NotPermitted, 0));
    assert!(site.account(&alice).await.data.factors.is_empty());
}

#[tokio::test]
async fn a_key_or_hearsay_alone_does_not_bind_a_factor() {
    let site = site(ForcedEnrolment::Login).await;
    for (name, visit) in [
        ("key", site.visit("sshkey", "key").key(SshKey(1))),
        ("hearsay", site.visit("sshkey", "hearsay")),
        ("other", site.visit("sshkey", "other").secret("another password")),
    ] {
        let person = site.person(name).await;
        let ended = visit.clone().says(&["wrong", "unasked"]).await;
        assert_eq!((ended.reason(), ended.questions()), (Reason::BadCredential, vec!["Password: "]));
        assert!(ended.records("key").is_empty());
        let (ended, _) = enrol(&site, visit, &[MAIN_PASSWORD]).await;
        assert!(ended.is_accept());
        assert_eq!(site.account(&person).await.data.factors.len(), 1);
    }
    drop(site.person("known").await);
    let known = site.visit("sshkey", "known").secret(MAIN_PASSWORD);
    let (ended, _) = enrol(&site, known, &[]).await;
    assert!(ended.is_accept(), "what the stack was given is the main password: it is not asked for again");
}

#[tokio::test]
async fn a_ticket_opens_the_enrolment_once() {
    let site = site(ForcedEnrolment::Ticket).await;
    let alice = site.person("alice").await;
    let ticket = ticket(&site, &alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    assert_eq!(talk.asked().await, "Ticket from your administrator: ");
    let typed = format!("\u{feff}{}\r\n", ticket.to_uppercase().replace('-', "\u{a0}"));
    talk.say(&typed);
    talk.asked().await;
    let app = App::of_key(&talk.heard().key(), &site.clock);
    talk.say(&app.code());
    assert!(talk.ended().await.is_accept());
    let data = site.account(&alice).await.data;
    assert_eq!((data.policy.ticket, data.factors.len()), (None, 1));

    changes::unbind_factor(&site.authority(), &site.engine.keyring, &alice.id, data.factors[0].id, true)
        .await
        .unwrap();
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &ticket, "unasked"]).await;
    assert_eq!((again.reason(), again.questions().len()), (Reason::BadCredential, 2));
}

#[tokio::test]
async fn a_ticket_that_is_wrong_another_users_expired_revoked_or_replaced_opens_nothing() {
    let site = site(ForcedEnrolment::Ticket).await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let first = ticket(&site, &alice).await;
    let of_alice = ticket(&site, &alice).await;
    let of_bob = ticket(&site, &bob).await;
    let refused = async |ticket: &str| {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, ticket, "unasked"]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::BadCredential, 2), "{ticket}");
        assert!(ended.records("key").is_empty());
    };
    for wrong in ["", "aaaa-bbbb-cccc-dddd-eeee", &first, &of_bob] {
        refused(wrong).await;
    }
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    for _ in 0..10 {
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "aaaa-bbbb"]).await;
        let unreadable = "That is not a ticket. A ticket has 20 letters and digits.";
        assert_eq!(
            (ended.reason(), ended.complaints()[0]),
            (Reason::BadCredential, unreadable),
            "not counted"
        );
    }
    changes::unlock_factors(&site.authority(), &alice.id).await.unwrap();
    site.clock.advance(3600);
    refused(&of_alice).await;
    let last = ticket(&site, &alice).await;
    assert!(changes::forget_ticket(&site.authority(), &alice.id).await.unwrap());
    refused(&last).await;
    assert_eq!(site.account(&alice).await.data.factors.len(), 0);
}

#[tokio::test]
async fn wrong_tickets_are_limited_as_wrong_codes_are() {
    let site = site(ForcedEnrolment::Ticket).await;
    let alice = site.person("alice").await;
    let ticket = ticket(&site, &alice).await;
    for _ in 0..5 {
        let wrong = "aaaa-bbbb-cccc-dddd-eeee";
        let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, wrong]).await;
        assert_eq!(ended.reason(), Reason::BadCredential);
    }
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &ticket]).await;
    assert_eq!(ended.reason(), Reason::Limited);
    site.clock.advance(900);
    let (ended, _) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD, &ticket]).await;
    assert!(ended.is_accept());
}

#[tokio::test]
async fn one_ticket_at_two_doors_at_once_binds_one_factor() {
    let site = site(ForcedEnrolment::Ticket).await;
    let alice = site.person("alice").await;
    let ticket = ticket(&site, &alice).await;
    let mut talks = [site.visit("sshd", "alice").begin(), site.own(&alice, SelfServiceFlow::Enrol).begin()];
    for talk in &mut talks {
        talk.answer(MAIN_PASSWORD).await;
        talk.answer(&ticket).await;
        talk.asked().await;
    }
    let [first, second] = talks;
    first.say(&App::of_key(&first.heard().key(), &site.clock).code());
    assert!(first.ended().await.is_accept());
    second.say(&App::of_key(&second.heard().key(), &site.clock).code());
    let ended = second.ended().await;
    assert!(!ended.is_accept(), "{ended:?}");
    assert_eq!(site.account(&alice).await.data.factors.len(), 1);
}

#[tokio::test]
async fn a_ticket_that_is_taken_back_while_the_app_is_set_up_binds_nothing() {
    let site = site(ForcedEnrolment::Ticket).await;
    let alice = site.person("alice").await;
    let ticket = ticket(&site, &alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&ticket).await;
    talk.asked().await;
    changes::forget_ticket(&site.authority(), &alice.id).await.unwrap();
    talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
    let ended = talk.ended().await;
    assert!(!ended.is_accept(), "{ended:?}");
    assert!(site.account(&alice).await.data.factors.is_empty());
}

#[tokio::test]
async fn an_enrolment_is_refused_if_another_session_bound_a_factor_meanwhile() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let theirs = site.bind(&alice, "theirs").await;
    talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
    let ended = talk.ended().await;
    assert!(matches!(ended.outcome.verdict, Verdict::Reject(_) | Verdict::Defer(_)), "{ended:?}");
    let data = site.account(&alice).await.data;
    assert_eq!(data.factors.iter().map(|factor| factor.id).collect::<Vec<_>>(), [theirs.id.unwrap()]);
}

/// A factor counts at every service, so the laxest service must not be the way to bind one.
#[tokio::test]
async fn the_strictest_word_of_any_service_counts_at_every_login() {
    let mut site = site(ForcedEnrolment::Login).await;
    site.configure(|setup| {
        setup.login_service("sshd", |login| login.forced_enrolment = Some(ForcedEnrolment::Ticket));
    });
    let alice = site.person("alice").await;
    for service in ["sudo", "sshd"] {
        let ended = site.visit(service, "alice").says(&[MAIN_PASSWORD, "aaaa-bbbb-cccc-dddd-eeee"]).await;
        assert_eq!(ended.questions()[1..], ["Ticket from your administrator: "], "{service}");
        assert_eq!(ended.reason(), Reason::BadCredential, "{service}");
    }
    let ended = site.visit("sshkey", "alice").secret(MAIN_PASSWORD).says(&[]).await;
    assert_eq!(ended.questions(), ["Ticket from your administrator: "]);
    let ended = site.visit("sshkey", "alice").key(SshKey(1)).says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions()[1..], ["Ticket from your administrator: "]);
    assert!(site.account(&alice).await.data.factors.is_empty());
    let ticket = ticket(&site, &alice).await;
    let (ended, _) = enrol(&site, site.visit("sudo", "alice"), &[MAIN_PASSWORD, &ticket]).await;
    assert!(ended.is_accept(), "with the ticket she may do it there, too");
}

#[tokio::test]
async fn if_one_service_permits_no_user_to_bind_a_required_factor_none_does() {
    let mut site = site(ForcedEnrolment::Login).await;
    site.configure(|setup| {
        setup.login_service("sudo", |login| login.forced_enrolment = Some(ForcedEnrolment::Never));
        setup.login_service("sshkey", |login| login.forced_enrolment = Some(ForcedEnrolment::Ticket));
    });
    drop(site.person("alice").await);
    for service in ["sudo", "sshd"] {
        let ended = site.visit(service, "alice").says(&[MAIN_PASSWORD]).await;
        assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 1), "{service}");
    }
    let ended = site.visit("sshkey", "alice").secret(MAIN_PASSWORD).says(&[]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::NotPermitted, 0));
    // If no factor is required, "never" does not apply.
    site.configure(|setup| {
        setup.login_service("sudo", |login| login.second_factor = Some(SecondFactor::IfEnrolled));
        setup.login_service("sshkey", |login| login.forced_enrolment = None);
    });
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions()[1], "Code that the app shows: ");
}

#[tokio::test]
async fn a_ticket_that_was_used_is_not_good_again_where_a_backup_of_before_is_restored() {
    let site = site(ForcedEnrolment::Ticket).await;
    let alice = site.person("alice").await;
    let ticket = ticket(&site, &alice).await;
    let backup = site.backup();
    // A user who leaves has not used it.
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &ticket]).await;
    assert!(!ended.is_accept());
    let (ended, _) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD, &ticket]).await;
    assert!(ended.is_accept());
    site.restore(&backup);
    assert!(site.account(&alice).await.data.policy.ticket.is_some(), "it is there again");
    let (ended, _) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD, &ticket]).await;
    assert_eq!(ended.reason(), Reason::Replayed);
    assert!(site.account(&alice).await.data.factors.is_empty());
    let own = site.own(&alice, SelfServiceFlow::Enrol);
    let ended = own.says(&[MAIN_PASSWORD, &ticket, "000000"]).await;
    assert!(!ended.is_accept() && site.account(&alice).await.data.factors.is_empty());
    let another = self::ticket(&site, &alice).await;
    let (ended, _) = enrol(&site, site.visit("sshd", "alice"), &[MAIN_PASSWORD, &another]).await;
    assert!(ended.is_accept(), "another one is good");
}
