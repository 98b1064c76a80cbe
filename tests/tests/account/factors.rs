use data_encoding::BASE32_NOPAD;
use postern_tests::account_host::AccountHost;
use postern_tests::login_host::CodeApp;
use postern_tests::{Authenticator, Browser, canary};

use crate::on_both;

on_both!(an_authenticator_is_set_up_used_replaced_and_removed);

/// The app that the page shows the key of.
pub(crate) fn scanned(browser: &Browser) -> CodeApp {
    let key: String = browser.text_of(".secret code").split_whitespace().collect();
    canary::register(&key);
    CodeApp::of(Authenticator::new(&BASE32_NOPAD.decode(key.as_bytes()).unwrap()))
}

fn an_authenticator_is_set_up_used_replaced_and_removed(host: &AccountHost) {
    let anna = host.user("anna");
    let mut browser = host.browser(Browser::builder("account_totp").desktop());
    browser.screenshot("log-in");
    browser.axe();
    host.log_in(&browser, &anna);
    browser.wait_for_text("Nothing is set up yet");
    browser.screenshot("security-empty");
    browser.axe();
    browser.click("Set up Authenticator app");
    browser.wait_for_text("Cannot scan it?");
    browser.screenshot("authenticator");
    browser.axe();
    let mut app = scanned(&browser);
    browser.type_into("#answer", "000000");
    browser.click("Continue");
    browser.wait_for_text("not the code of this key");
    browser.screenshot("authenticator-wrong");
    browser.axe();
    browser.type_into("#answer", &app.code());
    browser.click("Continue");
    browser.wait_for_text("is set up");
    browser.screenshot("authenticator-done");
    browser.axe();
    browser.click("Create recovery codes");
    browser.wait_for_text("shown only this once");
    browser.screenshot("authenticator-codes");
    browser.axe();
    browser.click("I have them: continue");
    browser.wait_for_text("Add another way");
    browser.screenshot("security");
    browser.axe();
    browser.click("Log out");
    browser.wait_for_text("You are logged out.");
    browser.screenshot("logged-out");
    host.log_in(&browser, &anna);
    browser.wait_for_text("Code from");
    browser.screenshot("code");
    browser.axe();
    browser.type_into("#answer", &app.code());
    browser.click("Continue");
    browser.wait_for_text("Add another way");
    browser.open(&host.url("/app-passwords"));
    browser.wait_for_text("New app password");
    browser.screenshot("app-passwords");
    browser.axe();
    browser.type_into("#label", "Thunderbird");
    browser.click("Create");
    browser.wait_for_text("shown only this once");
    browser.screenshot("app-password");
    browser.axe();
    browser.click("Continue");
    browser.wait_for_text("Last used");
    browser.screenshot("app-passwords-one");
    browser.axe();
    browser.open(&host.url("/devices"));
    browser.wait_for_text("this browser");
    browser.screenshot("devices");
    browser.axe();
    browser.open(&host.url("/nothing"));
    browser.screenshot("nothing");
    browser.axe();
}
