//! An authenticator app whose codes are typed one after the other.

use std::time::Duration;

use crate::otp::now;
use crate::{Authenticator, guard};

/// An authenticator app that shows no code twice.
#[derive(Debug, Clone)]
pub struct CodeApp {
    /// Makes the codes.
    pub authenticator: Authenticator,
    last: u64,
}

impl CodeApp {
    /// Stands for an app that was not bound.
    #[must_use]
    pub fn none() -> Self {
        Self::of(Authenticator::new(&[0; 20]))
    }

    /// The app `authenticator`, of which no code was used.
    #[must_use]
    pub fn of(authenticator: Authenticator) -> Self {
        Self { authenticator, last: 0 }
    }

    /// The app `authenticator`, of which no code up to this step is used again.
    #[must_use]
    pub fn after(authenticator: Authenticator, step: u64) -> Self {
        Self { authenticator, last: step }
    }

    /// A code that is valid now and was not shown before: of this time step, the one before or the one after. It waits if all
    /// three were shown.
    pub fn code(&mut self) -> String {
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
const ENOUGH: u64 = 12;
