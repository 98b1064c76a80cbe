//! An attacker with write access to Redis: no open challenge becomes an accept.
//!
//! What was consumed is kept there and nowhere else, and is left alone here.

use postern_tests::courier_host::{CourierHost, SHORT, at_the_number, begins_a_login, stored_challenges};
use postern_tests::login_host::{LoginUser, Stores};
use postern_tests::self_service::{Said, Visit};
use postern_tests::{Handset, Redis, otp};
use serde_json::json;

/// What Redis keeps of a challenge.
const FIELDS: [&str; 7] = ["value", "expires", "room", "epoch", "tried", "answer", "taken"];

/// A challenge in Redis.
struct Held<'a> {
    redis: &'a Redis,
    key: String,
    id: String,
}

impl<'a> Held<'a> {
    /// The user's challenge that is not taken.
    fn of(redis: &'a Redis, user: &LoginUser) -> Self {
        let open = |(key, id): &(String, String)| redis.cli(&["HEXISTS", key, &format!("{id}:taken")]) == "0";
        let mut all: Vec<_> = stored_challenges(redis, user).into_iter().filter(open).collect();
        assert_eq!(all.len(), 1, "{all:?}");
        let (key, id) = all.remove(0);
        Self { redis, key, id }
    }

    fn field(&self, name: &str) -> String {
        format!("{}:{name}", self.id)
    }

    fn get(&self, name: &str) -> String {
        self.redis.cli(&["HGET", &self.key, &self.field(name)])
    }

    fn set(&self, name: &str, value: &str) {
        drop(self.redis.cli(&["HSET", &self.key, &self.field(name), value]));
    }

    fn unset(&self, name: &str) {
        drop(self.redis.cli(&["HDEL", &self.key, &self.field(name)]));
    }

    /// Wakes the waiting login, as after an answer.
    fn wake(&self) {
        let stream = self.key.replace("challenges:", "wake:");
        drop(self.redis.cli(&["XADD", &format!("{stream}:{}", self.id), "*", "look", "1"]));
    }
}

fn answer_by(phone: &Handset, as_factor: &str, id: &str, number: &str) -> String {
    let time = otp::now();
    let fields = [("challenge", id), ("choice", "approve"), ("number", number)];
    json!({
        "factor": as_factor, "time": time, "choice": "approve", "number": number,
        "signature": phone.signature("answer", time, &fields),
    })
    .to_string()
}

/// What follows an answer: `None` is another question.
fn follows(visit: &mut Visit) -> Option<Said> {
    loop {
        match visit.hear() {
            Said::Ask { .. } => return None,
            Said::Tell { .. } | Said::Record { .. } => {}
            said @ (Said::Accept | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => {
                return Some(said);
            }
        }
    }
}

/// The user presses Enter, although the phone has not approved.
fn lets_no_user_in(mut visit: Visit, what: &str) {
    visit.answer("");
    let said = follows(&mut visit);
    assert_ne!(said, Some(Said::Accept), "{what}");
}

#[test]
fn nothing_written_into_a_pending_approval_lets_a_user_in() {
    let host = CourierHost::new("by_hand", Stores::LdapAndRedis, &SHORT.replace("20s", "15s"));
    let redis = host.redis.as_ref().unwrap();
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    let [phone, of_bert] = [&anna, &bert].map(|user| host.bind_phone(user, &[]));
    let thief = phone.with_another_key();

    // An answer that was written there: by no phone, by another account's, by no key at all, and as text of any kind.
    let forged = |by: &Handset, factor: &str| {
        let (visit, shown) = again(&host, &anna);
        let held = Held::of(redis, &anna);
        held.set("answer", &answer_by(by, factor, &held.id, &shown));
        held.wake();
        lets_no_user_in(visit, "a forged answer");
    };
    forged(&thief, &phone.factor);
    forged(&of_bert, &of_bert.factor);
    forged(&of_bert, &phone.factor);
    let mut renamed = of_bert.clone();
    renamed.account.clone_from(&phone.account);
    renamed.factor.clone_from(&phone.factor);
    forged(&renamed, &phone.factor);
    for text in ["", "{}", "approve", "true", "{\"choice\":\"approve\"}"] {
        let (visit, _) = again(&host, &anna);
        let held = Held::of(redis, &anna);
        held.set("answer", text);
        held.wake();
        lets_no_user_in(visit, text);
    }

    // What the phone signed for another login of the same account, and for one of another account.
    let (visit, shown) = again(&host, &anna);
    let other = Held::of(redis, &anna);
    let signed = answer_by(&phone, &phone.factor, &other.id, &shown);
    let (old_value, old_expires) = (other.get("value"), other.get("expires"));
    drop(visit);
    let (visit, _) = again(&host, &anna);
    let held = Held::of(redis, &anna);
    held.set("answer", &signed);
    held.set("value", &old_value);
    held.set("expires", &old_expires);
    held.wake();
    lets_no_user_in(visit, "the answer and the value of an earlier login");

    // Another account's challenge in the place of this one, answered by its own phone.
    let (of_anna, _) = again(&host, &anna);
    let (of_bert_visit, shown) = at_the_number(&host, &bert);
    let (held, other) = (Held::of(redis, &anna), Held::of(redis, &bert));
    for name in ["value", "expires", "room", "epoch"] {
        held.set(name, &other.get(name));
    }
    held.set("answer", &answer_by(&of_bert, &of_bert.factor, &other.id, &shown));
    held.wake();
    lets_no_user_in(of_anna, "another account's challenge");
    drop(of_bert_visit);

    // Every field, emptied, garbled and removed, with an unsigned answer.
    for field in FIELDS {
        for value in [Some(""), Some("garbage"), Some("99999999999"), None] {
            let (visit, shown) = again(&host, &anna);
            let held = Held::of(redis, &anna);
            held.set("answer", &answer_by(&thief, &phone.factor, &held.id, &shown));
            match value {
                Some(value) => held.set(field, value),
                None => held.unset(field),
            }
            held.wake();
            lets_no_user_in(visit, &format!("{field} = {value:?}"));
        }
    }

    // A longer life: what the phone itself says after the end is too late.
    let (mut visit, shown) = again(&host, &anna);
    let held = Held::of(redis, &anna);
    held.set("expires", &(otp::now() + 3_600).to_string());
    drop(redis.cli(&["EXPIRE", &held.key, "3600"]));
    postern_tests::guard::pause(std::time::Duration::from_secs(16));
    let id = held.id.clone();
    assert_eq!(phone.answer(&host.web, &id, "approve", &shown), "gone");
    held.set("answer", &answer_by(&phone, &phone.factor, &id, &shown));
    held.wake();
    visit.answer("");
    let said = follows(&mut visit);
    println!("approved by the phone's own key after the end: {said:?}");
    assert_ne!(said, Some(Said::Accept), "after its time");
    drop(visit);

    // And with nothing written by hand the phone opens.
    let (mut visit, shown) = again(&host, &anna);
    assert_eq!(phone.decide(&host.web, "approve", &shown), "approved");
    visit.answer("");
    assert_eq!(follows(&mut visit), Some(Said::Accept));
    assert!(!host.posternd.log().lines().any(|line| {
        line.contains("verdict=accept flow=login") && line.ends_with(&format!("user={}", bert.unix.name))
    }));
}

/// At the number where nothing is left of the login before, which may look like anything by now.
fn again(host: &CourierHost, user: &LoginUser) -> (Visit, String) {
    let redis = host.redis.as_ref().unwrap();
    for (key, _) in stored_challenges(redis, user) {
        drop(redis.cli(&["DEL", &key]));
    }
    at_the_number(host, user)
}

#[test]
fn no_forged_challenge_of_a_sent_code_accepts_another_code() {
    let host = CourierHost::shared(Stores::LdapAndRedis);
    let redis = host.redis.as_ref().unwrap();
    let (anna, bert) = (host.user("anna"), host.user("bert"));
    host.bind_email(&anna, &[]);
    host.bind_email(&bert, &[]);

    // The challenge of another account, whose code is known.
    let mut of_anna = at_the_code(&host, &anna);
    drop(host.mail(&anna.backup(), "Your code for ssh login on "));
    let of_bert = at_the_code(&host, &bert);
    let known = host.mail(&bert.backup(), "Your code for ssh login on ").code();
    let (held, other) = (Held::of(redis, &anna), Held::of(redis, &bert));
    for name in ["value", "expires", "room", "epoch"] {
        held.set(name, &other.get(name));
    }
    of_anna.answer(&known);
    assert_eq!(follows(&mut of_anna), None, "another account's code");
    // Under its own id as well.
    for name in ["value", "expires", "room", "epoch"] {
        let field = format!("{}:{name}", other.id);
        drop(redis.cli(&["HSET", &held.key, &field, &other.get(name)]));
    }
    of_anna.answer(&known);
    assert_eq!(follows(&mut of_anna), None, "under its own id");
    drop((of_anna, of_bert));

    // Every field, garbled: a wrong code stays one. Tries that were set back do not make more of them than an account has.
    let clara = host.user("clara");
    host.bind_email(&clara, &[]);
    let mut limited = false;
    for field in FIELDS {
        for value in ["", "0", "garbage"] {
            let mut visit = at_the_code_unless_limited(&host, &clara).unwrap_or_else(|| {
                limited = true;
                drop(host.site.cli_ok(&["account", "unlock", &clara.unix.name]));
                at_the_code(&host, &clara)
            });
            let code = host.mail(&clara.backup(), "Your code for ssh login on ").code();
            if let Some((key, id)) = open(redis, &clara) {
                drop(redis.cli(&["HSET", &key, &format!("{id}:{field}"), value]));
                drop(redis.cli(&["HDEL", &key, &format!("{id}:tried")]));
            }
            visit.answer(if code == "000000" { "000001" } else { "000000" });
            match follows(&mut visit) {
                None => {}
                Some(Said::Reject { reason, .. }) if reason == "limited" => limited = true,
                other => panic!("{field} = {value}: {other:?}"),
            }
        }
    }
    assert!(limited, "too many wrong codes are too many, even with a forged record");
}

fn open(redis: &Redis, user: &LoginUser) -> Option<(String, String)> {
    stored_challenges(redis, user)
        .into_iter()
        .find(|(key, id)| redis.cli(&["HEXISTS", key, &format!("{id}:taken")]) == "0")
}

/// At the question for a code that was sent.
fn at_the_code(host: &CourierHost, user: &LoginUser) -> Visit {
    at_the_code_unless_limited(host, user).expect("a question for a code")
}

/// The same, or `None` if there were too many wrong codes.
fn at_the_code_unless_limited(host: &CourierHost, user: &LoginUser) -> Option<Visit> {
    let mut visit = begins_a_login(host, user);
    loop {
        match visit.hear() {
            Said::Ask { is_hidden: true, .. } => visit.answer(&user.password),
            Said::Ask { text, .. } => {
                assert!(text.starts_with("Code sent to "), "{text}");
                return Some(visit);
            }
            Said::Tell { .. } | Said::Record { .. } => {}
            Said::Reject { reason, .. } if reason == "limited" => return None,
            other @ (Said::Accept | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => {
                panic!("{other:?}")
            }
        }
    }
}
