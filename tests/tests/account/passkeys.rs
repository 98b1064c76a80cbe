//! Passkeys, by the virtual authenticators of Chromium.

use postern_tests::Browser;
use postern_tests::account_host::AccountHost;
use serde_json::{Value, json};

use crate::on_both;

on_both!(a_passkey_is_created_used_replaced_and_removed, a_copied_security_key_is_noticed);

/// Gives the browser an authenticator, whose person is verified, and returns its id.
fn authenticator(browser: &Browser, transport: &str, is_synced: bool) -> String {
    browser.cdp("WebAuthn.enable", &json!({}));
    let options = json!({
        "protocol": "ctap2", "transport": transport, "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "automaticPresenceSimulation": true,
        "defaultBackupEligibility": is_synced, "defaultBackupState": is_synced,
    });
    let added = browser.cdp("WebAuthn.addVirtualAuthenticator", &json!({ "options": options }));
    added["authenticatorId"].as_str().expect("an id").to_owned()
}

fn credentials(browser: &Browser, id: &str) -> Vec<Value> {
    let found = browser.cdp("WebAuthn.getCredentials", &json!({ "authenticatorId": id }));
    found["credentials"].as_array().expect("a list").clone()
}

fn verifies(browser: &Browser, id: &str, is_verified: bool) {
    let set = json!({ "authenticatorId": id, "isUserVerified": is_verified });
    browser.cdp("WebAuthn.setUserVerified", &set);
}

fn a_passkey_is_created_used_replaced_and_removed(host: &AccountHost) {
    let anna = host.user("anna");
    let mut browser = host.browser(Browser::builder("account_passkey").desktop());
    let phone = authenticator(&browser, "internal", true);
    host.log_in(&browser, &anna);
    browser.click("Set up Passkey");
    browser.wait_for_text("Create a passkey");
    browser.screenshot("passkey-create");
    browser.axe();
    browser.click("Create the passkey");
    browser.wait_for_text("is set up");
    browser.screenshot("passkey-created");
    browser.axe();
    assert_eq!(credentials(&browser, &phone).len(), 1);
    browser.click("Not now");
    browser.wait_for_text("synced to your other devices");
    browser.screenshot("security-passkey");
    browser.axe();
    // The browser says itself that it has one.
    browser.click("Set up Passkey");
    browser.wait_for_text("Create a passkey");
    browser.click("Create the passkey");
    browser.wait_for_text("already holds a passkey");
    browser.screenshot("passkey-known");
    browser.axe();
    browser.click("Cancel");
    browser.click("Log out");
    host.log_in(&browser, &anna);
    browser.wait_for_text("Your browser will ask for your passkey");
    browser.screenshot("passkey-use");
    browser.axe();
    // Nobody confirms.
    verifies(&browser, &phone, false);
    browser.click("Use your passkey");
    browser.wait_for_text("got no answer from a passkey");
    browser.screenshot("passkey-no-answer");
    browser.axe();
    verifies(&browser, &phone, true);
    browser.click("Use your passkey");
    browser.wait_for_text("Add another way");
    // A new one on the same device, in its place.
    browser.click("Replace Passkey");
    browser.wait_for_text("Create a passkey");
    browser.click("Create the passkey");
    browser.wait_for_text("is set up");
    browser.open(&host.url("/security"));
    // In its place, one of a security key, which is on one device only.
    browser.click("Replace Passkey");
    browser.wait_for_text("Create a passkey");
    browser.cdp("WebAuthn.removeVirtualAuthenticator", &json!({ "authenticatorId": phone }));
    authenticator(&browser, "usb", false);
    browser.click("Create the passkey");
    browser.wait_for_text("is set up");
    browser.open(&host.url("/security"));
    browser.wait_for_text("it is on one device only");
    browser.click("Log out");
    host.log_in(&browser, &anna);
    browser.click("Use your passkey");
    browser.wait_for_text("Add another way");
    // The site requires a second factor.
    browser.wait_for_text("You need at least one second factor here");
}

fn a_copied_security_key_is_noticed(host: &AccountHost) {
    let anna = host.user("anna");
    let browser = host.browser(Browser::builder("account_passkey_copy").desktop());
    let key = authenticator(&browser, "usb", false);
    host.log_in(&browser, &anna);
    browser.wait_for_text("Nothing is set up yet");
    browser.click("Set up Passkey");
    browser.wait_for_text("Create a passkey");
    browser.click("Create the passkey");
    browser.wait_for_text("is set up");
    browser.click("Not now");
    browser.wait_for_text("Add another way");
    browser.click("Log out");
    let copy = credentials(&browser, &key).remove(0);
    host.log_in(&browser, &anna);
    browser.click("Use your passkey");
    browser.wait_for_text("Add another way");
    browser.click("Log out");
    browser.wait_for_text("You are logged out.");
    browser.cdp("WebAuthn.clearCredentials", &json!({ "authenticatorId": key }));
    browser.cdp("WebAuthn.addCredential", &json!({ "authenticatorId": key, "credential": copy }));
    host.log_in(&browser, &anna);
    browser.click("Use your passkey");
    browser.wait_for_text("is not accepted here");
}
