use std::time::Duration;

use postern_tests::otp::now;
use postern_tests::{Authenticator, guard};

/// A user's authenticator app, which shows no code twice.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) authenticator: Authenticator,
    last: u64,
}

impl App {
    pub(crate) fn none() -> Self {
        Self::of(Authenticator::new(&[0; 20]))
    }

    pub(crate) fn of(authenticator: Authenticator) -> Self {
        Self { authenticator, last: 0 }
    }

    /// A code that is taken now and was not shown before: of this time step, the one before or the one after. Where all
    /// three are used up it waits.
    pub(crate) fn code(&mut self) -> String {
        loop {
            let (at, period) = (now(), self.authenticator.period);
            let (step, left) = (at / period, period - at % period);
            let first = if left >= ENOUGH { step - 1 } else { step };
            let wanted = first.max(self.last + 1);
            if wanted <= step + 1 {
                self.last = wanted;
                return self.authenticator.code_at(wanted * period);
            }
            guard::pause(Duration::from_millis(200));
        }
    }
}

/// Seconds from a code to its check.
const ENOUGH: u64 = 8;
