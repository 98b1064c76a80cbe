//! `postern export`: everything about an account, and nothing that opens it.

use postern_tests::{MailHost, Outcome, guard};
use serde_json::{Value, json};

use crate::{NO_USER, fails, json};

#[test]
fn an_export_tells_all_about_an_account_and_opens_nothing() {
    let host = MailHost::new("export");
    let site = &host.site;
    let alice =
        site.account_with("alice", &postern_tests::site::random_password(), &["--mail", "alice@example.org"]);
    let (_, app) = site.enrol("alice");
    let phone = site.app_password("alice", "Phone", &["--scope", "imap"]);
    let gone = site.app_password("alice", "Gone", &[]);
    drop(site.cli_ok(&["app-password", "revoke", "alice", &gone.id]));
    let codes = json(site, &["recovery", "create", "alice"])["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(host.login("imap", "alice", &phone.password), Outcome::Accepted);
    let export = guard::wait_for("the login in the export", std::time::Duration::from_secs(10), || {
        let export: Value = serde_json::from_str(&site.cli_ok(&["export", "alice"])).unwrap();
        (export["history"].as_array().unwrap().len() == 1).then_some(export)
    });
    assert_eq!(export["version"], 1);
    assert_eq!(export["for_account"]["name"], "alice");
    assert_eq!(export["addresses"], json!(["alice@example.org"]));
    assert_eq!(export["account"]["factors"][0]["kind"], "totp");
    assert_eq!(export["account"]["enrolled"], true);
    let passwords = export["app_passwords"].as_array().unwrap();
    assert_eq!(json!([passwords[0]["label"], passwords[0]["id"]]), json!(["Phone", phone.id]));
    assert!(passwords[1]["revoked"].is_string() && passwords.len() == 2, "{export:#}");
    assert_eq!(export["recovery_codes"].as_array().unwrap().len(), codes.len());
    for list in ["devices", "sessions", "challenges"] {
        assert_eq!(export[list], json!([]), "{list}");
    }
    let text = export.to_string();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned());
    for secret in codes.chain([
        app.base32(),
        app.hex(),
        phone.password,
        alice.password,
        "argon2".to_owned(),
        "\"seed\"".to_owned(),
    ]) {
        assert!(!text.contains(&secret), "{text}");
    }
    fails(site, NO_USER, &["export", "zoe"]);
}
