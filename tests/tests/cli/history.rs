use std::time::Duration;

use postern_tests::{MailHost, Outcome, Site, guard};
use serde_json::{Value, json};

use crate::{NO_USER, fails, json, said};

/// The events, once there are `count` of them.
fn events(site: &Site, count: usize) -> Vec<Value> {
    guard::wait_for(&format!("{count} events"), Duration::from_secs(10), || {
        let events = json(site, &["history", "alice"])["events"].as_array().unwrap().clone();
        (events.len() == count).then_some(events)
    })
}

#[test]
fn history_lists_the_logins_of_an_account_for_people_and_for_scripts() {
    let host = MailHost::new("history");
    let alice = host.site.account("alice");
    let phone = host.site.app_password("alice", "Phone", &["--scope", "imap"]);
    assert_eq!(said(&host.site, "alice", &["history", "alice"]), "no login of alice is remembered\n");
    fails(&host.site, NO_USER, &["history", "nobody"]);
    assert_eq!(host.login_from("imap", "nobody", &alice.password, "192.0.2.1"), Outcome::Refused);
    for address in ["2001:db8::1", "2001:db8::2"] {
        assert_eq!(host.login_from("imap", "alice", &phone.password, address), Outcome::Accepted);
    }
    assert_eq!(host.login_from("smtp", "alice", &phone.password, "192.0.2.7"), Outcome::Refused);
    let events = events(&host.site, 2);
    let by_service = |name: &str| events.iter().find(|event| event["service"] == name).unwrap();
    let (imap, smtp) = (by_service("imap"), by_service("smtp"));
    let expected = json!({
        "time": smtp["time"], "first": smtp["time"], "count": 1, "service": "smtp", "address": "192.0.2.7",
        "verdict": "reject", "reason": "scope", "first_factor_proved": false, "credential": "app_password",
        "id": phone.id, "label": "Phone",
    });
    assert_eq!(smtp, &expected);
    assert_eq!(
        (&imap["verdict"], &imap["reason"], &imap["first_factor_proved"]),
        (&json!("accept"), &Value::Null, &Value::Null)
    );
    let text = said(&host.site, "alice", &["history", "alice"]);
    let rows: Vec<&str> = text.lines().collect();
    let words: Vec<&str> = rows[0].split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
    assert_eq!(
        (words, rows.len()),
        (vec!["LAST", "SERVICE", "FROM", "VERDICT", "BY", "COUNT", "SINCE"], 3),
        "{text}"
    );
    assert!(
        text.contains("reject: scope") && text.contains(&format!("app_password {} \"Phone\"", phone.id)),
        "{text}"
    );
    assert!(!text.contains(&phone.password), "{text}");
}

#[test]
fn a_site_that_keeps_no_history_says_so() {
    let site = Site::new("no_history");
    drop(site.account("alice"));
    site.edit_config(|text| format!("{text}\n[history]\nentries = 0\n"));
    let text = said(&site, "alice", &["history", "alice"]);
    assert_eq!(text, "logins are not remembered: [history] entries is 0\n");
    assert_eq!(json(&site, &["history", "alice"])["events"], json!([]));
}
