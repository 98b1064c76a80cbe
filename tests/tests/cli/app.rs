use std::time::Duration;

use postern_tests::otp::now;
use postern_tests::qr::{self, Theme};
use postern_tests::{Authenticator, Site, guard};

/// An app that shows no code twice.
#[derive(Debug)]
pub(crate) struct App {
    authenticator: Authenticator,
    last: u64,
}

impl App {
    /// Scans what `postern totp enrol` shows to root at a terminal, and types the first code.
    pub(crate) fn enrol(site: &Site, account: &str) -> Self {
        let mut person = site.cli_at_terminal(&["totp", "enrol", account]);
        let shown = person.expect("Code that the app shows: ");
        let mut app = Self::scanned(&shown);
        person.was_shown(&app.authenticator.base32());
        person.answer_visible(&app.code());
        let (status, said) = person.ends();
        assert_eq!(status, 0, "{said}");
        app
    }

    /// Scans the QR code on a terminal.
    pub(crate) fn scanned(terminal: &str) -> Self {
        let uris = qr::read(terminal, Theme::Dark);
        assert_eq!(uris.len(), 1, "one QR code");
        Self { authenticator: Authenticator::from_uri(&uris[0]).unwrap(), last: 0 }
    }

    pub(crate) fn base32(&self) -> String {
        self.authenticator.base32()
    }

    pub(crate) fn wrong_code(&self) -> String {
        self.authenticator.wrong_code()
    }

    /// A code of now, or one step early or late; where all three were shown it waits.
    pub(crate) fn code(&mut self) -> String {
        loop {
            let (at, period) = (now(), self.authenticator.period);
            let (step, left) = (at / period, period - at % period);
            let first = if left >= ENOUGH { step - 1 } else { step };
            let next = first.max(self.last + 1);
            if next <= step + 1 {
                self.last = next;
                return self.authenticator.code_at(next * period);
            }
            guard::pause(Duration::from_millis(200));
        }
    }
}

/// Seconds from the code to its check.
const ENOUGH: u64 = 6;
