//! Self-service: local users may change their own account, and no other one.

use std::time::Duration;

use nix::unistd::{Gid, Uid};
use postern_tests::{Account, Site, Stopwatch, guard, host};
use serde_json::{Value, json};

use crate::Target;
use crate::conversation::{RawConversation, bind_a_factor, own, world_with_person};
use crate::peers::left_out;
use crate::raw::{Said, line, say, say_as};

const FLOWS: [&str; 11] = [
    "factors",
    "enrol",
    "remove",
    "replace",
    "recovery_codes",
    "app_password_create",
    "app_password_list",
    "app_password_regenerate",
    "app_password_revoke",
    "device_list",
    "device_revoke",
];

fn ids(person: &Account) -> (Uid, Gid) {
    (person.uid.into(), person.uid.into())
}

/// One conversation without an answer, as a given user.
fn ask(target: &Target, ids: (Uid, Gid), flow: &str, more: &Value) -> (Said, Vec<Value>) {
    let mut talk = RawConversation::begin_as(ids, &target.site.socket(), &own(flow, more));
    match talk.asked_or_ended() {
        Ok(asked) => panic!("{flow} asks {asked:?}"),
        Err(ended) => ended,
    }
}

#[test]
fn the_system_s_users_have_no_account_of_their_own() {
    let target = Target::new("system users");
    let begins = |user: &str| -> Vec<Vec<u8>> {
        let more = json!({ "user": user });
        FLOWS.iter().map(|flow| line(&json!({ "begin": own(flow, &more) }))).collect()
    };
    for user in ["", "root", "alice", "dovecot"] {
        for begin in begins(user) {
            assert_eq!(say(&target.site.socket(), &begin), Said::reject("not_permitted"), "root for {user}");
        }
    }
    for (peer, user) in [("dovecot", ""), ("dovecot", "alice"), ("postern", ""), ("postern", "alice")] {
        for said in say_as(peer, &target.site.socket(), &begins(user)) {
            assert_eq!(said, Said::reject("not_permitted"), "{peer} for {user}");
        }
    }
    let nobody = (Uid::from_raw(65_534), Gid::from_raw(65_534));
    assert_eq!(ask(&target, nobody, "factors", &json!({})).0, Said::reject("not_permitted"));
    let unnamed = (Uid::from_raw(63_999), Gid::from_raw(63_999));
    assert_eq!(ask(&target, unnamed, "factors", &json!({})).0, Said::reject("not_permitted"));
    drop(target.posternd.logged(&["peer=63999", "reason=not_permitted", "nobody's on this host"]));
    target.assert_alice_gets_in();
}

#[test]
fn no_user_reaches_another_users_account() {
    let (target, ann) = world_with_person(Site::new("not their own"));
    let mallory = host::ids("mallory");
    for user in ["alice", ann.name.as_str(), "root", "MALLORY", "mallory ", "mallory@example.org", "*"] {
        for flow in FLOWS {
            let (said, before) = ask(&target, mallory, flow, &json!({ "user": user }));
            assert_eq!((said, before.len()), (Said::reject("not_permitted"), 0), "{flow} for {user}");
        }
    }
    let peer = mallory.0.to_string();
    let log = target.posternd.log();
    let lines = log.lines().filter(|line| line.contains(&format!("peer={peer} ")));
    assert!(
        lines.clone().count() > 0 && lines.clone().all(|line| !line.contains("account=")),
        "not looked up"
    );
    // She has a name and no account.
    assert_eq!(ask(&target, mallory, "factors", &json!({})).0, Said::reject("unknown_account"));
    // Another user's account with her name, and another uid.
    drop(target.site.account("mallory"));
    for flow in FLOWS {
        assert_eq!(ask(&target, mallory, flow, &json!({})).0, Said::reject("not_permitted"), "{flow}");
    }
    assert_eq!(ask(&target, ids(&ann), "factors", &json!({})).0, Said::Accept(ann.name.clone()));
    assert_eq!(ask(&target, ids(&ann), "factors", &json!({ "user": ann.name })).0, Said::Accept(ann.name));
    target.assert_alice_gets_in();
}

#[test]
fn requests_that_change_nothing_do_not_fill_the_log_without_a_password() {
    let (target, ann) = world_with_person(Site::new("denies nothing"));
    let deny = json!({ "arguments": { "all": "true" } });
    for _ in 0..60 {
        assert_eq!(ask(&target, ids(&ann), "challenge_deny", &deny).0, Said::Accept(ann.name.clone()));
    }
    let lines = target.posternd.log().lines().filter(|line| line.contains("flow=challenge_deny")).count();
    assert!((1..=20).contains(&lines), "{lines} lines of 60");
    guard::wait_for("the rest to be counted", Duration::from_secs(15), || {
        (lines + left_out(&target, &ann.uid.to_string()) >= 60).then_some(())
    });
    // Her own change is in the log all the same.
    drop(bind_a_factor(&target, &ann));
    drop(target.posternd.logged(&["verdict=accept", "flow=enrol", &format!("user={}", ann.name)]));
    target.assert_alice_gets_in();
}

#[test]
fn a_change_takes_the_main_password_and_then_a_code_and_is_in_the_log() {
    let (target, ann) = world_with_person(Site::new("own account"));
    let begin = |flow: &str, more: &Value| {
        RawConversation::begin_as(ids(&ann), &target.site.socket(), &own(flow, more))
    };
    let mut talk = begin("enrol", &json!({}));
    assert_eq!(talk.asked().style, "hidden");
    talk.answer("wrong");
    assert_eq!(talk.asked().style, "hidden", "once more");
    talk.answer("wrong");
    assert_eq!(talk.verdict(), Said::reject("bad_credential"));
    let app = bind_a_factor(&target, &ann);
    let logged = target.posternd.logged(&["verdict=accept", "flow=enrol"]);
    assert!(logged.ends_with(&format!("peer={} user={}", ann.uid, ann.name)), "{logged}");
    let mut talk = begin("app_password_create", &json!({ "arguments": { "label": "Thunderbird" } }));
    drop(talk.asked());
    talk.answer(&ann.password);
    assert_eq!(talk.asked().style, "visible", "a code");
    talk.answer(&app.code(1));
    let (said, before) = talk.ended();
    assert_eq!(said, Said::Accept(ann.name.clone()));
    let made = before.iter().find_map(|said| said.pointer("/record/value/password")).expect("a password");
    assert_eq!(target.checkpassword(&ann.name, made.as_str().unwrap()), 0);
    assert_eq!(target.checkpassword(&ann.name, &ann.password), 1, "from now on");
    // A script that cannot answer is told, and changes nothing.
    let silent = json!({ "interactive": false });
    let (said, before) = ask(&target, ids(&ann), "app_password_list", &silent);
    assert_eq!((said, before.is_empty()), (Said::Accept(ann.name.clone()), false));
    assert_eq!(ask(&target, ids(&ann), "recovery_codes", &silent).0, Said::reject("cancelled"));
}

#[test]
fn arguments_unknown_to_a_flow_are_refused() {
    let (target, ann) = world_with_person(Site::new("own arguments"));
    let (said, before) = ask(&target, ids(&ann), "enrol", &json!({ "arguments": { "colour": "blue" } }));
    assert_eq!(said, Said::reject("not_permitted"));
    assert!(before[0].pointer("/tell/text").unwrap().as_str().unwrap().contains("colour"), "{before:?}");
    for more in [
        json!({ "secret": ann.password }),
        json!({ "arguments": { "label": 7 } }),
        json!({ "arguments": ["label"] }),
        json!({ "arguments": "label" }),
    ] {
        assert_eq!(ask(&target, ids(&ann), "enrol", &more).0, Said::Malformed, "{more}");
    }
}

#[test]
fn one_user_holds_few_conversations_however_long_they_last_and_mail_goes_on() {
    let (target, ann) = world_with_person(Site::new("few at one time"));
    let begin = || RawConversation::begin_as(ids(&ann), &target.site.socket(), &own("enrol", &json!({})));
    let mut held: Vec<RawConversation> = (0..4)
        .map(|_| {
            let mut talk = begin();
            drop(talk.asked());
            talk
        })
        .collect();
    assert_eq!(begin().verdict(), Said::Nothing, "limits.connections_per_user");
    let status = target.posternd.status();
    assert_eq!((status.connections, status.dialogues), (5, 0));
    let started = Stopwatch::start();
    target.assert_alice_gets_in();
    started.assert_within(Duration::from_secs(4));
    held.iter_mut().for_each(RawConversation::hang_up);
    guard::wait_for("the places to be given back", Duration::from_secs(10), || {
        (target.posternd.status().connections == 1).then_some(())
    });
    drop(begin().asked());
}

#[test]
fn a_local_user_cannot_fill_the_log() {
    let (target, ann) = world_with_person(Site::new("fills the log"));
    let begin = line(&json!({ "begin": own("factors", &json!({ "user": "alice" })) }));
    let before = target.posternd.log().len();
    for said in say_as("mallory", &target.site.socket(), &vec![begin; 1000]) {
        assert_eq!(said, Said::reject("not_permitted"));
    }
    let peer = host::ids("mallory").0.to_string();
    let lines =
        guard::wait_for("each refusal to be in the log or counted there", Duration::from_secs(20), || {
            let log = target.posternd.log();
            let lines =
                log.lines().filter(|line| line.contains("flow=factors") && line.contains(&peer)).count();
            (lines + left_out(&target, &peer) == 1000).then_some(lines)
        });
    assert!((10..30).contains(&lines), "{lines} lines");
    assert!(target.posternd.log().len() - before < 20_000);
    assert_eq!(target.posternd.status().verdicts["reject"], 1000, "all of them are counted");
    // The log still has lines about others.
    assert_eq!(ask(&target, ids(&ann), "factors", &json!({})).0, Said::Accept(ann.name.clone()));
    drop(target.posternd.logged(&["flow=factors", "verdict=accept", &format!("user={}", ann.name)]));
}
