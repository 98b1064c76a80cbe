use std::ops::{Deref, DerefMut};

use postern_tests::login_host::CodeApp;
use postern_tests::qr::{self, Theme};
use postern_tests::{Authenticator, Site};

/// An app that shows no code twice, bound by the command line.
#[derive(Debug)]
pub(crate) struct App(CodeApp);

impl App {
    /// Scans what `postern totp enrol` shows to root at a terminal, and types the first code.
    pub(crate) fn enrol(site: &Site, account: &str) -> Self {
        let mut person = site.cli_at_terminal(&["totp", "enrol", account]);
        let shown = person.expect("Code that the app shows: ");
        let mut app = Self::scanned(&shown);
        person.was_shown(&app.base32());
        person.answer_visible(&app.code());
        let (status, said) = person.ends();
        assert_eq!(status, 0, "{said}");
        app
    }

    /// Scans the QR code on a terminal.
    pub(crate) fn scanned(terminal: &str) -> Self {
        let uris = qr::read(terminal, Theme::Dark);
        assert_eq!(uris.len(), 1, "one QR code");
        Self(CodeApp::of(Authenticator::from_uri(&uris[0]).unwrap()))
    }

    pub(crate) fn base32(&self) -> String {
        self.authenticator.base32()
    }

    pub(crate) fn wrong_code(&self) -> String {
        self.authenticator.wrong_code()
    }
}

impl Deref for App {
    type Target = CodeApp;

    fn deref(&self) -> &CodeApp {
        &self.0
    }
}

impl DerefMut for App {
    fn deref_mut(&mut self) -> &mut CodeApp {
        &mut self.0
    }
}
