use serde_json::json;

use crate::World;
use crate::phone_posternd::NUMBER;

fn bound(name: &str) -> World {
    let world = World::new(name);
    world.bind();
    world
}

fn answers(world: &World) -> Vec<(String, String, String)> {
    world.phone_posternd.state().answers.clone()
}

#[test]
fn a_login_is_approved_by_the_number_that_the_person_types() {
    let world = bound("approve");
    let id = world.phone_posternd.challenge(1, 100);
    world.browser.wait_for_text("A login waits for your answer.");
    world.browser.wait_for_text("alice at sshd, from 203.0.113.7");
    world.browser.click("Look at it");
    world.browser.wait_for_text("Is this you?");
    for fact in ["alice", "sshd", "203.0.113.7", " s\n"] {
        assert!(world.browser.text().contains(fact), "{fact}");
    }
    assert_eq!(
        world.browser.js("return document.querySelector('#number').value"),
        "",
        "it is never filled in"
    );
    world.browser.type_into("#number", NUMBER);
    world.browser.click("Approve once");
    world.browser.wait_for_text("Approved");
    assert_eq!(answers(&world), [(id, "approve".to_owned(), NUMBER.to_owned())]);
    world.browser.click("Back");
    world.browser.wait_for_text("No login waits for an answer.");
    assert_eq!(world.browser.console(), Vec::<String>::new());
}

#[test]
fn approving_can_trust_the_device_where_the_site_lets_it() {
    let world = bound("trust");
    let (id, without) = (world.phone_posternd.challenge(1, 100), world.phone_posternd.challenge(2, 100));
    world.phone_posternd.state().challenges[1].trust_days = 0;
    world.phone_posternd.state().challenges[1].rhost = None;
    world.open_challenge(&without);
    assert!(world.browser.text().contains("an unknown place"));
    assert!(!world.browser.text().contains("trust this device"));
    world.open_challenge(&id);
    world.browser.type_into("#number", NUMBER);
    world.browser.click("Approve and trust this device for 30 days");
    world.browser.wait_for_text("Approved");
    assert_eq!(answers(&world), [(id, "approve_trust".to_owned(), NUMBER.to_owned())]);
}

#[test]
fn without_two_digits_nothing_is_sent() {
    let world = bound("digits");
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    for wrong in ["", "4", "a7", "123", "４７8"] {
        world.browser.type_into("#number", wrong);
        for way in ["Approve once", "Approve and trust this device for 30 days"] {
            world.browser.click(way);
            world.browser.wait_for_text("Type the two digits that are shown at the login.");
        }
    }
    assert_eq!(world.browser.js("return document.activeElement.id"), "number");
    assert!(answers(&world).is_empty());
}

#[test]
fn digits_of_a_chinese_keyboard_are_read_as_digits() {
    for (name, typed) in [("full_width", "０８"), ("spaced", "\u{3000}0 8\u{200b}")] {
        let world = bound(name);
        let id = world.phone_posternd.challenge(1, 100);
        world.open_challenge(&id);
        world.browser.type_into("#number", typed);
        world.browser.press("Enter");
        world.browser.wait_for_text("Wrong number");
        assert_eq!(answers(&world), [(id, "approve".to_owned(), "08".to_owned())]);
    }
}

#[test]
fn a_wrong_number_ends_the_question() {
    let world = bound("wrong");
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    world.browser.type_into("#number", "08");
    world.browser.press("Enter");
    world.browser.wait_for_text("Wrong number");
    assert_eq!(answers(&world), [(id, "approve".to_owned(), "08".to_owned())]);
}

#[test]
fn a_login_is_denied_with_one_touch() {
    let world = bound("deny");
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    world.browser.type_into("#number", NUMBER);
    world.browser.click("Deny");
    world.browser.wait_for_text("This login is refused.");
    assert_eq!(answers(&world), [(id, "deny".to_owned(), String::new())], "without the number");
}

#[test]
fn a_fraud_report_is_confirmed_once_more() {
    let world = bound("not_me");
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    world.browser.click("This was not me");
    world.browser.wait_for_text("Somebody else?");
    assert!(answers(&world).is_empty());
    assert!(!world.browser.text().contains("Deny"), "one question at a time");
    world.browser.click("Cancel");
    world.browser.wait_without_text("Somebody else?");
    assert_eq!(world.browser.js("return document.activeElement.textContent"), "This was not me");
    world.browser.click("This was not me");
    world.browser.click("Yes, it was not me");
    world.browser.wait_for_text("Change your password");
    assert_eq!(answers(&world), [(id, "not_me".to_owned(), String::new())]);
}

#[test]
fn when_the_time_is_up_nothing_can_be_approved() {
    let world = bound("expired");
    let id = world.phone_posternd.challenge(1, 4);
    world.open_challenge(&id);
    world.browser.type_into("#number", NUMBER);
    world.browser.wait_for_text("This login is over");
    assert_eq!(world.browser.js("return document.querySelectorAll('#number, button.danger').length"), 0);
    world.browser.open(&world.phone_posternd.challenge_address(&world.web.url(), &id));
    world.browser.wait_for_text("This login is over");
    assert!(answers(&world).is_empty());
}

#[test]
fn an_answer_that_comes_too_late_is_told_so() {
    let world = bound("late");
    let (gone, before) = (world.phone_posternd.challenge(1, 100), world.phone_posternd.challenge(2, 100));
    world.open_challenge(&gone);
    world.phone_posternd.state().challenges.remove(0);
    world.browser.type_into("#number", NUMBER);
    world.browser.click("Approve once");
    world.browser.wait_for_text("This login is over");
    world.open_challenge(&before);
    let record = json!({"record": {"name": "answered", "value": {"state": "before"}}});
    let accept = json!({"verdict": {"accept": {"user": "alice", "userdb": {}}}});
    world.phone_posternd.state().instead = Some(vec![record, accept]);
    world.browser.click("Deny");
    world.browser.wait_for_text("Answered before");
}

#[test]
fn refusals_of_posternd_are_explained() {
    let world = bound("refused");
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    for (reason, told) in [
        ("limited", "That was too often."),
        ("bad_credential", "The server does not accept this phone's signature."),
        ("disabled", "This account is disabled, or has expired."),
        ("not_permitted", "Not <b>possible</b>."),
    ] {
        let reject = json!({"verdict": {"reject": {"reason": reason, "text": "Not <b>possible</b>."}}});
        world.phone_posternd.state().instead = Some(vec![reject]);
        world.browser.click("Deny");
        world.browser.wait_for_text(told);
    }
    world.phone_posternd.state().instead =
        Some(vec![json!({"verdict": {"defer": {"reason": "redis1 is down"}}})]);
    world.browser.click("Deny");
    world.browser.wait_for_text("The login service cannot be reached just now.");
    world.browser.click("Deny");
    world.browser.wait_for_text("This login is refused.");
}

#[test]
fn a_phone_whose_clock_is_wrong_asks_once_more_with_the_servers_time() {
    let world = World::new("clock");
    world.phone_posternd.state().ahead = 3600;
    world.bind();
    let id = world.phone_posternd.challenge(1, 100);
    world.open_challenge(&id);
    world.browser.type_into("#number", NUMBER);
    world.browser.click("Approve once");
    world.browser.wait_for_text("Approved");
    assert_eq!(answers(&world).len(), 1);
    assert_eq!(world.phone_posternd.state().late, 1, "and remembers it");
    world.browser.reload();
    world.browser.wait_for_text("No login waits for an answer.");
    assert_eq!(world.phone_posternd.state().late, 1);
    world.phone_posternd.state().ahead = -3600;
    world
        .browser
        .wait_until("the clock to be set again", || (world.phone_posternd.state().late == 2).then_some(()));
}

#[test]
fn values_of_a_login_are_shown_as_text_and_never_as_markup() {
    let world = bound("markup");
    let id = world.phone_posternd.challenge(1, 100);
    world.phone_posternd.state().challenges[0].rhost = Some("<img src=x onerror=alert(1)>".to_owned());
    world.open_challenge(&id);
    world.browser.wait_for_text("<img src=x onerror=alert(1)>");
    assert_eq!(world.browser.js("return document.querySelectorAll('main img').length"), 0);
}
