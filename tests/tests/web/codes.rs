use postern_tests::otp;
use serde_json::Value;

use crate::OnPhone;

fn shown(phone: &OnPhone) -> (u64, String) {
    // The moment and the digits of one look.
    let look = phone.browser.js(
        "return [Math.floor(Date.now() / 1000), document.querySelector('.digits.code').textContent.replace(' ', '')]",
    );
    (look[0].as_u64().unwrap(), look[1].as_str().unwrap().to_owned())
}

fn agrees(phone: &OnPhone) {
    phone.browser.wait_until("the code of an authenticator app", || {
        let (moment, code) = shown(phone);
        (code == phone.phone_posternd.app().code_at(moment)).then_some(())
    });
}

#[test]
fn the_code_without_network_is_that_of_any_authenticator_app() {
    let phone = OnPhone::new("code");
    phone.bind();
    agrees(&phone);
    // A step of time later as well, and at any moment.
    for moment in [59_u64, 1_111_111_109, 2_000_000_000, 20_000_000_000] {
        let code = phone.browser.js_async(&format!(
            "const list = await Bindings.list(); return Keys.totp(list[0].code, {moment})"
        ));
        assert_eq!(code, Value::from(phone.phone_posternd.app().code_at(moment)), "{moment}");
    }
}

#[test]
fn the_code_is_there_when_the_server_is_not() {
    let mut phone = OnPhone::new("offline");
    phone.bind();
    phone.browser.js_async("await navigator.serviceWorker.ready");
    phone.web.stop();
    phone.browser.reload();
    phone.browser.wait_for_text("The server does not answer.");
    agrees(&phone);
    phone.browser.screenshot("offline");
    // After a restart of the phone too.
    phone.browser.restart();
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("alice · example.org");
    agrees(&phone);
    phone.web.start_again();
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.wait_for_text("A login is waiting for your answer.");
    // The kept page's token is of no use any more where the cookie is gone with the browser.
    phone.open_challenge(&id);
    phone.browser.click("Deny");
    phone.browser.wait_for_text("This login is denied.");
}

#[test]
fn the_code_follows_the_servers_clock() {
    let phone = OnPhone::new("code_clock");
    phone.phone_posternd.state().ahead = 7_200;
    phone.bind();
    phone.browser.wait_until("the code of the server's moment", || {
        let (_, code) = shown(&phone);
        let now = otp::now() + 7_200;
        (code == phone.phone_posternd.app().code_at(now)
            || code == phone.phone_posternd.app().code_at(now - 2))
        .then_some(())
    });
}

#[test]
fn without_network_the_page_says_so_and_comes_back_by_itself() {
    let phone = OnPhone::new("network");
    phone.bind();
    phone.browser.offline(true);
    phone.browser.wait_for_text("No network. The codes on this page work without it.");
    agrees(&phone);
    phone.browser.offline(false);
    phone.browser.wait_without_text("No network.");
}
