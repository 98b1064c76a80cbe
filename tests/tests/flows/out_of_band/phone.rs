//! A phone that approves.

use std::time::Duration;

use postern_core::Reason;
use postern_core::conversation::Gone;
use postern_core::ledger::Credential;
use postern_core::qr::Screen;

use super::number_in;
use crate::harness::{Handset, MAIN_PASSWORD, PAGE, Site, Someone, SshKey, What};

/// Alice, whose phone gets push notifications.
async fn alice() -> (Site, Someone, Handset) {
    let site = Site::with_post().await;
    let alice = site.person_with("alice", &[("mail", "alice@example.org")]).await;
    let phone = site.bind_ringing_phone(&alice).await;
    (site, alice, phone)
}

#[tokio::test]
async fn a_login_is_approved_by_the_number_that_only_the_prompt_shows() {
    let (site, alice, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let question = talk.asked().await;
    let number = number_in(&question);
    assert!(
        question.starts_with("Type ") && question.contains(" on your phone and approve there"),
        "{question}"
    );
    let pending = phone.pending().await;
    let challenge = pending.field("challenge", "id");
    assert_eq!(pending.field("challenge", "service"), "sshd");
    assert_eq!(pending.field("challenge", "rhost"), "192.0.2.1");
    let what = pending.field("challenge", "what");
    assert!(what.contains("\"ssh login on mail1.example.org\"") && what.contains("ssh 登录"), "{what}");
    assert_eq!(pending.field("challenge", "trust_days"), "0", "no device is known");
    let What::Push { fragment, .. } = site.post.sent().into_iter().last().unwrap().what else { panic!() };
    assert_eq!(fragment, format!("#c.{}.{challenge}", phone.account), "the number is not in it");
    assert!(
        !format!("{:?}", pending.heard).contains(&format!("\"{number}\"")),
        "it is not told to the phone"
    );
    let answered = phone.answer(&challenge, "approve", &number).await;
    assert_eq!(answered.field("answered", "state"), "approved");
    talk.say("");
    let ended = talk.ended().await;
    assert_eq!(ended.credential(), Credential::Factor(site.account(&alice).await.data.factors[0].id));
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "gone");
}

#[tokio::test]
async fn the_number_is_read_in_every_form_of_the_phones_keyboard() {
    let (site, _, phone) = alice().await;
    for round in 0..3 {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        let number = number_in(&talk.asked().await);
        let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        let typed =
            [wide, format!("\u{202a}{number}\u{202c}"), format!("{}\u{a0}{}", &number[..1], &number[1..])];
        let challenge = phone.pending().await.field("challenge", "id");
        let answered = phone.answer(&challenge, "approve", &typed[round]).await;
        assert_eq!(answered.field("answered", "state"), "approved", "{:?}", typed[round]);
        talk.say("");
        assert!(talk.ended().await.is_accept());
    }
}

#[tokio::test]
async fn a_login_waits_for_the_answer_and_is_woken_by_it() {
    let (site, _, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    talk.say("");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let another = phone.at(&site.another_host());
    let challenge = another.pending().await.field("challenge", "id");
    assert!(another.answer(&challenge, "approve", &number).await.is_accept());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn a_refusal_ends_the_login() {
    let (site, _, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    drop(talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    assert_eq!(phone.answer(&challenge, "deny", "").await.field("answered", "state"), "denied");
    assert_eq!(phone.answer(&challenge, "approve", "47").await.field("answered", "state"), "before");
    talk.say("");
    let ended = talk.ended().await;
    assert_eq!(
        (ended.reason(), ended.complaints()),
        (Reason::BadCredential, vec!["This login was denied on your phone."])
    );
}

#[tokio::test]
async fn not_me_refuses_and_leaves_the_phone_in_peace_and_tells_the_owner() {
    let (site, alice, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    drop(talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    let said = phone.answer(&challenge, "not_me", "").await;
    assert_eq!(said.field("answered", "state"), "denied");
    assert_eq!(said.outcome.detail, Some("disowned"));
    talk.say("");
    assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
    let mailed = site.post.sent().into_iter().last().unwrap();
    assert_eq!(mailed.to, "alice@example.org");
    assert_eq!(
        mailed.what,
        What::Disowned { what: "ssh login on mail1.example.org".to_owned(), place: "192.0.2.1".to_owned() }
    );
    let rings = site.post.rings();
    let quiet = site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(site.post.rings(), rings, "{quiet:?}");
    assert!(quiet.text().contains("Scan it, type "), "it can be scanned all the same: {}", quiet.text());
    site.clock.advance(3601);
    drop(site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await);
    assert_eq!(site.post.rings(), rings + 1);
    drop(alice);
}

#[tokio::test]
async fn one_wrong_number_ends_the_challenge() {
    let (site, _, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let wrong = if number == "10" { "11" } else { "10" };
    let challenge = phone.pending().await.field("challenge", "id");
    assert_eq!(phone.answer(&challenge, "approve", wrong).await.field("answered", "state"), "wrong_number");
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "before");
    talk.say("");
    let question = talk.asked().await;
    assert!(talk.heard().complaints()[0].starts_with("The wrong number was typed"), "{question}");
    // The phone can be asked again, and a code goes as well.
    talk.say(&phone.app(&site).code());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn without_an_answer_in_time_another_way_is_open() {
    let (mut site, _, phone) = alice().await;
    site.configure(|setup| setup.limits.pushes.lifetime = Duration::from_secs(1));
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let phone = phone.at(&site.engine);
    let challenge = phone.pending().await.field("challenge", "id");
    talk.say("");
    site.clock.advance(2);
    drop(talk.asked().await);
    assert!(talk.heard().complaints()[0].starts_with("The phone did not respond"), "{:?}", talk.heard());
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "gone");
    talk.say(&phone.app(&site).code());
    assert!(talk.ended().await.is_accept());
}

#[tokio::test]
async fn a_typed_code_wins_at_any_moment_and_takes_the_challenge_away() {
    let (site, _, phone) = alice().await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    talk.say(&phone.app(&site).code());
    assert!(talk.ended().await.is_accept());
    assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "gone");
}

#[tokio::test]
async fn a_user_who_leaves_ends_the_challenge() {
    let (site, _, phone) = alice().await;
    for how in [Gone::Closed, Gone::Cancelled] {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        let number = number_in(&talk.asked().await);
        let challenge = phone.pending().await.field("challenge", "id");
        talk.leave(how);
        assert_eq!(talk.ended().await.reason(), Reason::Cancelled);
        assert!(phone.pending().await.records("challenge").is_empty());
        assert_eq!(phone.answer(&challenge, "approve", &number).await.field("answered", "state"), "gone");
    }
}

#[tokio::test]
async fn a_device_is_trusted_from_the_phone() {
    let (site, _, phone) = alice().await;
    let mut talk = site.visit("sshkey", "alice").key(SshKey(1)).begin();
    let number = number_in(&talk.asked().await);
    let pending = phone.pending().await;
    assert_eq!(pending.field("challenge", "trust_days"), "30");
    let challenge = pending.field("challenge", "id");
    assert!(phone.answer(&challenge, "approve_trust", &number).await.is_accept());
    talk.say("");
    let ended = talk.ended().await;
    assert!(ended.is_accept(), "nothing more is asked: {ended:?}");
    let next = site.visit("sshkey", "alice").key(SshKey(1)).says(&[]).await;
    assert_eq!(next.credential(), Credential::TrustedDevice);
    let another = site.visit("sshkey", "alice").key(SshKey(2)).says(&[]).await;
    assert_eq!(another.reason(), Reason::Cancelled);
    assert!(site.post.changes().iter().any(|what| what.contains("A device is trusted")));
}

#[tokio::test]
async fn a_phone_that_cannot_be_rung_scans() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let question = talk.asked().await;
    assert!(question.starts_with("Scan it, type "), "{question}");
    let challenge = phone.pending().await.field("challenge", "id");
    let expected = phone.challenge_address(PAGE, &challenge);
    let shown = Screen::default().qr(&[&expected], &[]).unwrap();
    let shown: Vec<&str> = shown.lines().collect();
    let heard = talk.heard();
    assert!(heard.lines().windows(shown.len()).any(|lines| lines == shown), "{:?}", heard.lines());
    assert!(phone.answer(&challenge, "approve", &number_in(&question)).await.is_accept());
    talk.say("");
    assert!(talk.ended().await.is_accept());
    assert_eq!(site.post.rings(), 0);
}
