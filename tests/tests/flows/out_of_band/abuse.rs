//! Attacks on out-of-band factors.

use postern_core::Reason;
use postern_core::changes::deny_challenges;
use postern_core::conversation::Gone;
use postern_core::courier::CourierError;
use postern_core::flows::SelfServiceFlow;
use postern_core::ledger::{Credential, Token};

use super::{BACKUP, number_in};
use crate::harness::{MAIN_PASSWORD, Site, SshKey, What};

/// The number of fraud notices to the owner.
fn disowned(site: &Site) -> usize {
    site.post.sent().iter().filter(|sent| matches!(sent.what, What::Disowned { .. })).count()
}

#[tokio::test]
async fn a_fraud_report_counts_even_after_the_attacker_has_left() {
    let site = Site::with_post().await;
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    let phone = site.bind_ringing_phone(&alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    drop(talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    talk.leave(Gone::Closed);
    drop(talk.ended().await);
    let said = phone.answer(&challenge, "not_me", "").await;
    assert_eq!(said.field("answered", "state"), "gone");
    assert_eq!(said.outcome.detail, Some("disowned"));
    assert_eq!(disowned(&site), 1);
    let rings = site.post.rings();
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    assert_eq!(site.post.rings(), rings, "the phone is left in peace");
    // The page that relays the answer may repeat it.
    for _ in 0..20 {
        drop(phone.answer(&challenge, "not_me", "").await);
    }
    assert_eq!(disowned(&site), 1);
}

#[tokio::test]
async fn a_courier_that_is_slow_to_answer_does_not_lift_the_limits() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    site.post.fails_with(Some(CourierError::Unsure("no answer within 4 s".to_owned())));
    let first = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert!(first.complaints()[0].starts_with("No code could be sent"), "{first:?}");
    let second = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(
        second.lines(),
        [
            "The last code that was sent to al…@backup.example.net is still good. A new one can be sent in 60 seconds."
        ],
        "it may arrive"
    );
}

#[tokio::test]
async fn a_user_who_binds_the_address_of_another_does_not_use_up_their_codes() {
    let site = Site::with_post().await;
    let (alice, mallory) = (site.person("alice").await, site.person("mallory").await);
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    for _ in 0..8 {
        let enrol =
            site.own(&mallory, SelfServiceFlow::Enrol).argument("kind", "email").argument("to", BACKUP);
        drop(enrol.says(&[MAIN_PASSWORD]).await);
        site.clock.advance(61);
    }
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    drop(talk.asked().await);
    talk.say(site.post.codes().last().unwrap());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn a_challenge_that_the_ledger_forgot_is_no_refusal_and_one_that_was_denied_is() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    for is_denied in [false, true] {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        drop(talk.asked().await);
        let challenge = phone.pending().await.field("challenge", "id").parse().unwrap();
        if is_denied {
            let denied = deny_challenges(&site.authority(), &alice.id, &[challenge]).await.unwrap();
            assert_eq!(denied, [challenge]);
        } else {
            let now = site.now_plus(0);
            assert!(
                site.ledger
                    .take_challenge(&alice.id, challenge, Token::new([1; 16]), now)
                    .await
                    .unwrap()
                    .is_some()
            );
        }
        talk.say("");
        if is_denied {
            assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
        } else {
            drop(talk.asked().await);
            talk.say(&phone.app(&site).code());
            assert!(talk.ended().await.is_accept());
        }
    }
}

#[tokio::test]
async fn an_answered_challenge_can_still_be_denied() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    drop(phone.answer(&challenge, "approve", &number).await);
    let denied = deny_challenges(&site.authority(), &alice.id, &[challenge.parse().unwrap()]).await;
    assert_eq!(denied.unwrap().len(), 1);
    talk.say("");
    drop(talk.asked().await);
    talk.leave(Gone::Closed);
    assert_eq!(talk.ended().await.reason(), Reason::Cancelled, "nobody was let in");
}

#[tokio::test]
async fn once_said_on_the_phone_is_once() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let mut talk = site.visit("sshkey", "alice").key(SshKey(1)).begin();
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    drop(phone.answer(&challenge, "approve", &number).await);
    talk.say("");
    let ended = talk.ended().await;
    assert!(ended.is_accept() && !ended.text().contains("Skip the second factor"), "{}", ended.text());
    let next = site.visit("sshkey", "alice").key(SshKey(1)).says(&[]).await;
    assert_eq!(next.reason(), Reason::Cancelled);
}

#[tokio::test]
async fn a_sent_code_is_valid_only_for_its_own_service() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    let code = site.post.codes().pop().unwrap();
    let elsewhere =
        site.own(&alice, SelfServiceFlow::RecoveryCodes).says(&[MAIN_PASSWORD, &code, &code, &code]).await;
    assert_eq!(elsewhere.reason(), Reason::BadCredential);
    let combined = site.visit("webmail", "alice").secret(&format!("{MAIN_PASSWORD}{code}")).says(&[]).await;
    assert!(!combined.is_accept());
    site.clock.advance(60 * 20);
}

#[tokio::test]
async fn without_a_proof_of_the_first_factor_no_address_is_shown_and_no_code_used_up() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    drop(site.bind_sent(&alice, "email", BACKUP).await);
    drop(site.bind(&alice, "app").await);
    let mut talk = site.visit("sshkey", "alice").key(SshKey(1)).begin();
    drop(talk.asked().await);
    talk.say("1");
    drop(talk.asked().await);
    let code = site.post.codes().pop().unwrap();
    for _ in 0..3 {
        let ended = site.visit("sshkey", "alice").says(&["000001", "000002", "000003"]).await;
        assert!(!ended.text().contains("backup.example.net"), "{}", ended.text());
    }
    talk.say(&code);
    talk.answer("n").await;
    assert!(matches!(talk.ended().await.credential(), Credential::Factor(_)));
}

#[tokio::test]
async fn strangers_at_the_page_learn_nothing_more_after_so_many_calls() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let stranger = phone.with_another_key();
    let mut limited = 0;
    for _ in 0..100 {
        limited += usize::from(stranger.pending().await.reason() == Reason::Limited);
    }
    assert_eq!(limited, 40);
    assert!(phone.pending().await.is_accept(), "from the same address, with its own key");
    let mut elsewhere = stranger.clone();
    elsewhere.address = "203.0.113.7";
    assert_eq!(elsewhere.pending().await.reason(), Reason::BadCredential, "counted by source");
    let mut removed = stranger.clone();
    removed.account = "nobody".to_owned();
    assert_eq!(removed.pending().await.reason(), Reason::UnknownAccount, "and by account");
    site.clock.advance(61);
    assert!(phone.pending().await.is_accept());
}

#[tokio::test]
async fn wrong_calls_from_everywhere_shut_out_no_phone() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_ringing_phone(&alice).await;
    let stranger = phone.with_another_key();
    let places = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8:0:1::1", "198.51.100.7"];
    for round in 0..300 {
        for address in places {
            let mut stranger = stranger.clone();
            stranger.address = address;
            if round % 2 == 0 {
                stranger.account = format!("somebody {round}");
            }
            assert!(!stranger.pending().await.is_accept());
        }
    }
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "approved");
    talk.say("");
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn a_phone_that_waits_to_be_bound_may_ask_often_at_no_cost_to_others() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "phone").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let phone = site.handset(&talk.heard().uri());
    assert!(phone.bind("Fairphone").await.is_accept());
    talk.say("");
    talk.asked().await;
    for _ in 0..200 {
        let told = phone.pending().await;
        assert_eq!(told.reason(), Reason::UnknownAccount);
        assert_eq!(told.field("phone", "state"), "binding");
    }
    let thief = phone.with_another_key();
    let last = (0..61).map(|_| thief.pending());
    let mut reason = None;
    for told in last {
        reason = Some(told.await.reason());
    }
    assert_eq!(reason, Some(Reason::Limited), "who did not hand in the key is no phone that waits");
    assert_eq!(
        phone.pending().await.field("phone", "state"),
        "binding",
        "and takes nothing from the one that does"
    );
    talk.say("y");
    assert!(talk.ended().await.is_accept());
    assert!(phone.pending().await.is_accept());
}

#[tokio::test]
async fn a_phone_changes_how_it_is_rung_so_often_and_no_more() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let mut phone = site.bind_phone(&alice).await;
    let push = "https://push.example.org/x";
    assert!(phone.ring("web_push", push).await.outcome.trail.is_changed);
    let before = site.account(&alice).await.data;
    for _ in 0..100 {
        let again = phone.ring("web_push", push).await;
        assert!(again.is_accept() && !again.outcome.trail.is_changed, "{again:?}");
    }
    assert_eq!(site.account(&alice).await.data, before, "the same is no change");
    let mut limited = 0;
    for _ in 0..100 {
        let ended = phone.ring("ntfy", "").await;
        limited += usize::from(!ended.is_accept() && ended.reason() == Reason::Limited);
    }
    assert_eq!(limited, 81);
    site.clock.advance(3601);
    phone.time += 3601;
    assert!(phone.ring("none", "").await.is_accept());
}

#[tokio::test]
async fn a_request_without_an_effect_is_not_a_change() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let deny = || site.own(&alice, SelfServiceFlow::ChallengeDeny).argument("all", "true");
    let nothing = deny().says(&[]).await;
    assert!(nothing.is_accept() && !nothing.outcome.trail.is_changed);
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "phone").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let denied = deny().says(&[]).await;
    assert!(denied.is_accept() && denied.outcome.trail.is_changed, "{denied:?}");
    talk.leave(Gone::Closed);
    drop(talk.ended().await);
    for flow in [SelfServiceFlow::DeviceRevoke, SelfServiceFlow::AppPasswordRevoke] {
        let ended = site.own(&alice, flow).argument("all", "true").says(&[MAIN_PASSWORD]).await;
        assert!(ended.is_accept() && !ended.outcome.trail.is_changed, "{flow:?} {ended:?}");
    }
}
