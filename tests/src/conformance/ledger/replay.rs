//! Replay protection: time steps that are spent.

use std::sync::Arc;

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{Ledger, Spend, Spent, Token};
use tokio::sync::Barrier;

use super::LedgerFixture;
use super::code_attempts::next_token;

/// With a window of one step on either side, the next one may have been spent as well.
pub async fn without_any_record_the_step_after_next_is_the_first(f: &dyn LedgerFixture) {
    let a = Steps::of(f, "a");
    let now = NOW / PERIOD;
    let Spent::Unknown { from } = a.spend(now, NOW).await else { panic!("it had a memory") };
    let wait = from * PERIOD - NOW;
    assert!((PERIOD..=2 * PERIOD + MOST_GRACE).contains(&wait), "{wait} s");
    for step in [now - 1, now, now + 1, from - 1] {
        assert_eq!(a.spend(step, NOW).await, Spent::Unknown { from }, "the fence stays where it is");
    }
    for step in [from - 1, from - 2] {
        assert_eq!(a.spend(step, from * PERIOD).await, Spent::Unknown { from });
    }
    assert_eq!(a.spend(from, from * PERIOD).await, Spent::Now);
    assert_eq!(a.spend(from + 1, from * PERIOD).await, Spent::Now, "a phone's clock may be ahead");
}

/// Wherever the others are.
pub async fn of_many_simultaneous_spends_of_a_step_one_has_it(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another(), f.another()];
    let first = Steps::of(f, "a").first().await;
    for step in first..first + ROUNDS {
        let start = Arc::new(Barrier::new(CONTENDERS));
        let contenders: Vec<_> = (0..CONTENDERS)
            .map(|number| {
                let (a, start) = (Steps::on(&ledgers[number % ledgers.len()], "a"), Arc::clone(&start));
                tokio::spawn(async move {
                    start.wait().await;
                    a.spend(step, step * PERIOD).await
                })
            })
            .collect();
        let mut have_it = 0;
        for contender in contenders {
            match contender.await.unwrap() {
                Spent::Now => have_it += 1,
                Spent::Replayed => {}
                Spent::Unknown { from } => panic!("step {step} is not unknown, and {from} not the first"),
                Spent::WrongClock { ahead } => panic!("the clocks are {ahead} s apart"),
            }
        }
        assert_eq!(have_it, 1, "step {step}");
    }
}

/// An answer may be lost, and a token is one question's.
pub async fn a_spend_that_is_told_twice_has_it_twice(f: &dyn LedgerFixture) {
    let a = Steps::of(f, "a");
    let (step, token) = (a.first().await, next_token());
    for _ in 0..5 {
        assert_eq!(a.spend_as(step, step * PERIOD, token).await, Spent::Now);
        assert_eq!(a.spend(step, step * PERIOD).await, Spent::Replayed);
    }
    assert_eq!(a.spend(step + 1, step * PERIOD).await, Spent::Now);
    assert_eq!(a.spend_as(step, step * PERIOD, token).await, Spent::Replayed, "a later one was spent since");
    assert_eq!(
        a.spend_as(step + 1, step * PERIOD, token).await,
        Spent::Replayed,
        "it was another question's"
    );
}

/// Who has seen a later one may not use an earlier one.
pub async fn a_step_is_spent_with_all_before_it(f: &dyn LedgerFixture) {
    let a = Steps::of(f, "a");
    let first = a.first().await;
    assert_eq!(a.spend(first + 5, (first + 5) * PERIOD).await, Spent::Now);
    for step in first..=first + 5 {
        assert_eq!(a.spend(step, (first + 5) * PERIOD).await, Spent::Replayed, "{step}");
        assert_eq!(
            a.spend(step, first * PERIOD).await,
            Spent::Replayed,
            "{step} by a clock that was set back"
        );
    }
    assert_eq!(a.spend(first + 6, (first + 6) * PERIOD).await, Spent::Now);
}

/// Nobody can have spent any of it, and from then on it is known what was. Only where another server may still spend
/// something it waits, too.
pub async fn a_new_factor_waits_for_nothing(f: &dyn LedgerFixture) {
    let old = Steps::of(f, "a");
    let new = Steps { is_new: true, factor: FactorId::new([2; 16]), ..old.clone() };
    let mut at = NOW;
    if new.spend(at / PERIOD, at).await != Spent::Now {
        at += MOST_GRACE;
        assert_eq!(new.spend(at / PERIOD, at).await, Spent::Now);
    }
    assert_eq!(new.spend(at / PERIOD, at).await, Spent::Replayed, "it is new once");
    let known = Steps { is_new: false, ..new };
    assert_eq!(known.spend(at / PERIOD, at).await, Spent::Replayed);
    assert_eq!(known.spend(at / PERIOD + 1, at).await, Spent::Now, "all that was spent of it is known");
    assert_eq!(known.spend(at / PERIOD + 1, at).await, Spent::Replayed);
    let unknown = old.spend(at / PERIOD + 1, at).await;
    assert!(matches!(unknown, Spent::Unknown { .. }), "{unknown:?}");
}

/// Each has its own.
pub async fn steps_of_accounts_and_factors_are_spent_apart(f: &dyn LedgerFixture) {
    let (a, b) = (Steps::of(f, "a"), Steps::of(f, "b"));
    let other = Steps { factor: FactorId::new([2; 16]), ..a.clone() };
    let step = a.first().await.max(b.first().await);
    for one in [&a, &b, &other] {
        assert_eq!(one.spend(step, step * PERIOD).await, Spent::Now);
        assert_eq!(one.spend(step, step * PERIOD).await, Spent::Replayed);
    }
}

/// A clock was a day ahead, and steps of tomorrow were spent: a user who comes after it was set right waits as long as after a
/// loss, and neither today nor tomorrow is one of them had again, nor one that was spent before.
pub async fn a_step_of_a_clock_that_was_ahead_locks_no_user_out_and_is_spent_once(f: &dyn LedgerFixture) {
    let a = Steps::of(f, "a");
    let first = a.first().await;
    let (before, day) = (first + 3, 86_400 / PERIOD);
    assert_eq!(a.spend(before, before * PERIOD).await, Spent::Now);
    let tomorrow = [before + day, before + day + 1, before + day + 5];
    for step in tomorrow {
        assert_eq!(a.spend(step, step * PERIOD).await, Spent::Now);
    }
    let now = (before - 1) * PERIOD;
    let Spent::Unknown { from } = a.spend(before - 1, now).await else { panic!("it begins anew") };
    assert!((before..=before + 2).contains(&from), "{from}");
    for step in [before - 1, before, from - 1] {
        assert_ne!(a.spend(step, now + PERIOD).await, Spent::Now, "{step}");
    }
    assert_eq!(a.spend(before, before * PERIOD).await, Spent::Replayed, "it was spent before");
    let next = from.max(before + 1);
    assert_eq!(a.spend(next, next * PERIOD).await, Spent::Now);
    assert_eq!(a.spend(next, next * PERIOD).await, Spent::Replayed);
    assert_eq!(a.spend(next + 1, (next + 1) * PERIOD).await, Spent::Now, "all goes on as it did");
    for step in tomorrow {
        assert_eq!(a.spend(step, step * PERIOD).await, Spent::Replayed, "tomorrow");
        assert_eq!(a.spend(step - 1, step * PERIOD).await == Spent::Now, step - 1 != tomorrow[0]);
    }
}

/// More of them than are kept one by one.
pub async fn many_steps_of_a_clock_that_was_ahead_lock_no_user_out_and_are_spent_once(f: &dyn LedgerFixture) {
    let a = Steps::of(f, "a");
    let before = a.first().await + 3;
    let tomorrow = before + 86_400 / PERIOD..before + 86_400 / PERIOD + MORE_THAN_ARE_KEPT;
    assert_eq!(a.spend(before, before * PERIOD).await, Spent::Now);
    for step in tomorrow.clone() {
        assert_eq!(a.spend(step, step * PERIOD).await, Spent::Now);
    }
    let Spent::Unknown { from } = a.spend(before - 1, (before - 1) * PERIOD).await else {
        panic!("it begins anew")
    };
    assert!((before..=before + 2).contains(&from), "{from}");
    assert_ne!(a.spend(before, before * PERIOD).await, Spent::Now, "it was spent before");
    let next = from.max(before + 1);
    for step in next..next + MORE_THAN_ARE_KEPT {
        assert_eq!(a.spend(step, step * PERIOD).await, Spent::Now, "{step} of {next}");
        for again in [before, step - 1, step] {
            assert_ne!(a.spend(again, step * PERIOD).await, Spent::Now, "{again}");
        }
    }
    for step in tomorrow.clone() {
        assert_ne!(a.spend(step, step * PERIOD).await, Spent::Now, "tomorrow");
    }
    assert_eq!(a.spend(tomorrow.end, tomorrow.end * PERIOD).await, Spent::Now, "all goes on as it did");
}

/// As has its fence.
pub async fn a_longer_period_has_steps_of_its_own(f: &dyn LedgerFixture) {
    let a = Steps { period: 60, ..Steps::of(f, "a") };
    let Spent::Unknown { from } = a.spend(NOW / 60, NOW).await else { panic!("it had a memory") };
    assert!((60..=120 + MOST_GRACE).contains(&(from * 60 - NOW)), "{from}");
    assert_eq!(a.spend(from - 1, from * 60).await, Spent::Unknown { from });
    assert_eq!(a.spend(from, from * 60).await, Spent::Now);
    assert_eq!(a.spend(from, from * 60).await, Spent::Replayed);
}

/// A factor whose steps are spent.
#[derive(Clone)]
struct Steps {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
    factor: FactorId,
    is_new: bool,
    period: u64,
}

impl Steps {
    fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self::on(&f.ledger(), account)
    }

    fn on(ledger: &Arc<dyn Ledger>, account: &str) -> Self {
        let (ledger, account) = (Arc::clone(ledger), AccountId::new(account.to_owned()));
        Self { ledger, account, factor: FactorId::new([1; 16]), is_new: false, period: PERIOD }
    }

    async fn spend_as(&self, step: u64, at: u64, token: Token) -> Spent {
        let (account, factor, period) = (&self.account, self.factor, self.period);
        let (is_first, at) = (self.is_new, Timestamp::from_unix(at));
        self.ledger.spend(&Spend { account, factor, step, period, is_first, at, token }).await.unwrap()
    }

    async fn spend(&self, step: u64, at: u64) -> Spent {
        self.spend_as(step, at, next_token()).await
    }

    /// The first step that is to be had.
    async fn first(&self) -> u64 {
        match self.spend(0, NOW).await {
            Spent::Unknown { from } => from,
            spent @ (Spent::Now | Spent::Replayed | Spent::WrongClock { .. }) => {
                panic!("step 0 is {spent:?}")
            }
        }
    }
}

/// When steps are spent: later than any clock that a server reads, so that no test waits for one.
pub const LATER: u64 = 4_000_000_000;
const NOW: u64 = LATER;
const PERIOD: u64 = 30;
/// For a ledger whose replicas may be late.
const MOST_GRACE: u64 = 13;
const CONTENDERS: usize = 32;
const ROUNDS: u64 = 20;
const MORE_THAN_ARE_KEPT: u64 = 40;
