//! A loss at every moment of a period, an attacker who replays spent codes, and a user who waits.

use std::sync::Arc;

use postern_core::ledger::{Ledger, Spent};
use postern_tests::SetClock;

use super::code_user::CodeUser;
use super::{LATER, PERIOD};

/// The processes that share a ledger, and the time.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) ledgers: Vec<Arc<dyn Ledger>>,
    pub(crate) clock: Arc<SetClock>,
}

impl Scenario {
    pub(crate) fn new(name: &'static str, open: impl Fn(Arc<SetClock>) -> Arc<dyn Ledger>) -> Self {
        let clock = SetClock::at(LATER);
        Self { name, ledgers: vec![open(Arc::clone(&clock)), open(Arc::clone(&clock))], clock }
    }

    /// Spends the latest step that can be spent, has `lose` lose what it may, and holds that nothing of it is spent again.
    /// Prints the longest wait, which may be `most` seconds.
    pub(crate) async fn run(
        &mut self,
        rounds: u64,
        most: u64,
        mut lose: impl FnMut(&mut Vec<Arc<dyn Ledger>>),
    ) {
        let mut longest = 0;
        for round in 0..rounds {
            self.clock.set(LATER + (round + 1) * 10_000 + round * PERIOD / rounds.max(1));
            let person = CodeUser::new(&format!("person{}", round % 3));
            let last = self.spend_latest(&person).await;
            lose(&mut self.ledgers);
            longest = longest.max(self.wait_and_replay(&person, last).await);
        }
        println!("{}: {rounds} losses, nothing spent twice, longest wait {longest} s", self.name);
        assert!(longest <= most, "{}: {longest} s", self.name);
    }

    /// Spends the step after the present one, as a phone does that is ahead; tells which it was.
    pub(crate) async fn spend_latest(&self, person: &CodeUser) -> u64 {
        loop {
            let now = self.clock.second();
            let step = now / PERIOD + 1;
            match person.ask(&self.ledgers[0], step, now).await {
                Spent::Now => return step,
                // The same second of a later period.
                Spent::Unknown { .. } => self.clock.set(now + PERIOD),
                spent @ (Spent::Replayed | Spent::WrongClock { .. }) => panic!("step {step}: {spent:?}"),
            }
        }
    }

    /// Goes on for three periods, by every ledger. Each second an attacker tries a code that was spent, and another user
    /// tries the code of the moment; how long that was in vain.
    pub(crate) async fn wait_and_replay(&self, person: &CodeUser, last: u64) -> u64 {
        let (lost, other) = (self.clock.second(), CodeUser::new("somebody else"));
        let mut waited = None;
        for now in lost..lost + 3 * PERIOD + 15 {
            self.clock.set(now);
            for ledger in &self.ledgers {
                for step in [last - 1, last] {
                    let again = person.ask(ledger, step, now).await;
                    assert_ne!(again, Spent::Now, "{}: {step} of {last}, {} s after", self.name, now - lost);
                }
                // A user whose steps were not seen yet stands for all users.
                let honest = other.ask(ledger, now / PERIOD, now).await;
                if waited.is_none() && honest == Spent::Now {
                    waited = Some(now - lost);
                }
            }
        }
        waited.expect("they were let in at last")
    }
}
