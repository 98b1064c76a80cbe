//! The page for phones: postern-web and a real browser before a posternd that is a stand-in, and that checks every proof and
//! every signature by itself.

mod answering;
mod binding;
mod codes;
mod desk;
mod forgery;
mod http;
mod keyboard;
mod limits;
mod looks;
mod outage;
mod proxy;
mod ringing;

use desk::Desk;
use postern_tests::browser::BrowserBuilder;
use postern_tests::{Browser, Web, host};
use tempfile::TempDir;

/// A stand-in for posternd, postern-web before it, and a person's phone.
struct World {
    browser: Browser,
    web: Web,
    desk: Desk,
    _dir: TempDir,
}

impl World {
    fn new(name: &str) -> Self {
        Self::of(name, Browser::builder(name))
    }

    fn of(name: &str, phone: BrowserBuilder) -> Self {
        let (dir, desk, web) = served(name, "");
        Self { browser: phone.start(), web, desk, _dir: dir }
    }

    /// Scans what the terminal shows, binds the phone under the name "Pixel", and says yes at the terminal.
    fn bind(&self) {
        self.browser.open(&self.desk.qr_code(&self.web.url()));
        self.browser.type_into("#name", "Pixel");
        self.browser.click("button[type=submit]");
        let shown = self.browser.text_of("#compare");
        assert_eq!(shown, self.desk.compare_code());
        self.desk.confirm();
        self.browser.wait_until("the home view", || {
            (self.browser.js("return document.querySelectorAll('.digits.code').length") == 1).then_some(())
        });
    }

    /// The page at a challenge, as a push message or a scanned code opens it.
    fn open_challenge(&self, id: &str) {
        self.browser.open(&self.desk.challenge_address(&self.web.url(), id));
        self.browser.wait_until("the question", || {
            (self.browser.js("return document.querySelectorAll('#number').length") == 1).then_some(())
        });
    }
}

/// postern-web before a stand-in, without a browser.
fn served(name: &str, lines: &str) -> (TempDir, Desk, Web) {
    host::require_test_host();
    let dir = tempfile::Builder::new().prefix("desk.").tempdir_in(host::test_dir()).unwrap();
    host::own(dir.path(), (0.into(), 0.into()), 0o755);
    let desk = Desk::start(&dir.path().join("posternd.sock"));
    let web = Web::with(name, desk.socket(), lines);
    (dir, desk, web)
}
