use crate::OnPhone;
use crate::phone_posternd::NUMBER;

/// Presses Tab until the focus is on something of these words, and checks on the way that it can be seen.
fn tab_to(phone: &OnPhone, words: &str) {
    for _ in 0..30 {
        phone.browser.press("Tab");
        let focus = phone.browser.js(
            "const e = document.activeElement;
             const label = e.id && document.querySelector('label[for=\"' + e.id + '\"]');
             const box = e.getBoundingClientRect();
             return [(label || e).textContent.trim(), getComputedStyle(e).outlineStyle, box.bottom > 0 && box.top < innerHeight]",
        );
        if focus[0] != "" && focus[0] != "Postern" {
            assert_ne!(focus[1], "none", "the focus can be seen on {focus}");
            assert_eq!(focus[2], true, "{focus} is in view");
        }
        if focus[0] == words {
            return;
        }
    }
    panic!("Tab does not come to {words}; the page says:\n{}", phone.browser.text());
}

#[test]
fn a_keyboard_is_enough_from_the_first_view_to_the_last() {
    let phone = OnPhone::new("keyboard");
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("postern my phone enrol");
    tab_to(&phone, "Address from the terminal");
    let address = phone.phone_posternd.qr_code(&phone.web.url());
    address.chars().for_each(|c| phone.browser.press_character(c));
    phone.browser.press("Enter");
    phone.browser.wait_for_text("Name of this phone");
    assert_eq!(heading_in_focus(&phone), "Set up this phone");
    tab_to(&phone, "Set up this phone");
    phone.browser.press("Space");
    phone.browser.wait_for_text("Compare these six digits");
    assert_eq!(heading_in_focus(&phone), "Compare these six digits");
    phone.phone_posternd.confirm();
    phone.browser.wait_for_text("This phone is set up for alice.");
    tab_to(&phone, "Settings of this phone");
    phone.browser.press("Enter");
    tab_to(&phone, "Forget this phone here");
    phone.phone_posternd.challenge(1, 100);
    phone.browser.wait_for_text("A login is waiting for your answer.");
    assert_eq!(
        phone.browser.js("return document.activeElement.textContent"),
        "Forget this phone here",
        "news take no focus"
    );
    phone.browser.js("document.querySelector('h1').focus()");
    tab_to(&phone, "Open");
    phone.browser.press("Enter");
    phone.browser.wait_for_text("Is this you?");
    assert_eq!(heading_in_focus(&phone), "Is this you?");
    tab_to(&phone, "Number shown at the login");
    NUMBER.chars().for_each(|c| phone.browser.press_character(c));
    tab_to(&phone, "Approve");
    phone.browser.press("Enter");
    phone.browser.wait_for_text("Approved");
    assert_eq!(heading_in_focus(&phone), "Approved");
    tab_to(&phone, "Back");
    phone.browser.press("Enter");
    phone.browser.wait_for_text("No login is waiting for your answer.");
}

#[test]
fn a_screen_reader_announces_each_state() {
    let phone = OnPhone::new("aloud");
    phone.bind();
    let roles = phone.browser.js(
        "return [document.getElementById('status').getAttribute('role'), document.getElementById('alert').getAttribute('role')]",
    );
    assert_eq!(roles, serde_json::json!(["status", "alert"]));
    phone.phone_posternd.challenge(1, 100);
    phone.browser.wait_until("the news to be said", || {
        (phone.browser.text_of("#status") == "A login is waiting for your answer.").then_some(())
    });
    assert_eq!(phone.browser.js("return document.title"), "Logins – Postern");
}

#[test]
fn the_accessibility_checker_detects_errors() {
    let phone = OnPhone::new("axe");
    phone.browser.open(&phone.web.url());
    phone.browser.wait_for_text("postern my phone enrol");
    assert_eq!(phone.browser.violations(), Vec::<String>::new());
    phone.browser.js(
        "document.querySelector('label').remove(); document.querySelector('p.soft').style.color = '#ccc'",
    );
    let found = phone.browser.violations().join("\n");
    assert!(found.contains("label") && found.contains("color-contrast"), "{found}");
}

fn heading_in_focus(phone: &OnPhone) -> String {
    let focus = phone
        .browser
        .js("return document.activeElement.tagName === 'H1' ? document.activeElement.textContent : ''");
    focus.as_str().unwrap().to_owned()
}
