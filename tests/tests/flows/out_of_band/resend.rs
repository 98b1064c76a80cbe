//! When a code can be sent again, and what is said of it.

use postern_core::Reason;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;

use super::{BACKUP, NUMBER};
use crate::harness::{MAIN_PASSWORD, Point, Site, Someone, Talk};

/// A change of the address, up to the question for the code that went to the new one.
async fn replaces(site: &Site, alice: &Someone, to: &str) -> Talk {
    let mut talk = site.own(alice, SelfServiceFlow::Replace).argument("to", to).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    talk.say(site.post.codes().last().unwrap());
    let question = talk.asked().await;
    assert_eq!(question, "Code sent to other@backup.example.net: ", "{:?}", talk.heard().complaints());
    talk
}

const OTHER: &str = "other@backup.example.net";
const OTHER_NUMBER: &str = "+442079460199";

#[tokio::test]
async fn an_address_takes_the_place_of_an_address_without_a_wait() {
    let site = Site::with_post().await;
    for (name, kind, old, new) in [("alice", "email", BACKUP, OTHER), ("bob", "sms", NUMBER, OTHER_NUMBER)] {
        let person = site.person(name).await;
        drop(site.bind_sent(&person, kind, old).await);
        let mut talk = site.own(&person, SelfServiceFlow::Replace).argument("to", new).begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        talk.say(site.post.codes_to(old).last().unwrap());
        let question = talk.asked().await;
        assert!(question.starts_with("Code sent to "), "{question} {:?}", talk.heard().complaints());
        talk.say(site.post.codes_to(new).last().unwrap());
        assert!(talk.ended().await.is_accept());
    }
}

#[tokio::test]
async fn no_other_code_than_the_second_one_of_a_change_goes_without_a_wait() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let mut talk = replaces(&site, &alice, OTHER).await;
    let sent = site.post.codes().len();
    // A third one waits, in this change and in a login.
    talk.say("");
    talk.asked().await;
    let login = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(login.complaints(), ["No code can be sent to al…@backup.example.net for another 60 seconds."]);
    assert_eq!(site.post.codes().len(), sent);
    assert_eq!(
        talk.heard().lines().last(),
        Some(
            &"The last code that was sent to other@backup.example.net is still good. A new one can be sent in 60 seconds."
        )
    );
    // Nor does a proof that sent no code let one go.
    talk.leave(postern_core::conversation::Gone::Closed);
    drop(talk.ended().await);
    let app = site.bind(&alice, "app").await;
    let mut talk =
        site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", OTHER).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&app.code()).await;
    assert_eq!(talk.asked().await, "Press Enter to have a code sent: ");
    assert_eq!(site.post.codes().len(), sent);
    site.clock.advance(61);
    talk.say("");
    assert_eq!(talk.asked().await, "Code sent to other@backup.example.net: ");
    assert_eq!(site.post.codes().len(), sent + 1);
    talk.say(site.post.codes().last().unwrap());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn changes_that_were_left_take_no_codes_from_logins_and_are_limited_themselves() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    site.clock.advance(3600);
    for _ in 0..10 {
        drop(site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&[MAIN_PASSWORD]).await);
        site.clock.advance(61);
    }
    assert_eq!(site.post.codes().len(), 1 + 6);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    assert_eq!(talk.asked().await, "Code sent to al…@backup.example.net: ");
    talk.say(site.post.codes().last().unwrap());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn with_one_factor_enter_sends_a_new_code_and_counts_nothing() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer("").await;
    talk.answer("").await;
    talk.asked().await;
    assert_eq!(site.post.codes().len(), 2, "not yet");
    site.clock.advance(61);
    talk.say("");
    talk.asked().await;
    assert_eq!(site.post.codes().len(), 3);
    talk.say(&site.post.codes()[2]);
    assert!(talk.ended().await.is_accept());
    assert_eq!(site.faults.count(Point::AdmitCode), 1);
    // An ssh without a terminal goes on for ever otherwise.
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, "", "", "", "", "", "", ""]).await;
    assert_eq!((ended.reason(), ended.questions().len()), (Reason::Cancelled, 6));
}

#[tokio::test]
async fn it_is_said_whether_the_last_code_is_good_and_when_the_next_one_comes() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    site.clock.advance(7);
    let good = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(
        good.lines(),
        [
            "The last code that was sent to al…@backup.example.net is still good. A new one can be sent in 53 seconds."
        ]
    );
    // At another service it is not.
    let elsewhere = site.visit("sudo", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(elsewhere.lines(), ["No code can be sent to al…@backup.example.net for another 53 seconds."]);
    assert_eq!(elsewhere.questions()[1], "Press Enter to have a code sent: ");
    // Nor once it was used.
    let code = site.post.codes().pop().unwrap();
    assert!(site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await.is_accept());
    let used = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(used.lines(), ["No code can be sent to al…@backup.example.net for another 53 seconds."]);
    // Minutes are meant after five in an hour, and a recovery code is a way in.
    for _ in 0..4 {
        site.clock.advance(61);
        drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    }
    site.clock.advance(301);
    let recovery = site.recovery_codes(&alice, 1).await;
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &recovery[0]]).await;
    assert_eq!(ended.credential(), Credential::RecoveryCode);
    assert_eq!(
        ended.lines()[..2],
        [
            "No code can be sent to al…@backup.example.net for another 51 minutes.",
            "If you cannot get a code, a recovery code works here, too."
        ]
    );
    assert_eq!(ended.questions()[1], "Recovery code, or Enter to have a code sent: ");
}
