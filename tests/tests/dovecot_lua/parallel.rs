//! Many logins over few workers, whose connections stay open.

use std::collections::BTreeMap;

use postern_tests::fake::FakePosternd;
use postern_tests::{Attempt, AuthClient, Dovecot, Outcome, Site, host};
use serde_json::json;

use crate::LuaHost;

#[test]
fn many_logins_at_once_over_few_workers_all_end_right() {
    let host = LuaHost::with("lua-many", "auth_worker_max_count = 3\n");
    let names = ["anna", "bert", "clara"];
    let passwords = names.map(|name| {
        drop(host.site.account(name));
        host.site.app_password(name, "Phone", &[]).password
    });
    let mut auth = host.dovecot.auth_client();
    let mut expected = BTreeMap::new();
    for number in 0..300_usize {
        let (name, password) = (names[number % 3], &passwords[number / 3 % 3]);
        let outcome = if number % 3 == number / 3 % 3 { Outcome::Accepted } else { Outcome::Refused };
        // Each failure counts once: three passwords of the wrong account are no flood.
        expected.insert(auth.send(&Attempt::new("imap", name, password)), (name, outcome));
    }
    for _ in 0..300 {
        let reply = auth.receive().expect("dovecot auth answers");
        let (name, outcome) = expected.remove(&reply.id).expect("an answer to each");
        assert_eq!(reply.outcome, outcome, "{name}");
        assert_eq!(reply.fields["user"], name);
    }
}

#[test]
fn a_worker_asks_everything_on_one_connection() {
    let site = Site::new("lua-one");
    let fake = FakePosternd::start(&site.socket(), |line| {
        while let Some(user) = line.begin()["user"].as_str() {
            line.accept(user);
        }
    });
    let dovecot = one_worker(&site);
    let mut auth = dovecot.auth_client();
    let names = ["anna", "bert", "clara"];
    names.iter().for_each(|name| assert_eq!(login(&mut auth, name), Outcome::Accepted));
    drop((auth, dovecot));
    let conversations = fake.conversations();
    assert_eq!(conversations.len(), 1, "{conversations:?}");
    let begins: Vec<_> = conversations[0].iter().map(|said| &said["begin"]).collect();
    assert_eq!(begins.iter().map(|begin| begin["user"].clone()).collect::<Vec<_>>(), names);
    let first = begins[0];
    for (field, value) in [
        ("flow", json!("login")),
        ("service", json!("imap")),
        ("rhost", json!("192.0.2.7")),
        ("peer_address", json!("192.0.2.1")),
        ("local", json!("127.0.0.1")),
        ("secured", json!(true)),
        ("session", json!("abc")),
        ("persistent", json!(true)),
        ("interactive", json!(false)),
    ] {
        assert_eq!(first[field], value, "{field} of {first}");
    }
}

#[test]
fn a_posternd_of_the_release_before_is_asked_without_the_new_field() {
    let site = Site::new("lua-older");
    let fake = FakePosternd::start(&site.socket(), |line| {
        let begin = line.begin();
        if begin.get("persistent").is_some() {
            line.say(json!({"error": {"malformed": "an unknown field"}}));
        } else {
            line.accept(begin["user"].as_str().expect("a name"));
        }
    });
    let dovecot = one_worker(&site);
    let mut auth = dovecot.auth_client();
    ["anna", "bert"].iter().for_each(|name| assert_eq!(login(&mut auth, name), Outcome::Accepted));
    drop((auth, dovecot));
    assert_eq!(fake.conversations().len(), 4);
}

fn login(auth: &mut AuthClient, user: &str) -> Outcome {
    let attempt = Attempt::new("imap", user, "a password").from("192.0.2.7");
    auth.login(&attempt.with("real_rip=192.0.2.1").with("session=abc")).outcome
}

fn one_worker(site: &Site) -> Dovecot {
    // The workers are not root.
    host::own(&site.socket(), (0.into(), 0.into()), 0o666);
    let mut config = site.dovecot_by_lua_config();
    config.more = "auth_worker_max_count = 1\n".to_owned();
    Dovecot::start(&config)
}
