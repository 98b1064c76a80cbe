//! Binding a phone.

use postern_core::Reason;
use postern_core::conversation::Gone;
use postern_core::factor::FactorKind;
use postern_core::flows::SelfServiceFlow;
use postern_ipc::PhoneFlow;

use crate::harness::{MAIN_PASSWORD, Site};

#[tokio::test]
async fn a_phone_is_bound_once_both_sides_show_the_same_digits() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let data = site.account(&alice).await.data;
    assert!(matches!(data.factors[0].kind, FactorKind::Phone(_)));
    assert_eq!(data.factors[0].label.as_str(), "Fairphone");
    assert_eq!(data.factors[0].id.to_string(), phone.factor);
    let listed = phone.pending().await;
    assert!(listed.is_accept(), "{listed:?}");
    assert_eq!(
        (listed.field("phone", "user").as_str(), listed.field("phone", "ring").as_str()),
        ("alice", "none")
    );
    assert_eq!(listed.field("site", "issuer"), "Example Mail");
}

#[tokio::test]
async fn a_phone_is_not_bound_where_the_digits_differ_or_the_secret_is_not_known() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    for is_forged in [false, true] {
        let mut talk = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "phone").begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let mut phone = site.handset(&talk.heard().uri());
        if is_forged {
            // An attacker who relays the key does not know the secret.
            phone = phone.with_another_secret();
        }
        assert!(phone.bind("Fairphone").await.is_accept(), "it is left for the terminal");
        assert_eq!(phone.pending().await.field("phone", "state"), "binding");
        talk.say("");
        if !is_forged {
            talk.asked().await;
            talk.say("n");
        }
        assert_eq!(talk.ended().await.reason(), Reason::BadCredential);
        assert_eq!(phone.pending().await.field("phone", "state"), "unknown", "its terminal has ended");
        assert!(site.account(&alice).await.data.factors.is_empty());
    }
}

#[tokio::test]
async fn a_qr_code_is_good_once_and_only_while_the_terminal_waits() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let mut talk = site.own(&alice, SelfServiceFlow::Enrol).argument("kind", "phone").begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.asked().await;
    let uri = talk.heard().uri();
    let first = site.handset(&uri);
    let bound = first.bind("first").await;
    assert!(bound.is_accept());
    assert_eq!(
        (bound.field("phone", "state"), bound.field("phone", "user")),
        ("binding".into(), "alice".into())
    );
    assert_eq!(site.handset(&uri).bind("second").await.reason(), Reason::Replayed);
    assert_eq!(
        first.with_another_key().pending().await.field("phone", "state"),
        "unknown",
        "a stranger hears less"
    );
    talk.leave(Gone::Closed);
    assert_eq!(talk.ended().await.reason(), Reason::Cancelled);
    assert_eq!(
        first.pending().await.field("phone", "state"),
        "unknown",
        "an open pairing ends with its terminal"
    );
    let late = site.handset(&uri).bind("third").await;
    assert_eq!(late.reason(), Reason::Expired, "{late:?}");
    assert!(!site.account(&alice).await.data.is_enrolled());
}

#[tokio::test]
async fn its_codes_without_a_network_are_spent_like_any_other() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let code = phone.app(&site).code();
    let ended = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code]).await;
    assert!(ended.is_accept(), "{ended:?}");
    let again = site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &code, &code, &code]).await;
    assert_eq!(again.reason(), Reason::Replayed);
}

#[tokio::test]
async fn a_phone_that_was_removed_is_told_so_and_answers_nothing() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let id = site.account(&alice).await.data.factors[0].id;
    let keyring = &site.engine.keyring;
    drop(
        postern_core::changes::unbind_factor(&site.authority(), keyring, &alice.id, id, true).await.unwrap(),
    );
    let ended = phone.pending().await;
    assert_eq!(
        (ended.reason(), ended.field("phone", "state")),
        (Reason::UnknownAccount, "unknown".to_owned())
    );
}

#[tokio::test]
async fn only_a_recent_signature_of_the_phone_is_accepted() {
    let site = Site::with_post().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let phone = site.bind_phone(&alice).await;
    let of_bob = site.bind_phone(&bob).await;
    assert_eq!(phone.with_another_key().pending().await.reason(), Reason::BadCredential);
    let mut moved = phone.clone();
    moved.account.clone_from(&of_bob.account);
    assert_eq!(moved.pending().await.reason(), Reason::UnknownAccount, "of another account");
    moved.factor.clone_from(&of_bob.factor);
    assert_eq!(moved.pending().await.reason(), Reason::BadCredential, "with another phone's key");
    // A signature for one purpose is not valid for another.
    let as_ring = phone.signed(PhoneFlow::Pending, "ring", &[]).await;
    assert_eq!(as_ring.reason(), Reason::BadCredential);
    for (off, is_taken) in [(-121, false), (-119, true), (119, true), (121, false)] {
        let mut phone = phone.clone();
        phone.time = phone.time.checked_add_signed(off).unwrap();
        let ended = phone.pending().await;
        assert_eq!(ended.is_accept(), is_taken, "{off}");
        if !is_taken {
            assert_eq!(ended.field("clock", "now"), site.clock_now().to_string());
        }
    }
    for arguments in [&[][..], &[("account", "x".to_owned())], &[("colour", "red".to_owned())]] {
        assert_eq!(phone.call(PhoneFlow::Pending, arguments).await.reason(), Reason::NotPermitted);
    }
}

#[tokio::test]
async fn how_it_is_rung_is_the_phones_to_say_within_the_sites_bounds() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let by_ntfy = phone.ring("ntfy", "").await;
    assert!(by_ntfy.field("ring", "address").starts_with("https://ntfy.example.org/postern-"), "{by_ntfy:?}");
    assert_eq!(phone.pending().await.field("phone", "ring"), "ntfy");
    let elsewhere = phone.ring("web_push", "https://127.0.0.1/admin").await;
    assert_eq!(elsewhere.reason(), Reason::NotPermitted);
    assert!(phone.ring("web_push", "https://push.example.org/x").await.is_accept());
    assert_eq!(phone.pending().await.field("phone", "ring"), "web_push");
    assert!(phone.ring("none", "").await.is_accept());
    assert_eq!(phone.pending().await.field("phone", "ring"), "none");
    assert_eq!(phone.ring("smoke", "").await.reason(), Reason::NotPermitted);
    let text = site.account(&alice).await.data.factors[0].to_json();
    assert!(!text.contains("ring"), "{text}");
}
