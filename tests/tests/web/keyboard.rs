use crate::World;
use crate::phone_posternd::NUMBER;

/// Presses Tab until the focus is on something of these words, and checks on the way that it can be seen.
fn tab_to(world: &World, words: &str) {
    for _ in 0..30 {
        world.browser.press("Tab");
        let focus = world.browser.js(
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
    panic!("Tab does not come to {words}; the page says:\n{}", world.browser.text());
}

#[test]
fn a_keyboard_is_enough_from_the_first_view_to_the_last() {
    let world = World::new("keyboard");
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("postern my phone enrol");
    tab_to(&world, "Address from the terminal");
    let address = world.phone_posternd.qr_code(&world.web.url());
    address.chars().for_each(|c| world.browser.press_character(c));
    world.browser.press("Enter");
    world.browser.wait_for_text("Name of this phone");
    assert_eq!(heading_in_focus(&world), "Bind this phone");
    tab_to(&world, "Bind this phone");
    world.browser.press("Space");
    world.browser.wait_for_text("Compare this code");
    assert_eq!(heading_in_focus(&world), "Compare this code");
    world.phone_posternd.confirm();
    world.browser.wait_for_text("This phone is bound to alice.");
    tab_to(&world, "Settings of this phone");
    world.browser.press("Enter");
    tab_to(&world, "Forget this phone here");
    world.phone_posternd.challenge(1, 100);
    world.browser.wait_for_text("A login waits for your answer.");
    assert_eq!(
        world.browser.js("return document.activeElement.textContent"),
        "Forget this phone here",
        "news take no focus"
    );
    world.browser.js("document.querySelector('h1').focus()");
    tab_to(&world, "Look at it");
    world.browser.press("Enter");
    world.browser.wait_for_text("Is this you?");
    assert_eq!(heading_in_focus(&world), "Is this you?");
    tab_to(&world, "Number shown at the login");
    NUMBER.chars().for_each(|c| world.browser.press_character(c));
    tab_to(&world, "Approve once");
    world.browser.press("Enter");
    world.browser.wait_for_text("Approved");
    assert_eq!(heading_in_focus(&world), "Approved");
    tab_to(&world, "Back");
    world.browser.press("Enter");
    world.browser.wait_for_text("No login waits for an answer.");
}

#[test]
fn a_screen_reader_announces_each_state() {
    let world = World::new("aloud");
    world.bind();
    let roles = world.browser.js(
        "return [document.getElementById('status').getAttribute('role'), document.getElementById('alert').getAttribute('role')]",
    );
    assert_eq!(roles, serde_json::json!(["status", "alert"]));
    world.phone_posternd.challenge(1, 100);
    world.browser.wait_until("the news to be said", || {
        (world.browser.text_of("#status") == "A login waits for your answer.").then_some(())
    });
    assert_eq!(world.browser.js("return document.title"), "Logins – Postern");
}

#[test]
fn the_accessibility_checker_detects_errors() {
    let world = World::new("axe");
    world.browser.open(&world.web.url());
    world.browser.wait_for_text("postern my phone enrol");
    assert_eq!(world.browser.violations(), Vec::<String>::new());
    world.browser.js(
        "document.querySelector('label').remove(); document.querySelector('p.soft').style.color = '#ccc'",
    );
    let found = world.browser.violations().join("\n");
    assert!(found.contains("label") && found.contains("color-contrast"), "{found}");
}

fn heading_in_focus(world: &World) -> String {
    let focus = world
        .browser
        .js("return document.activeElement.tagName === 'H1' ? document.activeElement.textContent : ''");
    focus.as_str().unwrap().to_owned()
}
