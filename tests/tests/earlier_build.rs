//! The current build reads all that an earlier build stored, and serves the front doors of that build.
//!
//! The data is in `tests/fixtures/earlier_build`. Trust, spent codes and challenges expire, so each test runs at the time at
//! which the data was made.

use std::fs;

use postern_tests::clock::at_second;
use postern_tests::earlier_build::{Door, Left, Restored, folder};
use postern_tests::login_host::{CodeApp, Stores};
use postern_tests::self_service::{Said, Visit};
use postern_tests::{host, otp};
use serde_json::{Value, json};

#[test]
fn the_embedded_stores_of_an_earlier_build_are_read() {
    at_its_time("the_embedded_stores_of_an_earlier_build_are_read", Stores::Embedded);
}

#[test]
fn ldap_and_redis_of_an_earlier_build_are_read() {
    at_its_time("ldap_and_redis_of_an_earlier_build_are_read", Stores::LdapAndRedis);
}

fn at_its_time(test: &str, stores: Stores) {
    host::require_test_host();
    let people = fs::read_to_string(folder(stores).join("people.json")).expect("people.json");
    at_second(test, Left::read(&people).made_at(), || everything_is_read(&Restored::start(stores)));
}

fn everything_is_read(host: &Restored) {
    // First, as it is over after two minutes.
    a_login_waits_for_the_phone_that_was_bound(host);
    the_command_line_says_what_it_said(host);
    a_spent_step_stays_spent(host);
    let mut app = host.left.app();
    the_front_doors_of_version_1_are_answered_as_before(host, &mut app);
    a_trusted_device_needs_no_code(host);
    recovery_codes_are_good_once(host);
    app_passwords_open_what_they_opened(host);
}

fn a_login_waits_for_the_phone_that_was_bound(host: &Restored) {
    let phone = host.left.phone();
    let arguments = phone.signed("pending", otp::now(), &[]);
    let arguments: Vec<(&str, &str)> =
        arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = host::ids("postern-web").0.as_raw();
    let mut visit = Visit::begin(&host.site.socket(), page, "phone_pending", &arguments);
    let mut waiting = Vec::new();
    loop {
        match visit.hear() {
            Said::Record { name, value } if name == "challenge" => waiting.push(value),
            Said::Record { .. } | Said::Tell { .. } => {}
            Said::Accept => break,
            other @ (Said::Ask { .. } | Said::Reject { .. } | Said::Defer(_) | Said::Error(_)) => {
                panic!("{other:?}")
            }
        }
    }
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!(waiting[0]["service"], "sshd", "{waiting:?}");
}

fn the_command_line_says_what_it_said(host: &Restored) {
    for (name, before, mut now) in host.answers() {
        // A service that is predefined since.
        if let Some(policy) = now.pointer_mut("/account/effective_policy").and_then(Value::as_object_mut) {
            assert!(policy.remove("web").is_some(), "{name}");
        }
        assert_eq!(without_ages(&now), without_ages(&before), "{name}");
    }
}

fn a_spent_step_stays_spent(host: &Restored) {
    let app = host.left.app().authenticator;
    let spent = app.code_at(host.left.spent_step() * app.period);
    let mut door = Door::begin(&host.site.socket(), &at_prompt(host, "anna"));
    while door.hear().get("ask").is_none() {}
    door.answer(&spent, "");
    let next = door.hear();
    assert!(next["verdict"]["accept"].is_null(), "{next}");
    drop(door);
    drop(host.posternd.logged(&["user=anna", "reason=replayed"]));
}

fn the_front_doors_of_version_1_are_answered_as_before(host: &Restored, app: &mut CodeApp) {
    let code = app.code();
    let fill = |text: &str| match text.strip_prefix('@').and_then(|rest| rest.strip_suffix('@')) {
        Some("code") => code.clone(),
        Some(name) => host.left.text(name).to_owned(),
        None => text.to_owned(),
    };
    let conversations = host.conversations();
    assert_eq!(conversations.len(), 6);
    for conversation in conversations {
        assert_eq!(conversation[0]["door"]["begin"]["version"], 1);
        Door::repeat(&host.site.socket(), &conversation, fill);
    }
}

fn a_trusted_device_needs_no_code(host: &Restored) {
    let mut begin = at_prompt(host, "anna");
    begin["device"] = host.left.text("device").into();
    let end = Door::begin(&host.site.socket(), &begin).finish(&[]);
    assert!(end["verdict"]["accept"].is_object(), "{end}");
}

fn recovery_codes_are_good_once(host: &Restored) {
    let codes = host.left.recovery_codes();
    let login = |code: &str| {
        let mut door = Door::begin(&host.site.socket(), &at_prompt(host, "anna"));
        while door.hear().get("ask").is_none() {}
        door.answer(code, "");
        loop {
            let next = door.hear();
            if next.get("ask").is_some() || next.get("verdict").is_some() {
                return next["verdict"]["accept"].is_object();
            }
        }
    };
    assert!(!login(codes[0]), "the earlier build let somebody in with it");
    assert!(login(codes[1]));
    assert!(!login(codes[1]));
}

fn app_passwords_open_what_they_opened(host: &Restored) {
    let login = |service: &str, user: &str, secret: &str| {
        let begin =
            json!({ "version": 1, "flow": "login", "service": service, "user": user, "secret": secret });
        Door::begin(&host.site.socket(), &begin).finish(&[])["verdict"]["accept"].is_object()
    };
    let left = &host.left;
    assert!(login("smtp", "anna", left.text("anna_app_password")));
    assert!(!login("pop3", "anna", left.text("anna_app_password")), "it is for imap and smtp");
    assert!(!login("imap", "anna", left.text("anna_revoked_app_password")));
    assert!(!login("imap", "anna", left.text("anna_password")), "her policy says never");
    assert!(login("imap", "berta", left.text("berta_app_password")));
    assert!(!login("imap", "berta", left.text("berta_password")), "she is enrolled");
}

fn at_prompt(host: &Restored, user: &str) -> Value {
    let secret = host.left.text(&format!("{user}_password"));
    json!({
        "version": 1, "flow": "login", "service": "sshd", "user": user, "secret": secret, "rhost": "192.0.2.9",
        "interactive": true,
    })
}

/// `answer` without the numbers of seconds that pass between two looks.
fn without_ages(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !name.ends_with("seconds"));
            fields.map(|(name, value)| (name.clone(), without_ages(value))).collect()
        }
        Value::Array(all) => all.iter().map(without_ages).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => answer.clone(),
    }
}
