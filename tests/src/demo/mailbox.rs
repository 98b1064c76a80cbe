use std::io::{BufRead, Result};

use data_encoding::BASE32_NOPAD;

use crate::certs::Certs;
use crate::guard::free_port;
use crate::nginx::{Nginx, Security};
use crate::site::random_password;
use crate::{Authenticator, Browser, Login, Protocol, Web, canary, host};

use super::Demo;

/// The pages of accounts, behind nginx and TLS.
pub(super) struct AccountPages {
    web: Web,
    nginx: Nginx,
    _certs: tempfile::TempDir,
    password: String,
}

impl AccountPages {
    /// Both sites of postern-web: the phones' page and the account's pages.
    pub(super) fn start(socket: &std::path::Path) -> Result<Self> {
        let account = free_port();
        let lines = format!(
            "url = \"https://{{host}}/\"\naccount_url = \"https://localhost:{account}/\"\n[branding]\nname = \"Example Mail\"\n"
        );
        let web = Web::with("demo", socket, &lines);
        let dir = tempfile::Builder::new().prefix("certs.").tempdir_in(host::test_dir())?;
        let certs = Certs::make(dir.path());
        let nginx = Nginx::start("demo", &web, account, Security::Tls(&certs));
        Ok(Self { web, nginx, _certs: dir, password: random_password() })
    }

    pub(super) fn web(&self) -> &Web {
        &self.web
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.nginx.account)
    }
}

impl Demo<'_> {
    /// A person who has only a mailbox does everything in a browser.
    pub(super) fn mailbox(&mut self, pages: &AccountPages) -> Result<()> {
        self.story.heading("A person with only a mailbox, and a browser")?;
        let home = self.site.dir().join("home/maria");
        host::make_dir(&home, (MAIL_UID.into(), MAIL_UID.into()), 0o700);
        let (uid, home) = (MAIL_UID.to_string(), home.display().to_string());
        let args =
            ["account", "create", MARIA, "--uid", &uid, "--gid", &uid, "--home", &home, "--password-stdin"];
        let ran = self.site.cli_stdin(&args, &pages.password);
        self.story.command(&args, &ran)?;
        canary::register(&pages.password);
        let browser = Browser::builder("demo-mailbox").desktop().start();
        self.log_in(pages, &browser)?;
        let app = self.set_up_authenticator(&browser)?;
        let password = self.create_app_password(pages, &browser)?;
        let answer = Login::new(&self.dovecot, Protocol::Imap, MARIA, &password).run();
        self.story.login("IMAP with the app password from the page", &answer, true)?;
        let answer = Login::new(&self.dovecot, Protocol::Imap, MARIA, &pages.password).run();
        self.story.login("IMAP with her main password, now that a factor is set up,", &answer, false)?;
        browser.click("Log out");
        browser.wait_for_text("You are logged out.");
        self.log_in(pages, &browser)?;
        browser.wait_for_text("Code from");
        browser.type_into("#answer", &app.next_code());
        browser.click("Continue");
        browser.wait_for_text("Add another way");
        self.story.check("the next login takes a code of her app", true, "and then the page Security")
    }

    fn log_in(&mut self, pages: &AccountPages, browser: &Browser) -> Result<()> {
        browser.open(&pages.url("/log-in"));
        browser.type_into("#user", MARIA);
        browser.type_into("#password", &pages.password);
        browser.click("form[action='/log-in'] button");
        self.story.say("Maria opens the account's pages and logs in with her name and main password.")
    }

    fn set_up_authenticator(&mut self, browser: &Browser) -> Result<Authenticator> {
        browser.wait_for_text("Nothing is set up yet");
        browser.click("Set up Authenticator app");
        browser.wait_for_text("Cannot scan it?");
        let key: String = browser.text_of(".secret code").split_whitespace().collect();
        canary::register(&key);
        let app = Authenticator::new(&BASE32_NOPAD.decode(key.as_bytes()).unwrap_or_default());
        browser.type_into("#answer", &app.next_code());
        browser.click("Continue");
        browser.wait_for_text("is set up");
        let has_offer = browser.text().contains("One more thing: recovery codes");
        self.story.check(
            "an authenticator is set up in the page, and recovery codes are offered",
            has_offer,
            "not now",
        )?;
        browser.click("Not now");
        browser.wait_for_text("Add another way");
        Ok(app)
    }

    fn create_app_password(&mut self, pages: &AccountPages, browser: &Browser) -> Result<String> {
        browser.open(&pages.url("/app-passwords"));
        browser.type_into("#label", "Thunderbird");
        browser.click("Create");
        browser.wait_for_text("shown only this once");
        let shown = browser.text_of("#password");
        let password: String = shown.split(' ').collect();
        canary::register(&password);
        let is_whole = shown.split(' ').count() == 4 && browser.text().contains("imap.example.org");
        self.story.check(
            "an app password is shown once, with the mail settings beside it",
            is_whole,
            "in four groups",
        )?;
        Ok(password)
    }

    /// Leaves everything running until Enter is pressed, for a look by hand.
    pub(super) fn wait_for_a_look(&mut self, pages: &AccountPages) -> Result<()> {
        self.story.heading("Have a look")?;
        let (imap, main) = (self.dovecot.imap_port(), self.main_password.clone());
        self.story.say(&format!(
            "The account's pages: {} (the browser warns of the certificate: go on)",
            pages.url("/")
        ))?;
        self.story.say(&format!("  alice, main password {main}; maria, main password {}", pages.password))?;
        self.story.say(&format!("The phones' page: {}", pages.web.url()))?;
        self.story.say(&format!(
            "IMAP: 127.0.0.1 port {imap}; the command line: postern --config {}",
            self.site.config().display()
        ))?;
        self.story.say("Press Enter here to end it all.")?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(drop)
    }
}

const MARIA: &str = "maria";
const MAIL_UID: u32 = 20_001;
