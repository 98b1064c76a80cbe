//! A person without a mouse: logging in, binding, an app password and its end, by Tab, Enter, Space and letters alone.

use postern_tests::account_host::AccountHost;
use postern_tests::login_host::Stores;
use postern_tests::{Browser, canary};

use crate::factors::scanned;

/// A browser that is used by its keyboard.
struct Keyboard {
    browser: Browser,
}

impl Keyboard {
    fn text(&self, text: &str) {
        text.chars().for_each(|character| self.browser.press_character(character));
    }

    fn is_at(&self, id: &str) {
        let at = "return document.activeElement.id";
        self.browser.wait_until(&format!("the focus at {id}"), || (self.browser.js(at) == id).then_some(()));
    }

    /// Goes on by Tab until `script`, of the element `at`, is true. Each stop has to be seen.
    #[track_caller]
    fn goes_to(&self, script: &str) {
        let script = format!(
            "const at = document.activeElement; const style = getComputedStyle(at);
             return [at !== document.body && ({script}), at === document.body || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
                 at.outerHTML.slice(0, 200)]"
        );
        for _ in 0..MOST_STOPS {
            self.browser.press("Tab");
            let stop = self.browser.js(&script);
            assert_eq!(stop[1], true, "no frame around {}", stop[2]);
            if stop[0] == true {
                return;
            }
        }
        panic!("{MOST_STOPS} stops, and none of them: {script}\n{}", self.browser.text());
    }

    /// The same by the words of a button, a link or a summary, and presses it.
    #[track_caller]
    fn presses(&self, words: &str, key: &str) {
        let words = serde_json::Value::from(words);
        self.goes_to(&format!("at.textContent.replace(/\\s+/g, ' ').trim() === {words}"));
        self.browser.press(key);
    }

    fn waits_for(&self, text: &str) {
        self.browser.wait_for_text(text);
    }
}

#[test]
fn everything_is_done_by_keyboard_alone() {
    let host = AccountHost::shared(Stores::Embedded);
    let anna = host.user("anna");
    let keyboard = Keyboard { browser: host.browser(Browser::builder("account_by_keyboard").desktop()) };
    let logs_in = || {
        keyboard.is_at("user");
        keyboard.text(&anna.unix.name);
        keyboard.browser.press("Tab");
        keyboard.text(&anna.password);
        keyboard.browser.press("Enter");
    };
    logs_in();
    keyboard.waits_for("Nothing is set up yet");
    keyboard.presses("Set up Authenticator app", "Enter");
    keyboard.waits_for("Cannot scan it?");
    let mut app = scanned(&keyboard.browser);
    keyboard.is_at("answer");
    keyboard.text(&app.code());
    keyboard.browser.press("Enter");
    keyboard.waits_for("is set up");
    keyboard.presses("Create recovery codes", "Space");
    keyboard.waits_for("shown only this once");
    keyboard.browser.text_of("#codes").split_whitespace().for_each(canary::register);
    keyboard.presses("I have them: continue", "Enter");
    keyboard.waits_for("Add another way");
    keyboard.presses("App passwords", "Enter");
    keyboard.waits_for("New app password");
    keyboard.goes_to("at.id === 'label'");
    keyboard.text("Mutt");
    // One box more.
    keyboard.goes_to("at.name === 'pop3'");
    keyboard.browser.press("Space");
    assert_eq!(keyboard.browser.js("return document.activeElement.checked"), true);
    keyboard.presses("Create", "Space");
    keyboard.waits_for("shown only this once");
    let password: String = keyboard.browser.text_of("#password").split(' ').collect();
    canary::register(&password);
    assert!(keyboard.browser.text().contains("pop.example.org"));
    assert!(host.site.dovecot().imap(&anna.unix.name, &password).is_in());
    keyboard.presses("Thunderbird on Android", "Enter");
    keyboard.browser.wait_until("a QR code", || {
        let seen = "return document.querySelector('details[open] svg.qr') !== null";
        (keyboard.browser.js(seen) == true).then_some(())
    });
    keyboard.presses("Continue", "Enter");
    keyboard.waits_for("Last used");
    keyboard.presses("Revoke Mutt", "Space");
    keyboard.waits_for("Are you sure?");
    keyboard.presses("Revoke Mutt", "Enter");
    keyboard.waits_for("has been revoked");
    keyboard.presses("Log out", "Enter");
    keyboard.waits_for("You are logged out.");
    logs_in();
    keyboard.waits_for("Code from");
    keyboard.is_at("answer");
    keyboard.text(&app.code());
    keyboard.goes_to("at.name === 'trust'");
    keyboard.browser.press("Space");
    keyboard.presses("Continue", "Enter");
    keyboard.waits_for("Add another way");
    keyboard.presses("Devices", "Enter");
    keyboard.waits_for("this browser");
    assert!(!keyboard.browser.text().contains("There are no trusted devices."), "the box was ticked");
}

const MOST_STOPS: usize = 60;
