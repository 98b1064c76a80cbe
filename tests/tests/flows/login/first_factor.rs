//! The first factor at a login that needs one: the time that there is, and recovery codes.

use postern_core::Reason;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::Credential;
use postern_core::policy::ForcedEnrolment;

use super::enrolment::site;
use crate::harness::{App, MAIN_PASSWORD};

#[tokio::test]
async fn the_time_for_an_enrolment_is_told_and_what_was_bound_too_late_stays_bound() {
    let site = site(ForcedEnrolment::Login).await;
    let alice = site.person("alice").await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    assert_eq!(
        talk.heard().lines()[1],
        "You have 90 seconds for this. Need longer? Log in again: what you have set up by then is kept."
    );
    let app = App::of_key(&talk.heard().key(), &site.clock);
    site.clock.advance(114);
    talk.say(&app.code());
    let ended = talk.ended().await;
    assert_eq!(ended.reason(), Reason::Cancelled);
    assert_eq!(ended.outcome.detail, Some("the answer came after interactive_deadline"));
    assert_eq!(
        ended.complaints(),
        ["That took too long for this login, but the second factor is set up. Log in again, with its code."]
    );
    site.clock.advance(30);
    let next = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &app.code()]).await;
    assert_eq!(next.credential(), Credential::Factor(site.account(&alice).await.data.factors[0].id));
    // A code that comes too late opens nothing either, and that is said.
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    site.clock.advance(114);
    talk.say(&app.code());
    let ended = talk.ended().await;
    assert_eq!(ended.complaints(), ["That took too long for this login. Log in again."]);
    assert_eq!(ended.reason(), Reason::Cancelled);
}

#[tokio::test]
async fn recovery_codes_are_offered_with_the_first_factor_if_there_is_time() {
    let site = site(ForcedEnrolment::Login).await;
    for (name, wait, answer, expected) in [("alice", 0, "y", 2), ("bob", 0, "", 0), ("carol", 51, "y", 0)] {
        let person = site.person(name).await;
        let mut talk = site.visit("sshd", name).wants_recovery_codes().begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let app = App::of_key(&talk.heard().key(), &site.clock);
        site.clock.advance(wait);
        talk.say(&app.code());
        if wait == 0 {
            let offer = talk.asked().await;
            assert!(offer.starts_with("Make recovery codes now, in case"), "{offer}");
            talk.say(answer);
        }
        if answer == "y" && wait == 0 {
            // What is told appears with a question only.
            assert_eq!(talk.asked().await, "Press Enter once you have them on paper: ");
            talk.say("");
        }
        let ended = talk.ended().await;
        assert!(ended.is_accept(), "{ended:?}");
        assert_eq!(ended.records("recovery_code").len(), expected, "{name}");
        assert_eq!(site.account(&person).await.data.recovery_codes.len(), expected, "{name}");
    }
    // At a terminal of their own no Enter is needed; and the list says when there are none.
    for (name, answer, expected) in [("dave", "y", 2), ("erin", "n", 0)] {
        let person = site.person(name).await;
        let mut talk = site.own(&person, SelfServiceFlow::Enrol).wants_recovery_codes().begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let app = App::of_key(&talk.heard().key(), &site.clock);
        talk.say(&app.code());
        talk.answer(answer).await;
        let ended = talk.ended().await;
        assert!(ended.is_accept(), "{ended:?}");
        assert_eq!(site.account(&person).await.data.recovery_codes.len(), expected, "{name}");
        let listed = site.own(&person, SelfServiceFlow::Factors).says(&[]).await;
        let last = listed.lines().last().copied().unwrap_or_default().to_owned();
        let said = if expected == 0 {
            "You have no recovery codes, which let you in"
        } else {
            "Recovery codes left: 2"
        };
        assert!(last.starts_with(said), "{last}");
        // Not with the second one.
        if expected == 0 {
            site.clock.advance(30);
            let mut talk = site.own(&person, SelfServiceFlow::Enrol).wants_recovery_codes().begin();
            talk.answer(MAIN_PASSWORD).await;
            talk.answer(&app.code()).await;
            talk.asked().await;
            talk.say(&App::of_key(&talk.heard().key(), &site.clock).code());
            assert!(talk.ended().await.is_accept());
        }
    }
}
