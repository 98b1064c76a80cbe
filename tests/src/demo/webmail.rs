//! Web mail behind the second step: a real Roundcube with the plugin, in a real browser.

use std::io::Result;
use std::time::Duration;

use super::story::Story;
use crate::Browser;
use crate::guard::pause;
use crate::login_host::{CodeApp, LoginUser, Stores};
use crate::webmail_host::{Roundcube, Screen, WebmailHost};

/// Everything that runs. The web mail is stopped before what it asks.
pub(super) struct Webmail<'w> {
    story: Story<'w>,
    roundcube: Roundcube,
    host: WebmailHost,
}

impl<'w> Webmail<'w> {
    pub(super) fn tell(mut story: Story<'w>) -> Result<bool> {
        story.heading("A mail host with Roundcube, and its plugin for Postern")?;
        story.say(
            "Dovecot with IMAP and ManageSieve, Postfix, PHP-FPM, nginx and Chromium, all on loopback.",
        )?;
        let host = WebmailHost::new("demo-webmail", Stores::Embedded);
        let roundcube = host.known_roundcube("roundcube");
        let mut webmail = Self { story, roundcube, host };
        webmail.inbox()?;
        webmail.first_factor()?;
        webmail.trusted_browser()?;
        webmail.ended_by_an_admin()?;
        webmail.story.end()
    }

    fn inbox(&mut self) -> Result<()> {
        self.story.heading("Anna reads and writes mail")?;
        let mut anna = self.host.user("anna");
        self.host.bind_email(&anna, &[]);
        anna.app = CodeApp::of(self.host.bind_app(&anna));
        let name = anna.unix.name.clone();
        let browser = browser("anna");
        let screen = Screen::new(&browser, &self.roundcube);
        screen.open("/");
        at_the_login(
            &mut self.story,
            &self.host,
            &browser,
            "the web mail leads to the login of the account's pages",
        )?;
        type_password(&browser, &anna);
        browser.wait_for_text("Code sent to");
        browser.click("Choose another way");
        browser.click(".ways li:last-child button");
        says(&mut self.story, &browser, "she chooses the app in the place of the e-mail", "Code from app")?;
        browser.type_into("#answer", &anna.app.code());
        browser.click("Continue");
        screen.wait_for_inbox();
        self.story.check("name, main password and code open the inbox", screen.is_inbox(), "INBOX")?;
        let args = ["session", "list", &name];
        let ran = self.host.site.cli(&args);
        self.story.command(&args, &ran)?;

        screen.compose(&anna.address(), "Minutes", "See the file.");
        screen.attach("minutes.txt", "We met.");
        screen.send();
        screen.wait_for_inbox();
        screen.wait_for_message("Minutes");
        let found = self.host.dovecot().doveadm(&["fetch", "-u", &name, "text", "mailbox", "INBOX"]).stdout;
        let is_there = found.contains("filename=minutes.txt");
        self.story.check(
            "a mail with an attachment goes out by Postfix and comes in",
            is_there,
            "minutes.txt",
        )?;
        screen.add_filter("minutes", "Minutes", "Trash");
        let script = anna.unix.home.join("sieve/roundcube.sieve");
        let script = browser.wait_until("the filter", || std::fs::read_to_string(&script).ok());
        self.story.check("a filter is kept by ManageSieve", script.contains("Minutes"), "roundcube.sieve")?;
        let refused = !self.host.dovecot().imap(&name, &anna.password).is_in();
        self.story.check("the main password opens no IMAP meanwhile", refused, "refused")?;
        let app_password = self.host.site.app_password(&name, "phone", &[]).password;
        let is_in = self.host.dovecot().imap(&name, &app_password).is_in();
        self.story.check("an app password does, as before", is_in, "let in")?;

        screen.open("/?_task=mail");
        screen.wait_for_inbox();
        screen.log_out();
        at_the_login(&mut self.story, &self.host, &browser, "logging out of the web mail logs out of both")?;
        browser.js("history.back()");
        at_the_login(&mut self.story, &self.host, &browser, "Back shows nothing")
    }

    fn first_factor(&mut self) -> Result<()> {
        self.story.heading("Bert has no second factor, and needs one")?;
        let bert = self.host.user("bert");
        let args = ["account", "policy", &bert.unix.name, "--second-factor", "required"];
        let ran = self.host.site.cli(&args);
        self.story.command(&args, &ran)?;
        let browser = browser("bert");
        let screen = Screen::new(&browser, &self.roundcube);
        screen.open("/");
        type_password(&browser, &bert);
        says(&mut self.story, &browser, "he is led to set one up", "Protect your account")?;
        browser.click("Set up E-mail");
        browser.type_into("#answer", &bert.backup());
        browser.click("Send the code");
        browser.wait_for_text("Send a new code");
        browser.type_into("#answer", &self.host.mailbox.next_to(&bert.backup()).code());
        browser.click("Continue");
        browser.wait_for_text("is set up");
        browser.click("Not now");
        screen.wait_for_inbox();
        self.story.check("and lands in the inbox", screen.is_inbox(), "INBOX")
    }

    fn trusted_browser(&mut self) -> Result<()> {
        self.story.heading("Carl trusts his browser")?;
        let mut carl = self.host.enrolled_with("carl", &[]);
        let browser = browser("carl");
        let screen = Screen::new(&browser, &self.roundcube);
        screen.open("/");
        type_password(&browser, &carl);
        browser.wait_for_text("Skip the second factor in this browser for 30 days");
        browser.click("input[name='trust']");
        browser.type_into("#answer", &carl.app.code());
        browser.click("Continue");
        screen.wait_for_inbox();
        screen.log_out();
        at_the_login(&mut self.story, &self.host, &browser, "he logs out")?;
        screen.open("/?_task=settings&_action=identities");
        type_password(&browser, &carl);
        screen.wait_for_env("action", "identities");
        self.story.check(
            "the next login needs no second factor, and leads where he wanted to go",
            true,
            "identities",
        )
    }

    fn ended_by_an_admin(&mut self) -> Result<()> {
        self.story.heading("An admin ends Dora's session while she writes")?;
        let mut dora = self.host.enrolled_with("dora", &[]);
        let browser = browser("dora");
        let screen = Screen::new(&browser, &self.roundcube);
        screen.open("/");
        type_password(&browser, &dora);
        browser.type_into("#answer", &dora.app.code());
        browser.click("Continue");
        screen.wait_for_inbox();
        screen.compose("bob@example.org", "A long letter", TEXT);
        let args = ["session", "end", &dora.unix.name, "--all"];
        let ran = self.host.site.cli(&args);
        self.story.command(&args, &ran)?;
        screen.send();
        browser.wait_for_text("Your session is invalid or expired.");
        let is_kept = screen.text_being_written() == TEXT;
        self.story.check("nothing is sent, and what she wrote is still there", is_kept, "the page stays")?;
        screen.open("/");
        type_password(&browser, &dora);
        browser.type_into("#answer", &dora.app.code());
        browser.click("Continue");
        screen.wait_for_inbox();
        screen.open_compose();
        browser.wait_for_text("Restore message?");
        browser.click(".ui-dialog button.restore");
        browser.wait_until("the letter", || (screen.text_being_written() == TEXT).then_some(()));
        let text = screen.text_being_written();
        self.story.check("after the next login Roundcube gives it back", text == TEXT, &text)
    }
}

/// The browser is at the login, and stays there.
fn at_the_login(story: &mut Story<'_>, host: &WebmailHost, browser: &Browser, what: &str) -> Result<()> {
    let page = host.url("/log-in");
    browser.wait_until("the login", || browser.url().starts_with(&page).then_some(()));
    pause(Duration::from_millis(500));
    let url = browser.url();
    story.check(what, url.starts_with(&page), &url)
}

/// What the page says is on it, and was waited for.
fn says(story: &mut Story<'_>, browser: &Browser, what: &str, text: &str) -> Result<()> {
    browser.wait_for_text(text);
    story.check(what, browser.text().contains(text), text)
}

fn browser(name: &str) -> Browser {
    Browser::builder(&format!("demo-webmail-{name}")).desktop().start()
}

fn type_password(browser: &Browser, user: &LoginUser) {
    browser.type_into("#user", &user.unix.name);
    browser.type_into("#password", &user.password);
    browser.click("form button.main");
}

const TEXT: &str = "Dear Bob, it took me an hour to write this.";
