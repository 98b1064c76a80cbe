//! Wrong codes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::ledger::{CodeAdmission, CodeAttempt, CodeSettlement, Ledger, Token};
use postern_core::limits::{CodeLimits, Source};

use super::LedgerFixture;

/// Up to the limit, and then not one.
pub async fn every_code_counts_until_there_are_too_many(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    for number in 1..=WRONG {
        assert_eq!(a.wrong(NOW + 10).await, proceed(number));
    }
    for at in [NOW + 10, NOW + 11, NOW + 10 + PAUSE - 1] {
        assert_eq!(a.wrong(at).await, limited(NOW + 10 + PAUSE));
    }
}

/// The pause is counted from the code that began it; none of those that are refused prolongs it.
pub async fn a_pause_ends_and_a_full_window_begins_another(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    assert_eq!(a.wrong(NOW - WINDOW + 3).await, proceed(1));
    for (number, at) in (2..=WRONG).zip(NOW..) {
        assert_eq!(
            a.wrong(at).await,
            proceed(number),
            "the first one leaves the window as the last one comes"
        );
    }
    assert_eq!(a.wrong(NOW + 5).await, proceed(6));
    assert_eq!(a.wrong(NOW + 6).await, limited(NOW + 5 + PAUSE));
    for (number, at) in (7..7 + WRONG).zip(NOW + 5 + PAUSE..) {
        assert_eq!(a.wrong(at).await, proceed(number));
    }
    assert_eq!(a.wrong(NOW + PAUSE + 20).await, limited(NOW + 9 + 2 * PAUSE));
}

/// Else a short pause would make more codes of few.
pub async fn after_a_short_pause_the_window_still_counts(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    let limits = CodeLimits { pause: Duration::from_secs(60), ..LIMITS };
    for (number, at) in (1..=WRONG).zip(NOW..) {
        assert_eq!(a.admit(&a.attempt(at), &limits).await, proceed(number));
    }
    for at in [NOW + 4, NOW + 64, NOW + WINDOW - 1] {
        assert_eq!(a.admit(&a.attempt(at), &limits).await, limited(NOW + WINDOW));
    }
    assert_eq!(a.admit(&a.attempt(NOW + WINDOW), &limits).await, proceed(6));
    assert_eq!(a.admit(&a.attempt(NOW + WINDOW), &limits).await, limited(NOW + WINDOW + 60));
}

/// It may be the very one that was one too many.
pub async fn a_right_code_ends_the_pause_and_the_row(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    for _ in 1..WRONG {
        a.wrong(NOW).await;
    }
    let last = a.attempt(NOW);
    assert_eq!(a.admit(&last, &LIMITS).await, proceed(WRONG));
    assert_eq!(a.wrong(NOW).await, limited(NOW + PAUSE));
    a.settle(&last, CodeSettlement::Right).await;
    for number in 1..=WRONG {
        assert_eq!(a.wrong(NOW).await, proceed(number));
    }
    assert_eq!(a.wrong(NOW).await, limited(NOW + PAUSE));
}

/// So that a person hears of it before they type one.
pub async fn a_pause_is_told_without_counting(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    let (here, there) = (a.from("203.0.113.1"), a.from("203.0.113.2"));
    for way in [&a, &here] {
        for number in 1..=WRONG {
            assert_eq!(way.pause(NOW).await, None);
            assert_eq!(way.wrong(NOW).await, proceed(number));
        }
        for _ in 0..3 {
            assert_eq!(way.pause(NOW + 1).await, Some(Timestamp::from_unix(NOW + PAUSE)));
        }
        assert_eq!(way.pause(NOW + PAUSE).await, None);
    }
    assert_eq!(there.pause(NOW).await, None, "strangers are counted for their source alone");
}

/// As if it had never come, and its pause with it.
pub async fn a_withdrawn_code_no_longer_counts(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    for _ in 1..WRONG {
        a.wrong(NOW).await;
    }
    for _ in 0..20 {
        let last = a.attempt(NOW);
        assert_eq!(a.admit(&last, &LIMITS).await, proceed(WRONG));
        assert_eq!(a.wrong(NOW).await, limited(NOW + PAUSE));
        a.settle(&last, CodeSettlement::Withdrawn).await;
        a.settle(&last, CodeSettlement::Withdrawn).await;
    }
}

/// However its answer was lost.
pub async fn a_code_that_is_told_twice_counts_once(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    let first = a.attempt(NOW);
    for _ in 0..20 {
        assert_eq!(a.admit(&first, &LIMITS).await, proceed(1));
    }
    for number in 2..WRONG {
        a.wrong(NOW).await;
        assert_eq!(a.admit(&first, &LIMITS).await, proceed(number));
    }
    let last = a.attempt(NOW);
    assert_eq!(a.admit(&last, &LIMITS).await, proceed(WRONG));
    assert_eq!(
        a.admit(&last, &LIMITS).await,
        proceed(WRONG),
        "it was admitted before the pause that it began"
    );
    a.settle(&last, CodeSettlement::Right).await;
    assert_eq!(a.wrong(NOW).await, proceed(1));
    a.settle(&last, CodeSettlement::Right).await;
    a.settle(&last, CodeSettlement::Withdrawn).await;
    assert_eq!(a.wrong(NOW).await, proceed(2), "what came after the right one is not forgotten with it");
}

/// One fixed wrong code at each of many steps is locked like any other.
pub async fn wrong_codes_stay_in_a_row_over_a_hundred_windows(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    for (number, window) in (1..=100).zip(0..) {
        assert_eq!(a.wrong(NOW + window * WINDOW).await, proceed(number));
    }
}

/// Not before.
pub async fn wrong_codes_are_forgotten_after_400_days(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    let day = 86_400;
    assert_eq!(a.wrong(NOW).await, proceed(1));
    assert_eq!(a.wrong(NOW + 399 * day).await, proceed(2));
    assert_eq!(a.wrong(NOW + 400 * day).await, proceed(2));
}

/// Count first, then verify, wherever the next one is counted.
pub async fn of_200_simultaneous_codes_exactly_the_limit_is_admitted(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another()];
    let codes: Vec<_> = (0..200)
        .map(|number: usize| {
            let a = Codes::on(&ledgers[number % ledgers.len()], "a");
            tokio::spawn(async move { a.wrong(NOW).await })
        })
        .collect();
    let mut in_a_row = Vec::new();
    for code in codes {
        match code.await.unwrap() {
            CodeAdmission::Proceed { in_a_row: number } => in_a_row.push(number),
            CodeAdmission::Limited { until } => assert_eq!(until.as_unix(), NOW + PAUSE),
        }
    }
    in_a_row.sort_unstable();
    assert_eq!(in_a_row, (1..=WRONG).collect::<Vec<_>>());
}

/// No user is locked out by another.
pub async fn codes_of_strangers_are_counted_for_their_source_alone(f: &dyn LedgerFixture) {
    let a = Codes::of(f, "a");
    let (here, there) = (a.from("203.0.113.1"), a.from("203.0.113.2"));
    for number in 1..=WRONG {
        assert_eq!(here.wrong(NOW).await, proceed(number));
    }
    assert_eq!(here.wrong(NOW).await, limited(NOW + PAUSE));
    assert_eq!(there.wrong(NOW).await, proceed(1));
    let known = a.attempt(NOW);
    assert_eq!(a.admit(&known, &LIMITS).await, proceed(1));
    a.settle(&known, CodeSettlement::Right).await;
    assert_eq!(
        here.wrong(NOW).await,
        limited(NOW + PAUSE),
        "a right code elsewhere says nothing of this source"
    );
    assert_eq!(here.wrong(NOW + PAUSE).await, proceed(6));
}

/// All of them at one time.
pub async fn codes_of_accounts_are_counted_apart(f: &dyn LedgerFixture) {
    let (a, b) = (Codes::of(f, "a"), Codes::of(f, "b"));
    for _ in 0..WRONG {
        a.wrong(NOW).await;
    }
    assert_eq!((a.wrong(NOW).await, b.wrong(NOW).await), (limited(NOW + PAUSE), proceed(1)));
}

/// When an admin says so.
pub async fn codes_are_forgotten_wherever_they_came_from(f: &dyn LedgerFixture) {
    let (a, b) = (Codes::of(f, "a"), Codes::of(f, "b"));
    let ways = [a.clone(), a.from("203.0.113.1"), a.from("2001:db8::1"), a.from("nowhere")];
    for way in &ways {
        for _ in 0..=WRONG {
            way.wrong(NOW).await;
        }
        assert_eq!(way.wrong(NOW).await, limited(NOW + PAUSE));
    }
    b.wrong(NOW).await;
    for _ in 0..2 {
        a.ledger.forget_codes(&a.account).await.unwrap();
    }
    for way in &ways {
        assert_eq!(way.wrong(NOW).await, proceed(1));
    }
    assert_eq!(b.wrong(NOW).await, proceed(2), "another account's are not");
}

/// A clock was a day ahead: no pause is longer than it is, from when the clock was set right.
pub async fn codes_of_a_clock_that_was_ahead_count_as_of_now(f: &dyn LedgerFixture) {
    for from in [None, Some("203.0.113.1")] {
        let a = Codes::of(f, "a");
        let a = from.map_or(a.clone(), |from| a.from(from));
        for number in 1..=WRONG {
            assert_eq!(a.wrong(NOW + DAY).await, proceed(number));
        }
        assert_eq!(a.wrong(NOW).await, limited(NOW + PAUSE));
        assert_eq!(a.wrong(NOW + PAUSE - 1).await, limited(NOW + PAUSE));
        assert_eq!(a.wrong(NOW + PAUSE).await, proceed(WRONG + 1), "they stay in a row");
        a.ledger.forget_codes(&a.account).await.unwrap();
    }
}

/// An account whose codes are tried.
#[derive(Clone)]
struct Codes {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
    source: Option<Source>,
}

impl Codes {
    fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self::on(&f.ledger(), account)
    }

    fn on(ledger: &Arc<dyn Ledger>, account: &str) -> Self {
        Self { ledger: Arc::clone(ledger), account: AccountId::new(account.to_owned()), source: None }
    }

    fn from(&self, address: &str) -> Self {
        Self { source: Some(Source::of(address.parse().ok())), ..self.clone() }
    }

    fn attempt(&self, at: u64) -> CodeAttempt<'_> {
        let (account, source) = (&self.account, self.source.as_ref());
        CodeAttempt { account, source, at: Timestamp::from_unix(at), token: next_token() }
    }

    async fn admit(&self, attempt: &CodeAttempt<'_>, limits: &CodeLimits) -> CodeAdmission {
        self.ledger.admit_code(attempt, limits).await.unwrap()
    }

    async fn settle(&self, attempt: &CodeAttempt<'_>, settlement: CodeSettlement) {
        self.ledger.settle_code(attempt, settlement).await.unwrap();
    }

    async fn pause(&self, at: u64) -> Option<Timestamp> {
        self.ledger.code_pause(&self.attempt(at), &LIMITS).await.unwrap()
    }

    async fn wrong(&self, at: u64) -> CodeAdmission {
        self.admit(&self.attempt(at), &LIMITS).await
    }
}

/// One that no other question has.
pub(super) fn next_token() -> Token {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut token = [0xf0; 16];
    token[8..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Token::new(token)
}

fn proceed(in_a_row: u32) -> CodeAdmission {
    CodeAdmission::Proceed { in_a_row }
}

fn limited(until: u64) -> CodeAdmission {
    CodeAdmission::Limited { until: Timestamp::from_unix(until) }
}

const NOW: u64 = 1_800_000_000;
const WRONG: u32 = 5;
const WINDOW: u64 = 600;
const PAUSE: u64 = 900;
const DAY: u64 = 86_400;
const LIMITS: CodeLimits = CodeLimits {
    wrong: WRONG,
    window: Duration::from_secs(WINDOW),
    pause: Duration::from_secs(PAUSE),
    in_a_row: 100,
};
