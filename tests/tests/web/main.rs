//! The page for phones: postern-web and a real browser before a posternd that is a stand-in, and that checks every proof and
//! every signature by itself.

mod answering;
mod appearance;
mod binding;
mod codes;
mod forgery;
mod http;
mod keyboard;
mod limits;
mod mail_programs;
mod notifications;
mod outage;
mod phone_posternd;
mod proxy;

use phone_posternd::PhonePosternd;
use postern_tests::browser::BrowserBuilder;
use postern_tests::{Browser, Web, host};
use tempfile::TempDir;

/// A stand-in for posternd, postern-web before it, and a person's phone.
struct OnPhone {
    browser: Browser,
    web: Web,
    phone_posternd: PhonePosternd,
    _dir: TempDir,
}

impl OnPhone {
    fn new(name: &str) -> Self {
        Self::of(name, Browser::builder(name))
    }

    fn of(name: &str, phone: BrowserBuilder) -> Self {
        let (dir, phone_posternd, web) = served(name, "");
        Self { browser: phone.start(), web, phone_posternd, _dir: dir }
    }

    /// Scans what the terminal shows, binds the phone under the name "Pixel", and says yes at the terminal.
    fn bind(&self) {
        self.browser.open(&self.phone_posternd.qr_code(&self.web.url()));
        self.browser.type_into("#name", "Pixel");
        self.browser.click("button[type=submit]");
        let shown = self.browser.text_of("#compare");
        assert_eq!(shown, self.phone_posternd.compare_code());
        self.phone_posternd.confirm();
        self.browser.wait_until("the home view", || {
            (self.browser.js("return document.querySelectorAll('.digits.code').length") == 1).then_some(())
        });
    }

    /// The page at a challenge, as a push message or a scanned code opens it.
    fn open_challenge(&self, id: &str) {
        self.browser.open(&self.phone_posternd.challenge_address(&self.web.url(), id));
        self.browser.wait_until("the question", || {
            (self.browser.js("return document.querySelectorAll('#number').length") == 1).then_some(())
        });
    }
}

/// postern-web before a stand-in, without a browser.
fn served(name: &str, lines: &str) -> (TempDir, PhonePosternd, Web) {
    host::require_test_host();
    let dir = tempfile::Builder::new().prefix("phone_posternd.").tempdir_in(host::test_dir()).unwrap();
    host::own(dir.path(), (0.into(), 0.into()), 0o755);
    let phone_posternd = PhonePosternd::start(&dir.path().join("posternd.sock"));
    let web = Web::with(name, phone_posternd.socket(), lines);
    (dir, phone_posternd, web)
}
