//! Every way to log in with a second factor.

use postern_tests::account_host::AccountHost;
use postern_tests::courier_host::wrong;
use postern_tests::form_client::FormClient;
use postern_tests::login_host::{CodeApp, LoginUser};
use postern_tests::{Browser, Handset};

use crate::on_both;

on_both!(
    a_phone_is_set_up_and_approves_by_a_number,
    codes_come_by_mail_and_by_sms_and_another_way_is_chosen,
    recovery_codes_are_shown_once_and_each_opens_once,
    only_ways_that_there_are_and_that_are_others_are_offered,
);

/// Takes a picture and searches the page for what keeps people out, where that is wanted.
fn look(browser: &mut Browser, name: &str, is_wanted: bool) {
    if is_wanted {
        browser.screenshot(name);
        browser.axe();
    }
}

/// Binds a phone in the page, and gives it back.
pub(crate) fn bind_phone(host: &AccountHost, browser: &mut Browser, button: &str, looks: bool) -> Handset {
    browser.click(button);
    browser.wait_for_text("Is this the phone you want to set up?");
    look(browser, "phone-scan", looks);
    let address = browser.js("return document.querySelector('main a[target]').href");
    let phone = Handset::scans(address.as_str().unwrap());
    phone.register();
    assert!(phone.bind(&host.web, "Fairphone").is_accept());
    browser.click("The phone shows six digits: continue");
    browser.wait_for_text("Compare these six digits");
    look(browser, "phone-compare", looks);
    assert_eq!(browser.text_of(".digits"), phone.compared());
    browser.click("Yes, the same digits");
    browser.wait_for_text("is set up");
    phone
}

fn a_phone_is_set_up_and_approves_by_a_number(host: &AccountHost) {
    let anna = host.user("anna");
    let mut browser = host.browser(Browser::builder("account_phone").desktop());
    host.log_in(&browser, &anna);
    let phone = bind_phone(host, &mut browser, "Set up Phone", true);
    let topic = phone.ring_by_ntfy(&host.web);
    postern_tests::canary::register(&topic);
    browser.screenshot("recovery-offer");
    browser.axe();
    browser.click("Not now");
    browser.wait_for_text("Add another way");
    browser.open(&host.url("/devices"));
    let devices = browser.text();
    assert!(devices.contains("Phones that approve logins") && devices.contains("Replace or remove a phone"));
    browser.screenshot("devices-phone");
    browser.axe();
    browser.click("Log out");
    // The page goes on by itself once the phone has answered.
    host.log_in(&browser, &anna);
    browser.wait_for_text("Waiting for your phone");
    browser.screenshot("approve");
    browser.axe();
    let number = browser.text_of(".digits");
    assert_eq!(phone.decide(&host.web, "approve", &number), "approved");
    browser.wait_for_text("Add another way");
    browser.click("Log out");
    // A phone without network shows a code.
    host.log_in(&browser, &anna);
    browser.click("Phone without network? Type its code");
    browser.type_into("#offline", &CodeApp::of(phone.app()).code());
    browser.click("#offline ~ button");
    browser.wait_for_text("Add another way");
    browser.click("Log out");
    // The QR code, and a wrong number.
    host.log_in(&browser, &anna);
    browser.click("No request on the phone? Show a QR code");
    browser.wait_until("a QR code", || {
        (browser.js("return document.querySelectorAll('svg.qr').length") == 1).then_some(())
    });
    browser.screenshot("approve-qr");
    browser.axe();
    let number = browser.text_of(".digits");
    assert_eq!(
        phone.decide(&host.web, "approve", postern_tests::courier_host::another(&number)),
        "wrong_number"
    );
    browser.wait_for_text("was not the one shown here");
    browser.screenshot("approve-wrong");
    browser.axe();
}

/// Binds what codes are sent to.
pub(crate) fn bind_address(
    browser: &mut Browser,
    button: &str,
    to: &str,
    looks: bool,
    code: impl FnOnce() -> String,
) {
    browser.click(button);
    let kind = button.rsplit(' ').next().unwrap();
    browser.wait_until("a field", || {
        (browser.js("return document.querySelectorAll('#answer').length") == 1).then_some(())
    });
    look(browser, &format!("address-{kind}"), looks);
    browser.type_into("#answer", to);
    browser.click("Send the code");
    browser.wait_for_text("Send a new code");
    look(browser, &format!("sent-{kind}"), looks);
    browser.type_into("#answer", &code());
    browser.click("Continue");
    browser.wait_for_text("is set up");
    let is_first = browser.text().contains("Not now");
    browser.click(if is_first { "Not now" } else { "Continue" });
    browser.wait_for_text("Add another way");
}

fn codes_come_by_mail_and_by_sms_and_another_way_is_chosen(host: &AccountHost) {
    let bert = host.user("bert");
    let mut browser = host.browser(Browser::builder("account_sent").desktop());
    host.log_in(&browser, &bert);
    bind_address(&mut browser, "Set up E-mail", &bert.backup(), true, || {
        host.mailbox.next_to(&bert.backup()).code()
    });
    bind_address(&mut browser, "Set up SMS", &bert.number(), true, || {
        host.gateway.next_to(&bert.number()).code()
    });
    browser.screenshot("two-ways");
    browser.click("Log out");
    host.log_in(&browser, &bert);
    log_in_by(&mut browser, &bert, host);
}

fn log_in_by(browser: &mut Browser, bert: &LoginUser, host: &AccountHost) {
    browser.wait_for_text("Code sent to");
    browser.click("Choose another way");
    browser.screenshot("other-way");
    browser.axe();
    browser.click(".ways li:last-child button");
    browser.wait_for_text("Code sent to");
    let is_mail = browser.text().contains("example.org");
    let code = if is_mail {
        host.mail(&bert.backup(), "code").code()
    } else {
        host.gateway.next_to(&bert.number()).code()
    };
    browser.type_into("#answer", wrong(&code));
    browser.click("Continue");
    browser.wait_for_text("That code is wrong");
    browser.screenshot("code-wrong");
    browser.axe();
    browser.type_into("#answer", &code);
    browser.click("Continue");
    browser.wait_for_text("Add another way");
}

fn recovery_codes_are_shown_once_and_each_opens_once(host: &AccountHost) {
    let carla = host.enrolled_with("carla", &[]);
    let mut browser = host.browser(Browser::builder("account_recovery").desktop());
    let mut app = carla.app.clone();
    host.log_in(&browser, &carla);
    browser.type_into("#answer", &app.code());
    browser.click("Continue");
    browser.click("Create recovery codes");
    browser.wait_for_text("shown only this once");
    browser.screenshot("recovery-codes");
    browser.axe();
    let codes =
        browser.js("return Array.from(document.querySelectorAll('#codes code')).map((e) => e.textContent)");
    let codes: Vec<String> = serde_json::from_value(codes).unwrap();
    assert_eq!(codes.len(), 10);
    codes.iter().for_each(|code| postern_tests::canary::register(code));
    let shown_at = browser.url();
    browser.open(&shown_at);
    browser.wait_without_text(&codes[0]);
    for is_first in [true, false] {
        browser.open(&host.url("/security"));
        browser.click("Log out");
        host.log_in(&browser, &carla);
        browser.click("Use a recovery code");
        browser.type_into("#recovery", &codes[0]);
        browser.click("#recovery ~ button");
        if is_first {
            browser.wait_for_text("You have 9 recovery codes left.");
            browser.screenshot("recovery-left");
            browser.axe();
        } else {
            browser.wait_for_text("That code is wrong, or was used before.");
        }
    }
}

/// The ways that a page offers in the place of the one in use.
fn other_ways(page: &str) -> Vec<&str> {
    let Some((_, list)) = page.split_once("<ul class=\"ways\">") else { return Vec::new() };
    let (list, _) = list.split_once("</ul>").unwrap();
    list.split("<button").skip(1).map(|one| one.split(['>', '<']).nth(1).unwrap()).collect()
}

fn only_ways_that_there_are_and_that_are_others_are_offered(host: &AccountHost) {
    let mut dora = host.enrolled_with("dora", &[]);
    let mut client = FormClient::new(host);
    client.log_in(&dora);
    assert!(client.page.body.contains("Code from"), "{}", client.page.body);
    assert!(!client.page.body.contains("Use a recovery code"), "there are none: {}", client.page.body);
    assert!(!client.page.body.contains("Choose another way"), "there is none: {}", client.page.body);
    client.answer(&dora.app.code());
    client.get("/security");
    client.submit("/security/add", &[("kind", "email")]);
    client.answer(&dora.backup());
    let whole = format!("Code sent to {}<", dora.backup());
    assert!(client.page.body.contains(&whole), "a slip in it is seen: {}", client.page.body);
    client.answer(&host.mailbox.next_to(&dora.backup()).code());
    assert!(client.page.body.contains("is set up"), "{}", client.page.body);
    client.submit("/log-out", &[]);
    client.log_in(&dora);
    let first = other_ways(&client.page.body);
    assert!(first.len() == 1 && first[0].contains("E-mail"), "not the app, which is asked for: {first:?}");
    client.answer("2");
    assert!(client.page.body.contains("Code sent to"), "{}", client.page.body);
    assert!(!client.page.body.contains(&dora.backup()), "masked at a login: {}", client.page.body);
    let second = other_ways(&client.page.body);
    assert!(second.len() == 1 && !second[0].contains("E-mail"), "the app again: {second:?}");
    let code = host.mail(&dora.backup(), "code").code();
    client.answer(&code);
    client.get("/security");
    client.submit("/security/recovery-codes", &[]);
    assert!(client.page.body.contains("shown only this once"), "{}", client.page.body);
    for code in client.page.body.split("<li><code>").skip(1) {
        postern_tests::canary::register(code.split('<').next().unwrap());
    }
    client.submit("/log-out", &[]);
    client.log_in(&dora);
    assert!(client.page.body.contains("Use a recovery code"), "{}", client.page.body);
}
