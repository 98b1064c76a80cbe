//! The whole way of a person in a browser: the account's pages, the second step, Roundcube, and out again.

use std::sync::Arc;

use postern_tests::Browser;
use postern_tests::login_host::{CodeApp, LoginUser, Shared, Stores};
use postern_tests::webmail_host::{Roundcube, Screen, WebmailHost};

/// The Roundcube that posternd knows, which tests share.
pub(crate) struct Whole {
    // Stopped before the host.
    pub(crate) roundcube: Roundcube,
    pub(crate) host: Arc<WebmailHost>,
}

impl Whole {
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Shared<Whole> = Shared::new();
        SHARED.host(Stores::Embedded, |_| {
            let host = WebmailHost::shared(Stores::Embedded);
            Self { roundcube: host.known_roundcube("known"), host }
        })
    }

    /// Opens the web mail, and types name and main password where that leads.
    #[track_caller]
    fn log_in<'s>(&'s self, browser: &'s Browser, user: &LoginUser) -> Screen<'s> {
        let screen = Screen::new(browser, &self.roundcube);
        screen.open("/");
        self.type_password(browser, user);
        screen
    }

    #[track_caller]
    fn type_password(&self, browser: &Browser, user: &LoginUser) {
        self.wait_for_log_in(browser);
        browser.type_into("#user", &user.unix.name);
        browser.type_into("#password", &user.password);
        browser.click("form button.main");
    }

    #[track_caller]
    fn wait_for_log_in(&self, browser: &Browser) {
        let page = self.host.url("/log-in");
        browser.wait_until("the login", || browser.url().starts_with(&page).then_some(()));
    }

    /// The same with the code of an app, to the inbox.
    #[track_caller]
    fn sign_in<'s>(&'s self, browser: &'s Browser, user: &mut LoginUser) -> Screen<'s> {
        let screen = self.log_in(browser, user);
        browser.type_into("#answer", &user.app.code());
        browser.click("Continue");
        screen.wait_for_inbox();
        screen
    }
}

fn browser(name: &str) -> Browser {
    Browser::builder(name).desktop().start()
}

#[test]
fn name_password_and_a_chosen_second_step_open_the_inbox_until_the_person_logs_out() {
    let whole = Whole::shared();
    let host = &whole.host;
    let mut anna = host.user("anna");
    host.bind_email(&anna, &[]);
    anna.app = CodeApp::of(host.bind_app(&anna));
    let name = anna.unix.name.clone();
    let browser = browser("webmail-whole");
    let screen = whole.log_in(&browser, &anna);
    browser.wait_for_text("Code sent to");
    browser.click("Choose another way");
    browser.click(".ways li:last-child button");
    browser.wait_for_text("Code from app");
    browser.type_into("#answer", &anna.app.code());
    browser.click("Continue");
    screen.wait_for_inbox();
    let in_use = host.posternd.logged(&[
        "verdict=accept",
        "service=imap",
        "credential=session",
        &format!("user={name}"),
    ]);
    assert!(in_use.contains("rhost=127.0.0.1"), "{in_use}");

    screen.compose(&anna.address(), "By the session", "From me to me.");
    screen.attach("list.txt", "bread");
    screen.send();
    screen.wait_for_inbox();
    screen.wait_for_message("By the session");
    drop(host.logged(&anna, &["verdict=accept", "service=smtp", "credential=session"]));
    screen.add_filter("sessions", "session", "Trash");
    drop(host.logged(&anna, &["verdict=accept", "service=sieve", "credential=session"]));
    assert!(!host.dovecot().imap(&name, &anna.password).is_in(), "the main password, meanwhile");

    screen.open("/?_task=mail");
    screen.wait_for_inbox();
    screen.log_out();
    whole.wait_for_log_in(&browser);
    assert!(browser.url().ends_with("/log-in?why=out"), "{}", browser.url());
    browser.js("history.back()");
    whole.wait_for_log_in(&browser);
    for _ in 0..3 {
        browser.js("history.back()");
        postern_tests::guard::pause(std::time::Duration::from_millis(500));
        assert!(!screen.is_inbox() && !browser.text().contains("By the session"), "{}", browser.text());
    }
    screen.open("/");
    whole.wait_for_log_in(&browser);
    let sessions = host.site.cli_json(&["session", "list", &name]);
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(0), "{sessions}");
}

#[test]
fn who_has_to_bind_a_factor_lands_in_the_inbox_afterwards() {
    let whole = Whole::shared();
    let bert = whole.host.user("bert");
    drop(whole.host.site.cli_ok(&["account", "policy", &bert.unix.name, "--second-factor", "required"]));
    let browser = browser("webmail-binding");
    let screen = whole.log_in(&browser, &bert);
    browser.wait_for_text("Protect your account");
    browser.click("Set up E-mail");
    browser.type_into("#answer", &bert.backup());
    browser.click("Send the code");
    browser.wait_for_text("Send a new code");
    browser.type_into("#answer", &whole.host.mailbox.next_to(&bert.backup()).code());
    browser.click("Continue");
    browser.wait_for_text("is set up");
    browser.click("Not now");
    screen.wait_for_inbox();
}

#[test]
fn a_trusted_browser_needs_no_second_step() {
    let whole = Whole::shared();
    let mut anna = whole.host.enrolled_with("anna", &[]);
    let browser = browser("webmail-trust");
    let screen = whole.log_in(&browser, &anna);
    browser.wait_for_text("Skip the second factor in this browser for 30 days");
    browser.click("input[name='trust']");
    browser.type_into("#answer", &anna.app.code());
    browser.click("Continue");
    screen.wait_for_inbox();
    screen.log_out();
    whole.wait_for_log_in(&browser);
    screen.open("/?_task=settings&_action=identities");
    whole.type_password(&browser, &anna);
    screen.wait_for_env("action", "identities");
}

#[test]
fn a_session_that_the_admin_ends_leads_to_the_login_and_keeps_what_is_written() {
    let whole = Whole::shared();
    let mut anna = whole.host.enrolled_with("anna", &[]);
    let name = anna.unix.name.clone();
    let browser = browser("webmail-ended");
    let screen = whole.sign_in(&browser, &mut anna);
    drop(whole.host.site.cli_ok(&["session", "end", &name, "--all"]));
    screen.switch_task("settings");
    whole.wait_for_log_in(&browser);
    let screen_again = whole.sign_in(&browser, &mut anna);
    screen_again.compose("bob@example.org", "A long letter", "Dear Bob, it took me an hour to write this.");
    drop(whole.host.site.cli_ok(&["session", "end", &name, "--all"]));
    screen.send();
    browser.wait_for_text("Your session is invalid or expired.");
    assert!(screen.text_being_written().contains("an hour"));
    let screen = whole.sign_in(&browser, &mut anna);
    screen.open_compose();
    browser.wait_for_text("Restore message?");
    browser.click(".ui-dialog button.restore");
    browser.wait_until("the letter", || screen.text_being_written().contains("an hour").then_some(()));
}

#[test]
fn another_person_in_the_same_browser_sees_nothing_of_the_first() {
    let whole = Whole::shared();
    let (mut anna, mut bert) = (whole.host.enrolled_with("anna", &[]), whole.host.enrolled_with("bert", &[]));
    let browser = browser("webmail-another");
    let screen = whole.sign_in(&browser, &mut anna);
    screen.compose(&anna.address(), "For Anna alone", "Hush.");
    screen.send();
    screen.wait_for_inbox();
    screen.wait_for_message("For Anna alone");
    // Anna leaves by the account's pages, and Roundcube's cookie stays.
    browser.open(&whole.host.url("/security"));
    browser.click("Log out");
    whole.wait_for_log_in(&browser);
    let screen = whole.sign_in(&browser, &mut bert);
    assert!(!browser.text().contains("For Anna alone"));
    let shown = browser.js("return rcmail.env.username || document.querySelector('.username').textContent");
    assert_eq!(shown.as_str().map(str::trim), Some(&*bert.address()));
    screen.open("/?_task=addressbook");
    screen.wait_for_env("task", "addressbook");
    assert!(!browser.text().contains(&anna.unix.name), "{}", browser.text());
}
