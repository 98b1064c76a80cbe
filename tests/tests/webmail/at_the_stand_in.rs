//! What a person does in a browser, signed in by the stand-in.

use postern_tests::Browser;
use postern_tests::webmail_host::Screen;

use crate::stand_in::{CODE, Known, StandIn};

#[test]
fn mail_is_written_filtered_and_read() {
    let stand_in = StandIn::new("mail");
    let anna = stand_in.person("anna");
    let browser = Browser::builder("webmail-mail").desktop().start();
    let screen = sign_in(&stand_in, &browser, &anna);
    let address = format!("{}@example.org", anna.user.unix.name);
    screen.compose(&address, "Tea at five", "Will you come?");
    screen.attach("notes.txt", "milk, sugar");
    screen.send();
    screen.wait_for_inbox();
    screen.wait_for_message("Tea at five");
    let name = &anna.user.unix.name;
    let delivered =
        stand_in.host.dovecot().doveadm(&["fetch", "-u", name, "text", "mailbox", "INBOX"]).stdout;
    assert!(delivered.contains("filename=notes.txt"), "{delivered}");
    screen.add_filter("teas", "Tea", "Trash");
    let script = anna.user.unix.home.join("sieve/roundcube.sieve");
    let script = browser.wait_until("the filter", || std::fs::read_to_string(&script).ok());
    assert!(script.contains("fileinto \"Trash\"") && script.contains("Tea"), "{script}");
    screen.compose(&address, "Tea at six", "Or then?");
    screen.send();
    browser.wait_until("the filter to have worked", || {
        let found = stand_in.host.dovecot().doveadm(&[
            "search",
            "-u",
            name,
            "mailbox",
            "Trash",
            "subject",
            "Tea at six",
        ]);
        (found.stdout.lines().count() == 1).then_some(())
    });
}

#[test]
fn a_mail_that_is_being_written_outlives_the_session() {
    let stand_in = StandIn::new("draft");
    let anna = stand_in.person("anna");
    let browser = Browser::builder("webmail-draft").desktop().start();
    let screen = sign_in(&stand_in, &browser, &anna);
    screen.compose("bob@example.org", "A long letter", "Dear Bob, it took me an hour to write this.");
    stand_in.knows_nobody();
    screen.send();
    browser.wait_for_text("Your session is invalid or expired.");
    assert_eq!(screen.text_being_written(), "Dear Bob, it took me an hour to write this.");
    let screen = sign_in(&stand_in, &browser, &anna);
    screen.open("/?_task=mail&_action=compose");
    browser.wait_for_text("Restore message?");
    browser.click(".ui-dialog button.restore");
    browser.wait_until("the letter", || screen.text_being_written().contains("an hour").then_some(()));
}

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

#[test]
fn the_next_click_after_the_end_of_the_session_leads_to_the_sign_in() {
    let stand_in = StandIn::new("click");
    let anna = stand_in.person("anna");
    let browser = Browser::builder("webmail-click").desktop().start();
    let screen = sign_in(&stand_in, &browser, &anna);
    stand_in.knows_nobody();
    browser.js("rcmail.command('checkmail')");
    browser.wait_until("the sign-in", || browser.url().contains("/application?name=roundcube").then_some(()));
    let screen_again = sign_in(&stand_in, &browser, &anna);
    stand_in.knows_nobody();
    screen_again.switch_task("settings");
    browser.wait_until("the sign-in", || browser.url().contains("/application?name=roundcube").then_some(()));
    assert!(!screen.is_inbox() && !screen_again.is_inbox());
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
