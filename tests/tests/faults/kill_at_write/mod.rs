//! SIGKILL at the first, second, third … write of every change, until it comes to its end: the account is as before or as after, never
//! between, and a change that was not made is made by running it again.

mod changes;
mod person;
mod servers;
mod sqlite;

use std::collections::BTreeSet;

use postern_tests::login_host::LoginHost;

use changes::Change;
use person::{Person, State};

/// What the kills of one change have left.
struct Tally {
    change: Change,
    before: State,
    after: State,
    left: BTreeSet<bool>,
    kills: usize,
}

impl Tally {
    /// The states before and after the change, seen without a kill.
    fn new(change: Change, host: &LoginHost) -> Self {
        let mut person = Person::new(host, change);
        let before = person.state(host);
        change.make(host, &mut person);
        let after = person.state(host);
        assert_ne!(before, after, "{change:?} changes something");
        Self { change, before, after, left: BTreeSet::new(), kills: 0 }
    }

    /// Looks at what a kill has left; makes the change if it was not made.
    fn look(&mut self, host: &LoginHost, person: &mut Person, what: &str) {
        self.kills += 1;
        let Self { change, before, after, .. } = self;
        let state = person.state(host);
        // Each entry of a file is a change of its own.
        let is_between = *change == Change::Import && state.is_part_of(after);
        assert!(
            state == *before || state == *after || is_between,
            "{change:?} {what}: {state:#?} is neither {before:#?} nor {after:#?}"
        );
        if state != *after {
            change.make(host, person);
            assert_eq!(person.state(host), *after, "{change:?} {what}, and made again");
        }
        self.left.insert(state == *after);
    }

    fn report(&self, store: &str) {
        let Self { change, left, kills, .. } = self;
        let (before, after) = (left.contains(&false), left.contains(&true));
        println!("{change:?}, {store}: killed {kills} times; left as before: {before}, as after: {after}");
        assert!(*kills > 0, "{change:?} writes nothing to {store}");
    }
}

/// Browsers log in here.
const WEB: &str =
    "\n[web]\nurl = \"https://2fa.example.org/\"\naccount_url = \"https://account.example.org/\"\n";
