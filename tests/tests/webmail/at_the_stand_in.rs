//! What a person does in a browser, signed in by the stand-in.

use postern_tests::Browser;
use postern_tests::webmail_host::Screen;

use crate::stand_in::{CODE, Known, StandIn};

#[test]
fn an_outage_says_so_and_the_page_goes_on_after_it() {
    let stand_in = StandIn::new("goes-on");
    let anna = stand_in.person("anna");
    let browser = Browser::builder("webmail-goes-on").desktop().start();
    let screen = sign_in(&stand_in, &browser, &anna);
    let address = format!("{}@example.org", anna.user.unix.name);
    screen.compose(&address, "During an outage", "Does this arrive?");
    stand_in.is_out_of_order();
    screen.send();
    browser.wait_for_text("Your session is kept");
    assert_eq!(screen.text_being_written(), "Does this arrive?");
    stand_in.knows(&anna);
    screen.wait_until_idle();
    screen.send();
    screen.wait_for_inbox();
    screen.wait_for_message("During an outage");
    // A whole page says the same, and has a way on.
    stand_in.is_out_of_order();
    screen.open("/?_task=settings");
    browser.wait_for_text("Your session is kept");
    stand_in.knows(&anna);
    browser.click("Try again");
    screen.wait_for_inbox();
}

/// Opens the inbox and comes back from the sign-in with a code.
fn sign_in<'s>(stand_in: &'s StandIn, browser: &'s Browser, person: &Known) -> Screen<'s> {
    let screen = Screen::new(browser, &stand_in.roundcube);
    screen.open("/");
    stand_in.knows(person);
    let state = browser.wait_until("the sign-in", || {
        browser.url().split_once("/application?name=roundcube&state=").map(|(_, state)| state.to_owned())
    });
    screen.open(&format!("/?postern_code={CODE}&postern_state={state}"));
    screen.wait_for_inbox();
    screen
}
