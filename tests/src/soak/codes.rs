use std::sync::{Mutex, PoisonError};

use crate::{Authenticator, otp};

/// The codes of many apps, each given out once, and those of an app in their order.
#[derive(Debug)]
pub(super) struct Codes {
    first_step: u64,
    apps: Mutex<Apps>,
}

#[derive(Debug)]
struct Apps {
    all: Vec<App>,
    /// Where the next search begins, so that neighbours are of different people.
    turn: usize,
}

#[derive(Debug)]
struct App {
    /// Whose it is, as a position among all people.
    owner: usize,
    codes: Vec<Option<String>>,
    /// The first time step whose code was not given out.
    next: u64,
}

impl Codes {
    /// Of these apps, each with the position of its owner. They last for an hour.
    pub(super) fn of(apps: impl Iterator<Item = (usize, Authenticator)>) -> Self {
        let first_step = otp::now() / PERIOD;
        let apps: Vec<(usize, Authenticator)> = apps.collect();
        let codes = otp::unambiguous_codes(&apps, first_step * PERIOD, STEPS);
        let app = |((owner, _), codes)| App { owner, codes, next: first_step };
        let all = apps.into_iter().zip(codes).map(app).collect();
        Self { first_step, apps: Mutex::new(Apps { all, turn: 0 }) }
    }

    /// A code that is good for some seconds at least, and its owner; `None` while all are used.
    pub(super) fn take(&self) -> Option<(usize, String)> {
        let now = otp::now();
        let step = now / PERIOD;
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(step - self.first_step).expect("a number of steps");
        let (count, turn) = (apps.all.len(), apps.turn);
        let has_one = |app: &App| {
            app.next <= step && app.codes.get(place).expect("the apps last for an hour").is_some()
        };
        let at = (0..count).map(|offset| (turn + offset) % count).find(|&at| has_one(&apps.all[at]))?;
        apps.turn = at + 1;
        let app = &mut apps.all[at];
        app.next = step + 1;
        Some((app.owner, app.codes[place].clone()?))
    }
}

const PERIOD: u64 = 30;
const STEPS: u64 = 122;
