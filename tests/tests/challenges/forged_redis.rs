//! An attacker with write access to Redis, but without the keyring.
//!
//! The content of a challenge is in its `value`, protected by a MAC. The other fields are the ledger's own:
//!
//! | field | an attacker who rewrites it |
//! |---|---|
//! | `value` | ends the challenge: it does not open |
//! | `expires` | ends it earlier; later makes no difference, for the sealed time counts |
//! | `room` | lets another approval be put beside it, or has a newer one take its place |
//! | `epoch` | ends it; after a restart makes one takeable again that was lost with it |
//! | `tried` | allows more attempts at a code, or none |
//! | `answer` | hands in an answer, as postern-web may: it says yes where a phone has signed it, and not before |
//! | `taken` | ends it; or has one taken again, which no login waits for any more |
//!
//! Rewriting `pushes` causes more push notifications, or none.

use postern_core::account::AccountId;
use postern_core::challenge::{Challenge, ChallengeId, ChallengeKind};
use postern_core::clock::Timestamp;
use postern_core::deed::Deed;
use postern_core::factor::FactorId;
use postern_core::keyring::Keyring;
use postern_core::ledger::{ChallengeAdmission, ChallengeSlot, LedgerError, StoredChallenge};
use postern_tests::{Listen, Redis};

use super::LATER;
use super::client::{Client, token};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_field_of_a_challenge_says_yes() {
    let forger = Forger::new();
    for slot in [
        ChallengeSlot::Code(FactorId::new([1; 16])),
        ChallengeSlot::Approval { pushes: false },
        ChallengeSlot::Pairing,
    ] {
        for (number, field) in FIELDS.iter().enumerate() {
            let texts = forger.texts(field).await;
            for text in &texts {
                let id = forger.put("a", slot, CODE).await;
                // One that has no answer yet and one that was taken have fewer fields.
                if number % 2 == 0 {
                    forger.client.answer(id, "an answer that no phone has signed").await.unwrap();
                }
                let kept = forger.rewrite(id, field, text).await;
                let Some(kept) = kept else { continue };
                // Nothing but the code that was sent is the code, even beside other fields.
                for (guess, is_right) in [(CODE, true), (OTHER, false), (&*text.clone(), false), ("", false)]
                {
                    let is_taken = forger.accepts("a", &kept, guess, LATER);
                    let is_own_value = *field != "value";
                    assert_eq!(is_taken, is_right && is_own_value, "{field}={text}: {guess}");
                }
                assert!(!forger.accepts("a", &kept, CODE, LATER + 60), "{field}={text}: its time is sealed");
                forger.remove(id).await;
            }
        }
    }
}

/// Of another account, another challenge of the same account, an older one, and one of another site.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_content_of_another_challenge_is_not_accepted() {
    let forger = Forger::new();
    let id = forger.put("a", ChallengeSlot::Pairing, CODE).await;
    let own = forger.seal("a", id, CODE, LATER + 60);
    let other = ChallengeId::new(token().bytes());
    let elsewhere = Keyring::parse(&Keyring::render(&[8; 32], Timestamp::from_unix(1))).unwrap();
    let foreign = question(LATER + 60).seal(id, &account("a"), CODE, &elsewhere);
    for value in [
        forger.seal("b", id, OTHER, LATER + 60),
        forger.seal("a", other, OTHER, LATER + 60),
        forger.seal("a", id, OTHER, LATER),
        foreign,
        own.replace("sshd", "sudo"),
        own.replace("alice", "mallory"),
    ] {
        assert_ne!(value, own);
        let kept = forger.rewrite(id, "value", &value).await.unwrap();
        for guess in [CODE, OTHER] {
            assert!(!forger.accepts("a", &kept, guess, LATER), "{value}");
        }
    }
    let kept = forger.rewrite(id, "value", &own).await.unwrap();
    assert!(forger.accepts("a", &kept, CODE, LATER), "it can be told from what is forged");
}

/// The ledger's own fields, each to what it says above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_effect_of_each_forged_field_is_known() {
    let forger = Forger::new();
    let client = &forger.client;
    let code = ChallengeSlot::Code(FactorId::new([1; 16]));
    let id = forger.put("a", code, CODE).await;
    for _ in 0..5 {
        assert!(client.look(id).await.unwrap().is_some());
    }
    assert_eq!(client.look(id).await, Ok(None));
    forger.set(id, "tried", "");
    assert_eq!(client.look(id).await.unwrap().map(|kept| kept.tries), Some(1), "looks begin anew");
    forger.set(id, "tried", &"x".repeat(16 * 5));
    assert_eq!(client.look(id).await, Ok(None), "or are used up");
    assert!(client.take(id).await.unwrap().is_some());
    assert_eq!(client.take(id).await, Ok(None));
    forger.unset(id, "taken");
    assert_eq!(client.take(id).await, Ok(None), "it is not given again at the host that has given it");
    let another = Client::on(&forger.redis.config());
    assert!(another.take(id).await.unwrap().is_some(), "but at another host");
    let id = forger.put("a", code, CODE).await;
    forger.set(id, "epoch", "0");
    client.is_gone(id).await;
    let id = forger.put("a", ChallengeSlot::Approval { pushes: false }, CODE).await;
    forger.set(id, "room", "pairing");
    let second = forger.put("a", ChallengeSlot::Approval { pushes: false }, CODE).await;
    assert_eq!(client.open().await.len(), 2, "one more approval waits");
    forger.set(second, "expires", "0");
    client.is_gone(second).await;
    for (text, is_gone) in [("later", true), ("nan", true), ("-1", true), ("1e99", false)] {
        forger.set(id, "expires", text);
        match client.take(id).await {
            Ok(None) => assert!(is_gone, "{text}"),
            Err(LedgerError::Broken(_)) => assert!(!is_gone, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// The same for other values in place of the keys themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_gone_or_something_else_gives_nothing() {
    let forger = Forger::new();
    let id = forger.put("a", ChallengeSlot::Approval { pushes: true }, CODE).await;
    let keys: Vec<String> = forger.redis.cli(&["KEYS", "*:a"]).lines().map(ToOwned::to_owned).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in &keys {
        for command in [&["SET", key, "1"][..], &["RPUSH", key, "x"], &["HSET", key, "x", "y"], &["PING"]] {
            drop(forger.redis.cli(&["DEL", key]));
            drop(forger.redis.cli(command));
            if key.contains(":challenges:") {
                assert!(matches!(forger.client.take(id).await, Ok(None) | Err(LedgerError::Broken(_))));
                assert!(matches!(forger.client.look(id).await, Ok(None) | Err(LedgerError::Broken(_))));
            }
        }
        drop(forger.redis.cli(&["DEL", key]));
    }
}

struct Forger {
    redis: Redis,
    client: Client,
    keyring: Keyring,
}

impl Forger {
    fn new() -> Self {
        let redis = Redis::start("challenge_hand", Listen::Tcp);
        let client = Client::on(&redis.config());
        let keyring = Keyring::parse(&Keyring::render(&[7; 32], Timestamp::from_unix(1))).unwrap();
        Self { redis, client, keyring }
    }

    fn seal(&self, to: &str, id: ChallengeId, code: &str, expires: u64) -> String {
        question(expires).seal(id, &account(to), code, &self.keyring)
    }

    async fn put(&self, to: &str, slot: ChallengeSlot, code: &str) -> ChallengeId {
        let id = ChallengeId::new(token().bytes());
        let value = self.seal(to, id, code, LATER + 60);
        let admission = self.client.of(to).try_put(id, slot, &value, 60).await;
        assert_eq!(admission, Ok(ChallengeAdmission::Put));
        id
    }

    /// The values that an attacker writes: nothing, those of others, and plausible ones.
    async fn texts(&self, field: &str) -> Vec<String> {
        let mut texts: Vec<String> =
            ["", "0", "1", "9999999999", "yes", "approve", "approved", "true", "approval", "pairing", "{}"]
                .map(ToOwned::to_owned)
                .to_vec();
        let other = self.put("b", ChallengeSlot::Pairing, OTHER).await;
        texts.push(self.redis.cli(&["HGET", &self.key("b"), &format!("{other}:{field}")]));
        texts.push(OTHER.to_owned());
        texts.push("x".repeat(16));
        texts.retain(|text| field != "value" || !text.is_empty());
        texts
    }

    /// What a posternd reads of a challenge afterwards, if anything.
    async fn rewrite(&self, id: ChallengeId, field: &str, text: &str) -> Option<StoredChallenge> {
        drop(self.redis.cli(&["HDEL", &self.key("a"), &format!("{id}:tried")]));
        self.set(id, field, text);
        let read = match self.client.look(id).await {
            Ok(kept) => kept,
            Err(LedgerError::Broken(_)) => None,
            Err(LedgerError::Down(why)) => panic!("{why}"),
        };
        let listed = self.client.ledger.challenges(&self.client.account, Timestamp::from_unix(LATER)).await;
        assert_eq!(listed.is_ok_and(|all| all.iter().any(|kept| kept.id == id)), read.is_some());
        read
    }

    fn set(&self, id: ChallengeId, field: &str, text: &str) {
        drop(self.redis.cli(&["HSET", &self.key("a"), &format!("{id}:{field}"), text]));
    }

    fn unset(&self, id: ChallengeId, field: &str) {
        assert_eq!(self.redis.cli(&["HDEL", &self.key("a"), &format!("{id}:{field}")]), "1");
    }

    async fn remove(&self, id: ChallengeId) {
        drop(self.redis.cli(&["DEL", &self.key("a")]));
        self.client.is_gone(id).await;
    }

    fn key(&self, account: &str) -> String {
        self.redis.cli(&["KEYS", &format!("*:challenges:{account}")])
    }

    /// As every flow asks it.
    fn accepts(&self, of: &str, kept: &StoredChallenge, code: &str, now: u64) -> bool {
        let now = Timestamp::from_unix(now);
        let open = Challenge::open(&kept.value, kept.id, &account(of), &self.keyring, now);
        open.is_some_and(|open| open.is_answered_by(code, &self.keyring))
    }
}

fn account(name: &str) -> AccountId {
    AccountId::new(name.to_owned())
}

fn question(expires: u64) -> Challenge {
    let deed = Deed {
        service: "sshd",
        change: None,
        is_by_administrator: false,
        rhost: Some("192.0.2.1"),
        is_here: false,
        host: "mail1.example.org",
    };
    let term = (Timestamp::from_unix(LATER), Timestamp::from_unix(expires));
    Challenge::new(ChallengeKind::Approval { trust_days: 30 }, "alice".to_owned(), &deed, term)
}

const FIELDS: [&str; 7] = ["value", "expires", "room", "epoch", "tried", "answer", "taken"];
const CODE: &str = "471147";
const OTHER: &str = "112233";
