//! Every kind of second factor is replaced and removed in a real browser, and recovery codes are made anew.

use std::collections::BTreeMap;

use postern_tests::account_host::AccountHost;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{CodeApp, LoginUser};
use postern_tests::{Browser, canary};
use serde_json::Value;

use crate::factors::scanned;
use crate::on_both;
use crate::ways::{bind_address, bind_phone};

on_both!(every_kind_is_replaced_and_removed);

/// The factors as the admin sees them: the ids by their labels.
pub(crate) fn factors(host: &AccountHost, user: &LoginUser) -> BTreeMap<String, String> {
    let account = host.site.cli_json(&["account", "show", &user.unix.name]);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let all = account["account"]["factors"].as_array().expect("factors").iter();
    all.map(|factor| (text(&factor["label"]), text(&factor["id"]))).collect()
}

fn bind_app(browser: &Browser, button: &str) -> CodeApp {
    browser.click(button);
    browser.wait_for_text("Cannot scan it?");
    let mut app = scanned(browser);
    browser.type_into("#answer", &app.code());
    browser.click("Continue");
    browser.wait_for_text("is set up");
    app
}

/// Shows the recovery codes of the page.
fn recovery_codes(browser: &Browser) -> Vec<String> {
    browser.wait_for_text("shown only this once");
    let codes =
        browser.js("return Array.from(document.querySelectorAll('#codes code')).map((e) => e.textContent)");
    let codes: Vec<String> = serde_json::from_value(codes).unwrap();
    codes.iter().for_each(|code| canary::register(code));
    assert_eq!(codes.len(), 10);
    codes
}

/// The second step with this answer, and where it leads.
fn logs_in_by(host: &AccountHost, user: &LoginUser, answer: &str) -> bool {
    let mut client = FormClient::new(host);
    client.log_in(user);
    client.answer(answer);
    client.cookie("-session").is_some()
}

fn every_kind_is_replaced_and_removed(host: &AccountHost) {
    let anna = host.user("anna");
    let mut browser = host.browser(Browser::builder("account_replacing").desktop());
    let security = |browser: &Browser| {
        browser.open(&host.url("/security"));
        browser.wait_for_text("Add another way");
    };
    host.log_in(&browser, &anna);
    let mut old_app = bind_app(&browser, "Set up Authenticator app");
    browser.click("Create recovery codes");
    let old_codes = recovery_codes(&browser);
    security(&browser);
    let old_phone = bind_phone(host, &mut browser, "Set up Phone", false);
    security(&browser);
    bind_address(&mut browser, "Set up E-mail", &anna.backup(), false, || {
        host.mailbox.next_to(&anna.backup()).code()
    });
    security(&browser);
    bind_address(&mut browser, "Set up SMS", &anna.number(), false, || {
        host.gateway.next_to(&anna.number()).code()
    });
    let before = factors(host, &anna);
    assert_eq!(before.len(), 4, "{before:?}");
    let replace = |label: &str| {
        let (_, id) = before.iter().find(|(known, _)| known.contains(label)).expect("a factor");
        format!("form[action='/security/replace']:has(input[value='{id}']) button")
    };

    // Each gets a new one in its place.
    security(&browser);
    let mut app = bind_app(&browser, &replace("Authenticator"));
    assert!(browser.text().contains("no longer works here"), "{}", browser.text());
    security(&browser);
    let phone = bind_phone(host, &mut browser, &replace("Fairphone"), false);
    assert_ne!(phone.factor, old_phone.factor);
    security(&browser);
    let address = format!("{}.new@example.org", anna.unix.name);
    bind_address(&mut browser, &replace("mail"), &address, false, || host.mailbox.next_to(&address).code());
    security(&browser);
    let number = anna.number().replace("+44207946", "+44207947");
    bind_address(&mut browser, &replace("SMS"), &number, false, || host.gateway.next_to(&number).code());
    let after = factors(host, &anna);
    assert_eq!(after.len(), 4, "{after:?}");
    assert!(after.values().all(|id| !before.values().any(|old| old == id)), "{before:?} {after:?}");
    browser.screenshot("replaced");
    // What was replaced opens nothing, and what took its place does.
    assert!(!logs_in_by(host, &anna, &old_app.code()));
    assert!(logs_in_by(host, &anna, &app.code()));
    let mailed = host.mailbox.count_to(&anna.backup());
    let texted = host.gateway.count_to(&anna.number());

    security(&browser);
    browser.click("Create new recovery codes");
    let codes = recovery_codes(&browser);
    assert!(!logs_in_by(host, &anna, &old_codes[0]), "the earlier ones are void");
    assert!(logs_in_by(host, &anna, &codes[0]));
    assert!(!logs_in_by(host, &anna, &codes[0]), "once");

    // All but the last are removed, each behind a question; that by which she proved herself goes last, and the proof with it.
    for label in ["mail", "Fairphone", "SMS"] {
        let (label, id) = after.iter().find(|(known, _)| known.contains(label)).expect("a factor");
        security(&browser);
        let risky = format!("details:has(input[value='{id}'])");
        browser.click(&format!("{risky} summary"));
        browser.wait_for_text("Are you sure?");
        browser.click(&format!("{risky} button"));
        browser.wait_for_text("has been removed");
        assert!(!factors(host, &anna).contains_key(label));
    }
    security(&browser);
    browser.wait_for_text("You need at least one second factor here.");
    assert_eq!(browser.js("return document.querySelectorAll(\"form[action='/security/remove']\").length"), 0);
    assert_eq!(factors(host, &anna).len(), 1);
    // Nothing went to what was replaced.
    assert_eq!(
        (host.mailbox.count_to(&anna.backup()), host.gateway.count_to(&anna.number())),
        (mailed, texted)
    );
    assert!(logs_in_by(host, &anna, &app.code()));
}
