use p256::ecdsa::VerifyingKey;
use postern_tests::Browser;
use serde_json::json;

use crate::OnPhone;
use crate::appearance::PUSH_KEY;

fn settings(name: &str, push_key: Option<&str>, ntfy: bool) -> OnPhone {
    let phone = OnPhone::of(name, Browser::builder(name).full());
    {
        let mut state = phone.phone_posternd.state();
        state.push_key = push_key.map(str::to_owned);
        state.ntfy = ntfy;
    }
    phone.bind();
    phone.browser.click("Settings of this phone");
    phone
}

#[test]
fn a_phone_is_rung_only_as_the_site_can() {
    let phone = settings("ring_none", None, false);
    phone.browser.wait_for_text("This site sends no notifications.");
    assert!(!phone.browser.text().contains("The ntfy app"));
    assert!(!phone.browser.text().contains("Browser notifications"));
}

#[test]
fn ntfy_is_told_by_its_address_and_can_be_switched_off() {
    let phone = settings("ring_ntfy", None, true);
    phone.browser.click("The ntfy app");
    phone.browser.wait_for_text("https://ntfy.example/qZ7up8kT2mVx");
    let nothing = json!({"ring": "ntfy", "endpoint": "", "p256dh": "", "auth": ""});
    assert_eq!(phone.phone_posternd.state().ring, nothing);
    phone.browser.wait_until("the button to say so", || {
        let pressed = "return document.querySelector('[aria-pressed=true]').textContent";
        (phone.browser.js(pressed) == "The ntfy app").then_some(())
    });
    assert!(
        phone.browser.js("return document.activeElement.textContent") == "The ntfy app",
        "the focus stays"
    );
    phone.browser.click("No notifications");
    phone.browser.wait_for_text("This phone gets no notifications.");
    assert_eq!(phone.phone_posternd.state().ring["ring"], "none");
}

#[test]
fn a_browser_that_will_not_notify_says_why() {
    let phone = settings("ring_refused", Some(PUSH_KEY), false);
    phone.browser.js("Notification.requestPermission = async function () { return 'denied'; }");
    phone.browser.click("Browser notifications");
    phone.browser.wait_for_text("Notifications are switched off for this page.");
    phone.browser.js("Notification.requestPermission = async function () { return 'granted'; }");
    // A real subscription needs a service in the world; here there is none.
    phone.browser.click("Browser notifications");
    phone.browser.wait_for_text("The browser's notification service does not answer.");
    assert_eq!(phone.phone_posternd.state().ring["ring"], "none");
}

#[test]
fn a_subscription_is_signed_and_handed_in() {
    let phone = settings("ring_push", Some(PUSH_KEY), false);
    // The service that a browser subscribes with is not here, so the subscription is of our making.
    phone.browser.js(
        "Notification.requestPermission = async function () { return 'granted'; };
         PushManager.prototype.getSubscription = async function () { return window.made || null; };
         PushManager.prototype.subscribe = async function (options) {
             window.asked = Array.from(options.applicationServerKey);
             window.made = { unsubscribe: async function () { return true; }, toJSON: function () {
                 return { endpoint: 'https://push.example/x?y=1', keys: { p256dh: 'BPoint+/==', auth: 'Auth+/' } }; } };
             return window.made;
         }",
    );
    phone.browser.click("Browser notifications");
    phone.browser.wait_for_text("This browser notifies you when a login is waiting.");
    let handed = json!({"ring": "web_push", "endpoint": "https://push.example/x?y=1", "p256dh": "BPoint-_", "auth": "Auth-_"});
    assert_eq!(phone.phone_posternd.state().ring, handed);
    let asked: Vec<u8> = serde_json::from_value(phone.browser.js("return window.asked")).unwrap();
    assert!(asked.len() == 65 && VerifyingKey::from_sec1_bytes(&asked).is_ok());
    // Gone with the next start of the browser, and noticed.
    phone.browser.js("window.made = null");
    phone.browser.wait_for_text("This browser no longer receives notifications.");
}

#[test]
fn a_push_message_is_shown_and_opens_its_challenge() {
    let phone = OnPhone::of("push", Browser::builder("push").full());
    phone.bind();
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.js_async("await navigator.serviceWorker.ready");
    let address = phone.phone_posternd.challenge_address("", &id);
    let permission =
        json!({"permission": {"name": "notifications"}, "setting": "granted", "origin": phone.web.url()});
    phone.browser.cdp("Browser.setPermission", &permission);
    let message = json!({"title": "Postern", "body": "alice at sshd", "url": address}).to_string();
    let shown = phone.browser.wait_until("a notification", || {
        // Chromium drops what it is handed while it starts or stops the worker.
        phone.browser.deliver_push(&phone.web.url(), &message);
        let list = phone.browser.js_async(
            "const r = await navigator.serviceWorker.ready; const list = await r.getNotifications();
             return list.map((n) => [n.title, n.body, n.data.url])",
        );
        list.as_array().and_then(|list| list.first().cloned())
    });
    assert_eq!(shown, json!(["Postern", "alice at sshd", address]));
    // A touch on it is the worker's word to the page.
    phone.browser.js(&format!(
        "navigator.serviceWorker.dispatchEvent(new MessageEvent('message', {{data: {{open: {}}}}}))",
        json!(address)
    ));
    phone.browser.wait_for_text("Number shown at the login");
}
