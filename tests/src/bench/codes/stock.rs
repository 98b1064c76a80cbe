use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Authenticator, Binder, guard, otp};

/// Codes that were not used yet, computed beforehand.
pub(in crate::bench) struct Stock {
    apps: Vec<App>,
    first_step: u64,
}

struct App {
    name: String,
    codes: Vec<Option<String>>,
    /// The first step that is not used.
    next: u64,
}

/// A code that is good now, and whose.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Ready {
    pub(in crate::bench) name: String,
    pub(in crate::bench) code: String,
    /// Its place in the stock.
    pub(in crate::bench) app: usize,
    step: u64,
}

impl Stock {
    /// Binds so many apps to each of `names`.
    pub(in crate::bench) fn bind(binder: &Binder<'_>, names: &[String], apps: usize) -> Self {
        let bound = names.iter().flat_map(|name| std::iter::repeat_n(name, apps)).map(|name| {
            let app = Authenticator::random();
            let _ = binder.bind(name, &app);
            (name.clone(), app)
        });
        Self::of(bound)
    }

    /// Of these names and apps.
    pub(in crate::bench) fn of(apps: impl Iterator<Item = (String, Authenticator)>) -> Self {
        let first_step = otp::now() / PERIOD;
        let apps: Vec<(String, Authenticator)> = apps.collect();
        let codes = otp::unambiguous_codes(&apps, first_step * PERIOD, STEPS);
        let app = |((name, _), codes)| App { name, codes, next: first_step };
        Self { apps: apps.into_iter().zip(codes).map(app).collect(), first_step }
    }

    /// All that are good now and for two seconds more, older ones first.
    pub(in crate::bench) fn ready(&self) -> Vec<Ready> {
        let (now, soon) = (otp::now() / PERIOD, (otp::now() + 2) / PERIOD);
        let mut ready: Vec<Ready> = Vec::new();
        for (number, app) in self.apps.iter().enumerate() {
            for step in app.next.max(soon.saturating_sub(1))..=now + 1 {
                let at = usize::try_from(step - self.first_step).expect("a number of steps");
                let Some(code) = app.codes.get(at).expect("the stock lasts for an hour").clone() else {
                    continue;
                };
                ready.push(Ready { name: app.name.clone(), code, app: number, step });
            }
        }
        ready.sort_by_key(|one| one.step);
        ready
    }

    /// One that is good now, and used then. Waits for the next step where all are used.
    pub(in crate::bench) fn wait_for_one(stock: &Mutex<Self>) -> Ready {
        guard::wait_for("a new code", Duration::from_secs(2 * PERIOD), || {
            let mut stock = stock.lock().unwrap_or_else(PoisonError::into_inner);
            let one = stock.ready().into_iter().next()?;
            stock.use_up(std::slice::from_ref(&one));
            Some(one)
        })
    }

    /// These are used, with all that come before them.
    pub(in crate::bench) fn use_up(&mut self, used: &[Ready]) {
        for one in used {
            let app = &mut self.apps[one.app];
            app.next = app.next.max(one.step + 1);
        }
    }
}

const PERIOD: u64 = 30;
const STEPS: u64 = 120;
