use p256::ecdsa::VerifyingKey;
use serde_json::json;

use crate::World;
use crate::appearance::PUSH_KEY;

fn settings(name: &str, push_key: Option<&str>, ntfy: bool) -> World {
    let world = World::new(name);
    {
        let mut state = world.phone_posternd.state();
        state.push_key = push_key.map(str::to_owned);
        state.ntfy = ntfy;
    }
    world.bind();
    world.browser.click("Settings of this phone");
    world
}

#[test]
fn a_phone_is_rung_only_as_the_site_can() {
    let world = settings("ring_none", None, false);
    world.browser.wait_for_text("This site rings no phones.");
    assert!(!world.browser.text().contains("The ntfy app"));
    assert!(!world.browser.text().contains("Notifications of this browser"));
}

#[test]
fn ntfy_is_told_by_its_address_and_can_be_switched_off() {
    let world = settings("ring_ntfy", None, true);
    world.browser.click("The ntfy app");
    world.browser.wait_for_text("https://ntfy.example/qZ7up8kT2mVx");
    let nothing = json!({"ring": "ntfy", "endpoint": "", "p256dh": "", "auth": ""});
    assert_eq!(world.phone_posternd.state().ring, nothing);
    world.browser.wait_until("the button to say so", || {
        let pressed = "return document.querySelector('[aria-pressed=true]').textContent";
        (world.browser.js(pressed) == "The ntfy app").then_some(())
    });
    assert!(
        world.browser.js("return document.activeElement.textContent") == "The ntfy app",
        "the focus stays"
    );
    world.browser.click("Do not ring");
    world.browser.wait_for_text("It is not rung.");
    assert_eq!(world.phone_posternd.state().ring["ring"], "none");
}

#[test]
fn a_browser_that_will_not_notify_says_why() {
    let world = settings("ring_refused", Some(PUSH_KEY), false);
    world.browser.js("Notification.requestPermission = async function () { return 'denied'; }");
    world.browser.click("Notifications of this browser");
    world.browser.wait_for_text("Notifications are switched off for this page.");
    world.browser.js("Notification.requestPermission = async function () { return 'granted'; }");
    // A real subscription needs a service in the world; here there is none.
    world.browser.click("Notifications of this browser");
    world.browser.wait_for_text("The browser's notification service does not answer.");
    assert_eq!(world.phone_posternd.state().ring["ring"], "none");
}

#[test]
fn a_subscription_is_signed_and_handed_in() {
    let world = settings("ring_push", Some(PUSH_KEY), false);
    // The service that a browser subscribes with is not here, so the subscription is of our making.
    world.browser.js(
        "Notification.requestPermission = async function () { return 'granted'; };
         PushManager.prototype.getSubscription = async function () { return window.made || null; };
         PushManager.prototype.subscribe = async function (options) {
             window.asked = Array.from(options.applicationServerKey);
             window.made = { unsubscribe: async function () { return true; }, toJSON: function () {
                 return { endpoint: 'https://push.example/x?y=1', keys: { p256dh: 'BPoint+/==', auth: 'Auth+/' } }; } };
             return window.made;
         }",
    );
    world.browser.click("Notifications of this browser");
    world.browser.wait_for_text("It is rung by notifications of this browser.");
    let handed = json!({"ring": "web_push", "endpoint": "https://push.example/x?y=1", "p256dh": "BPoint-_", "auth": "Auth-_"});
    assert_eq!(world.phone_posternd.state().ring, handed);
    let asked: Vec<u8> = serde_json::from_value(world.browser.js("return window.asked")).unwrap();
    assert!(asked.len() == 65 && VerifyingKey::from_sec1_bytes(&asked).is_ok());
    // Gone with the next start of the browser, and noticed.
    world.browser.js("window.made = null");
    world.browser.wait_for_text("This browser no longer receives notifications.");
}

#[test]
fn a_push_message_is_shown_and_opens_its_challenge() {
    let world = World::new("push");
    world.bind();
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.js_async("await navigator.serviceWorker.ready");
    let address = world.phone_posternd.challenge_address("", &id);
    let permission =
        json!({"permission": {"name": "notifications"}, "setting": "granted", "origin": world.web.url()});
    world.browser.cdp("Browser.setPermission", &permission);
    let message = json!({"title": "Postern", "body": "alice at sshd", "url": address}).to_string();
    world.browser.deliver_push(&world.web.url(), &message);
    let shown = world.browser.wait_until("a notification", || {
        let list = world.browser.js_async(
            "const r = await navigator.serviceWorker.ready; const list = await r.getNotifications();
             return list.map((n) => [n.title, n.body, n.data.url])",
        );
        list.as_array().and_then(|list| list.first().cloned())
    });
    assert_eq!(shown, json!(["Postern", "alice at sshd", address]));
    // A touch on it is the worker's word to the page.
    world.browser.js(&format!(
        "navigator.serviceWorker.dispatchEvent(new MessageEvent('message', {{data: {{open: {}}}}}))",
        json!(address)
    ));
    world.browser.wait_for_text("Number shown at the login");
}
