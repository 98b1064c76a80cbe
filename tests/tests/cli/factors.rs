use postern_ipc::{Begin, Client, Flow, Verdict};
use postern_tests::{Site, Typist, UnixUser, unix_users};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

use crate::app::App;
use crate::{DATA, USAGE, fails, json};

/// A login to sshd as its PAM module begins it, from a device with this key, by a user who types these answers, one to each question;
/// the questions and whether it was let in.
pub(crate) fn login(site: &Site, user: &UnixUser, key: &str, answers: &[&str]) -> (Vec<String>, bool) {
    let (mut left, mut asked) = (answers.iter(), Vec::new());
    let mut typist = Typist::new(|_, text| {
        asked.push(text.to_owned());
        left.next().map(|one| (*one).to_owned())
    });
    let mut begin = Begin::new(Flow::Login, "sshd", &user.name);
    begin.interactive = true;
    begin.rhost = Some("192.0.2.7".to_owned());
    begin.device = Some(format!("ssh-key ssh-ed25519 {key}"));
    let client = Client::connect(&site.socket(), Instant::now() + Duration::from_secs(60)).unwrap();
    let verdict = client.converse(begin, &mut typist).unwrap();
    (asked, matches!(verdict, Verdict::Accept(_)))
}

/// A key's blob in base64, as long as one of ed25519.
pub(crate) fn key(byte: u8) -> String {
    use base64::Engine;
    let mut blob = Vec::new();
    for field in [&b"ssh-ed25519"[..], &[byte; 32]] {
        blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
        blob.extend(field);
    }
    base64::engine::general_purpose::STANDARD.encode(blob)
}

fn list(site: &Site, what: &str, name: &str) -> Vec<Value> {
    json(site, &[what, "list", name])[format!("{what}s")].as_array().unwrap().clone()
}

fn site_with(name: &str) -> (Site, UnixUser, String, App) {
    let site = Site::new(name);
    let user = unix_users::fresh("frank");
    let account = site.account_of(&user);
    // Its time has begun before a code is spent, or the next codes would have to wait.
    let posternd = site.posternd();
    site.age_ledger();
    drop(posternd);
    let app = App::enrol(&site, &user.name);
    (site, user, account.password, app)
}

#[test]
fn factors_are_listed_and_removed_the_last_one_too() {
    let site = Site::new("factor_list");
    drop(site.account("alice"));
    assert_eq!(crate::said(&site, "alice", &["factor", "list", "alice"]), "alice has no second factor\n");
    let (first, _) = site.enrol_with("alice", &["--label", "phone"]);
    let (second, _) = site.enrol_with("alice", &["--label", "token", "--digits", "8"]);
    let text = crate::said(&site, "alice", &["factor", "list", "alice"]);
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].starts_with("ID") && rows.len() == 4, "{text}");
    assert!(text.contains(&first[..8]) && text.contains("8 digits") && text.contains("never"), "{text}");
    assert!(text.ends_with("0 recovery codes are left\n"), "{text}");
    assert_eq!(list(&site, "factor", "alice").len(), 2);
    assert!(
        !json(&site, &["factor", "list", "alice"]).to_string().contains("seed"),
        "no sealed secret either"
    );

    for wrong in ["", "abc", "0123456789abcdef0123456789abcdef"] {
        fails(&site, DATA, &["factor", "remove", "alice", wrong]);
    }
    let text = crate::said(&site, "alice", &["factor", "remove", "alice", &first[..8].to_uppercase()]);
    assert_eq!(text, format!("removed second factor {} \"phone\"\n", &first[..8]));
    let removed = json(&site, &["factor", "remove", "alice", &second]);
    assert_eq!(removed["removed"], json!([second]));
    assert_eq!(json(&site, &["account", "show", "alice"])["account"]["enrolled"], false);
    drop((site.enrol("alice"), site.enrol("alice")));
    assert!(
        crate::said(&site, "alice", &["factor", "remove", "alice", "--all"])
            .ends_with("alice is no longer enrolled\n")
    );
    assert!(list(&site, "factor", "alice").is_empty());
    assert_eq!(
        crate::said(&site, "alice", &["factor", "remove", "alice", "--all"]),
        "no second factor to remove\n"
    );
}

#[test]
fn recovery_codes_are_shown_once_and_each_opens_one_login() {
    let (site, user, password, _) = site_with("recovery");
    let _posternd = site.posternd();
    let codes = |json: Value| -> Vec<String> {
        json["recovery_codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect()
    };
    let first = codes(json(&site, &["recovery", "create", &user.name]));
    assert_eq!(first.len(), 10);
    let text = site.cli_ok(&["recovery", "create", &user.name]);
    let second: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(second.len(), 10);
    assert!(!login(&site, &user, &key(1), &[&password, &first[0]]).1, "earlier ones are no longer good");
    assert!(login(&site, &user, &key(1), &[&password, second[3], "n"]).1);
    assert!(!login(&site, &user, &key(1), &[&password, second[3]]).1);
    assert_eq!(json(&site, &["factor", "list", &user.name])["recovery_codes_left"], 9);
    drop(site.account("bob"));
    let said = fails(&site, DATA, &["recovery", "create", "bob"]);
    assert!(said.contains("no second factor"), "{said}");
}

#[test]
fn a_trusted_device_is_listed_and_revoked() {
    let (site, user, password, mut app) = site_with("devices");
    let _posternd = site.posternd();
    assert!(site.cli_ok(&["device", "list", &user.name]).contains("trusts no device"));
    for byte in [1, 2] {
        let code = app.code();
        let (asked, is_in) = login(&site, &user, &key(byte), &[&password, &code, "y"]);
        assert!(is_in && asked.len() == 3, "{asked:?}");
    }
    for byte in [1, 2] {
        let (asked, is_in) = login(&site, &user, &key(byte), &[&password]);
        assert!(is_in && asked.len() == 1, "{asked:?}");
    }
    let devices = list(&site, "device", &user.name);
    assert_eq!(devices.len(), 2, "{devices:?}");
    let id = devices[0]["id"].as_str().unwrap();
    let text = site.cli_ok(&["device", "list", &user.name]);
    assert!(text.contains("ssh key SHA256:") && text.contains(&id[..8]), "{text}");
    fails(&site, DATA, &["device", "revoke", &user.name, "0000"]);
    let text = site.cli_ok(&["device", "revoke", &user.name, &id[..6]]);
    assert!(text.starts_with("revoked "), "{text}");
    let left = list(&site, "device", &user.name);
    assert!(left.len() == 1 && left[0]["id"] == devices[1]["id"], "{left:?}");
    let trusted = [1, 2].map(|byte| login(&site, &user, &key(byte), &[&password]).1);
    assert_eq!(trusted.iter().filter(|is_trusted| **is_trusted).count(), 1, "{trusted:?}");
    drop(site.cli_ok(&["device", "revoke", &user.name, "--all"]));
    assert!(list(&site, "device", &user.name).is_empty());
    assert!([1, 2].iter().all(|byte| !login(&site, &user, &key(*byte), &[&password]).1));
    assert_eq!(
        crate::said(&site, &user.name, &["device", "revoke", &user.name, "--all"]),
        "no trusted device to revoke\n"
    );
}

#[test]
fn locked_factors_are_unlocked() {
    let (site, user, password, mut app) = site_with("unlock");
    site.edit_config(|text| format!("{text}\n[limits]\nwrong_codes = 100\nwrong_codes_in_a_row = 5\n"));
    let _posternd = site.posternd();
    for _ in 0..3 {
        let wrong = app.wrong_code();
        assert!(!login(&site, &user, &key(1), &[&password, &wrong, &wrong, &wrong]).1);
    }
    assert!(list(&site, "factor", &user.name)[0]["locked"].is_string());
    assert!(site.cli_ok(&["factor", "list", &user.name]).contains("locked 2"));
    assert!(site.cli_ok(&["account", "show", &user.name]).contains("locked 2"));
    let code = app.code();
    assert!(!login(&site, &user, &key(1), &[&password, &code]).1);
    let unlocked = json(&site, &["account", "unlock", &user.name]);
    assert_eq!(
        (&unlocked["unlocked"], &unlocked["account"]["factors"][0]["locked"]),
        (&json!(1), &Value::Null)
    );
    assert!(login(&site, &user, &key(1), &[&password, &code, "n"]).1);
    assert!(site.cli_ok(&["account", "unlock", &user.name]).starts_with("no second factor was locked"));
}

#[test]
fn a_reset_takes_everything_of_the_second_step_and_asks_before() {
    let (site, user, password, mut app) = site_with("reset");
    let _posternd = site.posternd();
    drop(json(&site, &["recovery", "create", &user.name]));
    drop(site.app_password(&user.name, "Phone", &[]));
    assert!(login(&site, &user, &key(1), &[&password, &app.code(), "y"]).1);
    let mut person = site.cli_at_terminal(&["account", "reset", &user.name]);
    let asked = person.expect("[y/N] ");
    assert!(asked.contains(&user.name) && asked.contains("Take away 1 second factor,"), "{asked}");
    person.answer_visible("");
    let (status, said) = person.ends();
    assert!(status == DATA && said.contains("nothing was changed"), "{said}");
    assert_eq!(list(&site, "factor", &user.name).len(), 1);
    let mut person = site.cli_at_terminal(&["account", "reset", &user.name]);
    person.expect("[y/N] ");
    person.answer_visible("yes");
    let (status, said) = person.ends();
    assert!(status == 0 && said.contains("took away 1 second factor, 10 recovery codes"), "{said}");
    let account = &json(&site, &["account", "show", &user.name])["account"];
    assert_eq!(
        (&account["enrolled"], &account["recovery_codes_left"]),
        (&json!(false), &json!(0)),
        "{account}"
    );
    assert_eq!(account["app_passwords"], 1, "those stay");
    assert!(list(&site, "device", &user.name).is_empty());
    drop(site.cli_ok(&["account", "reset", &user.name, "--yes"]));
    // With another factor the old device has to show a code again.
    let mut app = App::enrol(&site, &user.name);
    assert!(!login(&site, &user, &key(1), &[&password]).1);
    assert!(login(&site, &user, &key(1), &[&password, &app.code(), "n"]).1);
}

#[test]
fn a_ticket_permits_binding_a_first_factor_once() {
    let site = Site::builder("invite")
        .setting("[policy]", "second_factor = \"required\"\nforced_enrolment = \"ticket\"")
        .build();
    let _posternd = site.posternd();
    let user = unix_users::fresh("tina");
    let account = site.account_of(&user);
    let invited = json(&site, &["account", "invite", &user.name, "--for", "1h"]);
    let ticket = invited["ticket"]["ticket"].as_str().unwrap();
    assert_eq!(invited["ticket"]["account"], user.name.as_str());
    let shown = &json(&site, &["account", "show", &user.name])["account"];
    assert_eq!(shown["policy"]["ticket_expires"], invited["ticket"]["expires"]);
    assert!(!shown.to_string().contains(ticket));
    assert!(site.cli_ok(&["account", "show", &user.name]).contains("ticket"));
    let (asked, _) = login(&site, &user, &key(1), &[&account.password, "aaaa-aaaa-aaaa-aaaa-aaaa"]);
    assert!(!asked.iter().any(|text| text.contains("app shows")), "a wrong ticket: {asked:?}");
    let (asked, _) = login(&site, &user, &key(1), &[&account.password, ticket]);
    assert!(asked.iter().any(|text| text.contains("app shows")), "{asked:?}");
    let text = site.cli_ok(&["account", "invite", &user.name]);
    assert!(text.contains("good once and until") && text.contains("shown this once"), "{text}");
    let (asked, _) = login(&site, &user, &key(1), &[&account.password, ticket]);
    assert!(!asked.iter().any(|text| text.contains("app shows")), "a newer one takes its place: {asked:?}");
    for span in ["soon", "0s"] {
        fails(&site, USAGE, &["account", "invite", &user.name, "--for", span]);
    }
    drop(site.enrol(&user.name));
    fails(&site, DATA, &["account", "invite", &user.name]);
}
