//! A relay or store of a phone's answers cannot forge one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern_core::Reason;
use postern_core::clock::Clock;
use postern_ipc::PhoneFlow;
use serde_json::json;

use super::number_in;
use crate::harness::{MAIN_PASSWORD, Site};

#[tokio::test]
async fn an_answer_to_one_challenge_is_none_to_another() {
    let site = Site::with_post().await;
    let (alice, bob) = (site.person("alice").await, site.person("bob").await);
    let phone = site.bind_phone(&alice).await;
    let of_bob = site.bind_phone(&bob).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    // Signed for another challenge, another choice, another number, by another phone.
    let other = "0".repeat(32);
    for (signed, said) in [
        ([&*other, "approve", &*number], [&*challenge, "approve", &*number]),
        ([&challenge, "deny", ""], [&challenge, "approve", &number]),
        ([&challenge, "approve", "10"], [&challenge, "approve", &number]),
    ] {
        let [c, choice, n] = signed;
        let signature = phone.signature("answer", &[("challenge", c), ("choice", choice), ("number", n)]);
        let arguments = answer(&phone.account, &phone.factor, phone.time, said, &signature);
        if signed == said {
            continue;
        }
        assert_eq!(phone.call(PhoneFlow::Answer, &arguments).await.reason(), Reason::BadCredential);
    }
    let by_bob = of_bob.answer(&challenge, "approve", &number).await;
    assert_eq!(by_bob.field("answered", "state"), "gone", "it is no challenge of his");
    let mut as_alice = of_bob.clone();
    as_alice.account.clone_from(&phone.account);
    assert_eq!(as_alice.answer(&challenge, "approve", &number).await.reason(), Reason::UnknownAccount);
    assert_eq!(phone.pending().await.records("challenge").len(), 1, "nothing was handed in");
    talk.say(&phone.app(&site).code());
    assert!(talk.ended().await.is_accept());
}

fn answer(
    account: &str,
    factor: &str,
    time: u64,
    said: [&str; 3],
    signature: &str,
) -> Vec<(&'static str, String)> {
    let [challenge, choice, number] = said.map(ToOwned::to_owned);
    vec![
        ("account", account.to_owned()),
        ("factor", factor.to_owned()),
        ("time", time.to_string()),
        ("challenge", challenge),
        ("choice", choice),
        ("number", number),
        ("signature", signature.to_owned()),
    ]
}

/// As an attacker with write access to the ledger would.
#[tokio::test]
async fn an_unsigned_answer_lets_no_user_in() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_ringing_phone(&alice).await;
    let thief = phone.with_another_key();
    for forged in ["approve", "garbage", "another"] {
        let mut talk = site.visit("sshd", "alice").begin();
        talk.answer(MAIN_PASSWORD).await;
        let number = number_in(&talk.asked().await);
        let id = phone.pending().await.field("challenge", "id");
        let fields = [("challenge", id.as_str()), ("choice", "approve"), ("number", number.as_str())];
        let handed_in = match forged {
            "garbage" => "{}".to_owned(),
            _ => json!({
                "factor": if forged == "another" { "0".repeat(32) } else { phone.factor.clone() },
                "time": phone.time, "choice": "approve", "number": number,
                "signature": thief.signature("answer", &fields),
            })
            .to_string(),
        };
        let now = site.clock.now();
        site.ledger.answer_challenge(&alice.id, id.parse().unwrap(), &handed_in, now).await.unwrap();
        talk.say("");
        drop(talk.asked().await);
        assert!(talk.heard().complaints()[0].starts_with("The phone did not respond"), "{forged}");
        talk.say("000000");
        talk.leave(postern_core::conversation::Gone::Closed);
        assert_eq!(talk.ended().await.reason(), Reason::BadCredential, "{forged}");
    }
}

/// As a compromised page would, which has no key.
#[tokio::test]
async fn no_message_of_a_compromised_page_approves() {
    let site = Site::with_post().await;
    let alice = site.person("alice").await;
    let phone = site.bind_phone(&alice).await;
    let mut talk = site.visit("sshd", "alice").begin();
    talk.answer(MAIN_PASSWORD).await;
    let number = number_in(&talk.asked().await);
    let challenge = phone.pending().await.field("challenge", "id");
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
    let ones = URL_SAFE_NO_PAD.encode([0xff; 64]);
    for signature in ["", "AAAA", &zeros, &ones, &"A".repeat(1000)] {
        for choice in ["approve", "approve_trust", "deny", "not_me", ""] {
            let said = [challenge.as_str(), choice, number.as_str()];
            let arguments = answer(&phone.account, &phone.factor, phone.time, said, signature);
            let ended = phone.call(PhoneFlow::Answer, &arguments).await;
            assert!(!ended.is_accept(), "{choice} {signature}");
        }
    }
    assert_eq!(phone.pending().await.records("challenge").len(), 1);
    talk.say(&phone.app(&site).code());
    assert!(talk.ended().await.is_accept());
}
