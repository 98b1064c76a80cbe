use serde_json::json;

use crate::OnPhone;
use crate::phone_posternd::NUMBER;

fn bound(name: &str) -> OnPhone {
    let phone = OnPhone::new(name);
    phone.bind();
    phone
}

fn answers(phone: &OnPhone) -> Vec<(String, String, String)> {
    phone.phone_posternd.state().answers.clone()
}

#[test]
fn a_login_is_approved_by_the_number_that_the_person_types() {
    let phone = bound("approve");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.browser.wait_for_text("A login is waiting for your answer.");
    phone.browser.wait_for_text("alice: ssh login on mail1.example.org, from 203.0.113.7");
    phone.browser.click("Open");
    phone.browser.wait_for_text("Is this you?");
    for fact in ["alice", "ssh login on mail1.example.org", "203.0.113.7", " s\n"] {
        assert!(phone.browser.text().contains(fact), "{fact}");
    }
    assert_eq!(
        phone.browser.js("return document.querySelector('#number').value"),
        "",
        "it is never filled in"
    );
    phone.browser.type_into("#number", NUMBER);
    phone.browser.click("Approve");
    phone.browser.wait_for_text("Approved");
    assert_eq!(answers(&phone), [(id, "approve".to_owned(), NUMBER.to_owned())]);
    phone.browser.click("Back");
    phone.browser.wait_for_text("No login is waiting for your answer.");
    assert_eq!(phone.browser.console(), Vec::<String>::new());
}

#[test]
fn approving_can_trust_the_device_where_the_site_lets_it() {
    let phone = bound("trust");
    let (id, without) = (phone.phone_posternd.challenge(1, 100), phone.phone_posternd.challenge(2, 100));
    phone.phone_posternd.state().challenges[1].trust_days = 0;
    phone.phone_posternd.state().challenges[1].rhost = None;
    phone.open_challenge(&without);
    assert!(phone.browser.text().contains("an unknown address"));
    assert!(!phone.browser.text().contains("skip the second factor"));
    phone.open_challenge(&id);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.click("Approve, and skip the second factor on that device for 30 days");
    phone.browser.wait_for_text("Approved");
    assert_eq!(answers(&phone), [(id, "approve_trust".to_owned(), NUMBER.to_owned())]);
}

#[test]
fn without_two_digits_nothing_is_sent() {
    let phone = bound("digits");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    for wrong in ["", "4", "a7", "123", "４７8"] {
        phone.browser.type_into("#number", wrong);
        for way in ["Approve", "Approve, and skip the second factor on that device for 30 days"] {
            phone.browser.click(way);
            phone
                .browser
                .wait_for_text("Those are not two digits. Type the two that are shown where you log in.");
        }
    }
    assert_eq!(phone.browser.js("return document.activeElement.id"), "number");
    assert!(answers(&phone).is_empty());
}

#[test]
fn digits_of_a_chinese_keyboard_are_read_as_digits() {
    for (name, typed) in [("full_width", "０８"), ("spaced", "\u{3000}0 8\u{200b}")] {
        let phone = bound(name);
        let id = phone.phone_posternd.challenge(1, 100);
        phone.open_challenge(&id);
        phone.browser.type_into("#number", typed);
        phone.browser.press("Enter");
        phone.browser.wait_for_text("Wrong number");
        assert_eq!(answers(&phone), [(id, "approve".to_owned(), "08".to_owned())]);
    }
}

#[test]
fn a_wrong_number_ends_the_question() {
    let phone = bound("wrong");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    phone.browser.type_into("#number", "08");
    phone.browser.press("Enter");
    phone.browser.wait_for_text("Wrong number");
    assert_eq!(answers(&phone), [(id, "approve".to_owned(), "08".to_owned())]);
}

#[test]
fn a_login_is_denied_with_one_touch() {
    let phone = bound("deny");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.click("Deny");
    phone.browser.wait_for_text("This login is denied.");
    assert_eq!(answers(&phone), [(id, "deny".to_owned(), String::new())], "without the number");
}

#[test]
fn a_fraud_report_is_confirmed_once_more() {
    let phone = bound("not_me");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    phone.browser.click("This was not me");
    phone.browser.wait_for_text("Was it someone else?");
    assert!(answers(&phone).is_empty());
    assert!(!phone.browser.text().contains("Deny"), "one question at a time");
    phone.browser.click("Cancel");
    phone.browser.wait_without_text("Was it someone else?");
    assert_eq!(phone.browser.js("return document.activeElement.textContent"), "This was not me");
    phone.browser.click("This was not me");
    phone.browser.click("Yes, it was someone else");
    phone.browser.wait_for_text("Change your main password");
    assert_eq!(answers(&phone), [(id, "not_me".to_owned(), String::new())]);
}

#[test]
fn when_the_time_is_up_nothing_can_be_approved() {
    let phone = bound("expired");
    let id = phone.phone_posternd.challenge(1, 4);
    phone.open_challenge(&id);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.wait_for_text("This request has ended");
    assert_eq!(phone.browser.js("return document.querySelectorAll('#number, button.danger').length"), 0);
    phone.browser.open(&phone.phone_posternd.challenge_address(&phone.web.url(), &id));
    phone.browser.wait_for_text("This request has ended");
    assert!(answers(&phone).is_empty());
}

#[test]
fn an_answer_that_comes_too_late_is_told_so() {
    let phone = bound("late");
    let (gone, before) = (phone.phone_posternd.challenge(1, 100), phone.phone_posternd.challenge(2, 100));
    phone.open_challenge(&gone);
    phone.phone_posternd.state().challenges.remove(0);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.click("Approve");
    phone.browser.wait_for_text("This request has ended");
    phone.open_challenge(&before);
    let record = json!({"record": {"name": "answered", "value": {"state": "before"}}});
    let accept = json!({"verdict": {"accept": {"user": "alice", "userdb": {}}}});
    phone.phone_posternd.state().instead = Some(vec![record, accept]);
    phone.browser.click("Deny");
    phone.browser.wait_for_text("Already answered");
}

#[test]
fn refusals_of_posternd_are_explained() {
    let phone = bound("refused");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    for (reason, told) in [
        ("limited", "That was too often."),
        ("bad_credential", "The server does not accept this phone's signature."),
        ("disabled", "This account is disabled, or has expired."),
        ("not_permitted", "Not <b>possible</b>."),
    ] {
        let reject = json!({"verdict": {"reject": {"reason": reason, "text": "Not <b>possible</b>."}}});
        phone.phone_posternd.state().instead = Some(vec![reject]);
        phone.browser.click("Deny");
        phone.browser.wait_for_text(told);
    }
    phone.phone_posternd.state().instead =
        Some(vec![json!({"verdict": {"defer": {"reason": "redis1 is down"}}})]);
    phone.browser.click("Deny");
    phone.browser.wait_for_text("The login service cannot be reached right now.");
    phone.browser.click("Deny");
    phone.browser.wait_for_text("This login is denied.");
}

#[test]
fn a_phone_whose_clock_is_wrong_asks_once_more_with_the_servers_time() {
    let phone = OnPhone::new("clock");
    phone.phone_posternd.state().ahead = 3600;
    phone.bind();
    let id = phone.phone_posternd.challenge(1, 100);
    phone.open_challenge(&id);
    phone.browser.type_into("#number", NUMBER);
    phone.browser.click("Approve");
    phone.browser.wait_for_text("Approved");
    assert_eq!(answers(&phone).len(), 1);
    assert_eq!(phone.phone_posternd.state().late, 1, "and remembers it");
    phone.browser.reload();
    phone.browser.wait_for_text("No login is waiting for your answer.");
    assert_eq!(phone.phone_posternd.state().late, 1);
    phone.phone_posternd.state().ahead = -3600;
    phone
        .browser
        .wait_until("the clock to be set again", || (phone.phone_posternd.state().late == 2).then_some(()));
}

#[test]
fn values_of_a_login_are_shown_as_text_and_never_as_markup() {
    let phone = bound("markup");
    let id = phone.phone_posternd.challenge(1, 100);
    phone.phone_posternd.state().challenges[0].rhost = Some("<img src=x onerror=alert(1)>".to_owned());
    phone.open_challenge(&id);
    phone.browser.wait_for_text("<img src=x onerror=alert(1)>");
    assert_eq!(phone.browser.js("return document.querySelectorAll('main img').length"), 0);
}
