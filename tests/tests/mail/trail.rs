use std::time::Duration;

use postern_tests::guard::pause;
use postern_tests::{Login, MailHost, Outcome, Protocol};
use serde_json::Value;

use postern_tests::site::wrong_password;

fn last_used(host: &MailHost, id: &str) -> Value {
    let json = host.site.cli_json(&["app-password", "list", "alice"]);
    let all = json["app_passwords"].as_array().unwrap();
    all.iter().find(|one| one["id"] == id).expect("it is listed")["last_used"].clone()
}

#[test]
fn the_list_has_the_last_use_of_each_app_password() {
    let host = MailHost::new("last_used");
    let alice = host.site.account("alice");
    let phone = host.site.app_password("alice", "Phone", &[]);
    let laptop = host.site.app_password("alice", "Laptop", &[]);
    assert_eq!((last_used(&host, &phone.id), last_used(&host, &laptop.id)), (Value::Null, Value::Null));
    assert!(host.site.cli_ok(&["app-password", "list", "alice"]).contains("never"));

    let imap = Login::new(&host.dovecot, Protocol::Imap, "alice", &phone.password).from("127.0.0.8").run();
    assert!(imap.is_in());
    let used = last_used(&host, &phone.id);
    assert_eq!((&used["service"], &used["address"]), (&Value::from("imap"), &Value::from("127.0.0.8")));
    let at = used["at"].as_str().unwrap();
    let created = phone.json["app_password"]["created"].as_str().unwrap();
    assert!(at >= created && at.ends_with('Z') && at.len() == created.len(), "{at} after {created}");
    let shown = host.site.cli_ok(&["app-password", "list", "alice"]);
    // In the time of the host, to the minute.
    let minute = &at[14..16];
    let is_at_that_minute =
        |line: &str| line.contains(&format!(":{minute} ")) && line.contains(", imap from 127.0.0.8");
    assert!(shown.lines().any(is_at_that_minute), "{shown}");

    assert_eq!(host.login_from("smtp", "alice", &laptop.password, "2001:db8::7"), Outcome::Accepted);
    let used = last_used(&host, &laptop.id);
    assert_eq!((&used["service"], &used["address"]), (&Value::from("smtp"), &Value::from("2001:db8::7")));

    assert_eq!(host.login_from("pop3", "alice", &alice.password, "192.0.2.1"), Outcome::Accepted);
    let show = host.site.cli_json(&["account", "show", "alice"]);
    assert_eq!(show["account"]["main_password_last_used"]["address"], "192.0.2.1");
}

#[test]
fn a_last_use_is_written_once_a_minute_and_a_refusal_is_no_use() {
    let host = MailHost::new("once_a_minute");
    drop(host.site.account("alice"));
    let phone = host.site.app_password("alice", "Phone", &["--scope", "imap"]);
    assert_eq!(host.login("pop3", "alice", &phone.password), Outcome::Refused);
    assert_eq!(last_used(&host, &phone.id), Value::Null, "out of scope");
    assert_eq!(host.login("imap", "alice", &phone.password), Outcome::Accepted);
    let first = last_used(&host, &phone.id);
    // Times are whole seconds, so a second write would be visible.
    pause(Duration::from_millis(1_200));
    for _ in 0..5 {
        assert_eq!(host.login("imap", "alice", &phone.password), Outcome::Accepted);
    }
    assert_eq!(last_used(&host, &phone.id), first);
}

#[test]
fn every_login_leaves_one_line_with_user_service_address_and_reason() {
    let host = MailHost::new("audit");
    drop(host.site.account("alice"));
    let phone = host.site.app_password("alice", "Phone", &[]);
    let shown = host.site.cli_json(&["account", "show", "alice"]);
    let id = shown["account"]["id"].as_str().unwrap();
    let (account, app) = (format!(" account={id} "), format!(" app_password={} ", phone.id));

    assert_eq!(host.login_from("smtp", "alice", &phone.password, "192.0.2.7"), Outcome::Accepted);
    let line = host.posternd.logged(&["verdict=accept", "flow=login"]);
    for part in [" service=smtp ", " rhost=192.0.2.7 ", " credential=app_password ", &account, &app] {
        assert!(line.contains(part), "no{part}in: {line}");
    }
    assert!(line.ends_with(" user=alice"), "{line}");
    assert!(!line.contains("reason="), "{line}");

    assert_eq!(host.login_from("imap", "alice", &wrong_password(), "2001:db8::7"), Outcome::Refused);
    let line = host.posternd.logged(&["verdict=reject", "rhost=2001:db8::7"]);
    for part in [" reason=bad_credential ", " service=imap ", " credential=main_password ", &account] {
        assert!(line.contains(part), "no{part}in: {line}");
    }

    drop(host.site.cli_ok(&["app-password", "revoke", "alice", &phone.id]));
    assert_eq!(host.login_from("imap", "alice", &phone.password, "192.0.2.8"), Outcome::Refused);
    let line = host.posternd.logged(&["verdict=reject", "rhost=192.0.2.8"]);
    assert!(line.contains(" reason=revoked ") && line.contains(&app) && line.contains(&account), "{line}");

    let lines = host.posternd.log().lines().filter(|line| line.contains("flow=login")).count();
    assert_eq!(lines, 3, "one line a login");
}
