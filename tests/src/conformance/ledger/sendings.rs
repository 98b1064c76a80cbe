//! Messages that are sent, and names that are claimed.

use std::sync::Arc;
use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Ledger, SendAdmission, Sending, Token};
use postern_core::limits::SendLimits;

use super::LedgerFixture;
use super::code_attempts::next_token;

/// And when there is room again is told.
pub async fn messages_are_limited_within_a_window(f: &dyn LedgerFixture) {
    let a = Messages::of(f, 1, 3, 0);
    for at in [NOW, NOW, NOW + 10] {
        assert_eq!(a.admit(at).await, SendAdmission::Proceed);
    }
    for at in [NOW + 10, NOW + 3599] {
        assert_eq!(a.admit(at).await, until(NOW + 3600), "what is refused is not counted");
    }
    for _ in 0..2 {
        assert_eq!(a.admit(NOW + 3600).await, SendAdmission::Proceed, "two are forgotten at once");
    }
    assert_eq!(a.admit(NOW + 3600).await, until(NOW + 3610));
}

/// For those who watch a budget; to count changes nothing.
pub async fn messages_within_a_window_are_counted(f: &dyn LedgerFixture) {
    let (a, b) = (Messages::of(f, 1, 3, 0), Messages::of(f, 2, 3, 0));
    assert_eq!(a.count(3600, NOW).await, 0);
    for at in [NOW, NOW, NOW + 10] {
        assert_eq!(a.admit(at).await, SendAdmission::Proceed);
    }
    for _ in 0..3 {
        assert_eq!(a.count(3600, NOW + 10).await, 3);
    }
    assert_eq!(a.count(5, NOW + 10).await, 1, "a shorter window");
    assert_eq!(a.count(3600, NOW + 3600).await, 1, "the first two are over");
    assert_eq!(a.count(3600, NOW + 3610).await, 0);
    assert_eq!(b.count(3600, NOW + 10).await, 0, "another subject");
    assert_eq!(a.admit(NOW + 20).await, until(NOW + 3600));
}

/// However few there were.
pub async fn between_two_messages_there_is_a_gap(f: &dyn LedgerFixture) {
    let a = Messages::of(f, 1, 3, 60);
    assert_eq!(a.admit(NOW).await, SendAdmission::Proceed);
    for at in [NOW, NOW + 59] {
        assert_eq!(a.admit(at).await, until(NOW + 60));
    }
    assert_eq!(a.admit(NOW + 60).await, SendAdmission::Proceed);
    assert_eq!(a.admit(NOW + 119).await, until(NOW + 120));
    assert_eq!(a.admit(NOW + 200).await, SendAdmission::Proceed);
    assert_eq!(a.admit(NOW + 200).await, until(NOW + 3600), "the later of the two");
}

/// An answer may be lost, and a token is one message's.
pub async fn a_message_that_is_told_twice_counts_once(f: &dyn LedgerFixture) {
    let a = Messages::of(f, 1, 2, 60);
    let token = next_token();
    for _ in 0..5 {
        assert_eq!(a.admit_as(NOW, token).await, SendAdmission::Proceed);
    }
    assert_eq!(a.admit(NOW + 60).await, SendAdmission::Proceed);
    assert_eq!(a.admit_as(NOW + 61, token).await, SendAdmission::Proceed);
    assert_eq!(a.admit(NOW + 120).await, until(NOW + 3600));
}

/// Nor does it keep a distance, and it may be withdrawn twice.
pub async fn a_withdrawn_message_no_longer_counts(f: &dyn LedgerFixture) {
    let a = Messages::of(f, 1, 2, 60);
    for _ in 0..5 {
        let token = next_token();
        assert_eq!(a.admit_as(NOW, token).await, SendAdmission::Proceed);
        a.withdraw(token).await;
        a.withdraw(token).await;
    }
    assert_eq!(a.admit(NOW).await, SendAdmission::Proceed);
    a.withdraw(next_token()).await;
    assert_eq!(a.admit(NOW).await, until(NOW + 60), "one that was not counted is not withdrawn");
}

/// Each has its own.
pub async fn messages_of_subjects_are_counted_apart(f: &dyn LedgerFixture) {
    let (a, b) = (Messages::of(f, 1, 1, 0), Messages::of(f, 2, 1, 0));
    for one in [&a, &b] {
        assert_eq!(one.admit(NOW).await, SendAdmission::Proceed);
        assert_eq!(one.admit(NOW).await, until(NOW + 3600));
    }
}

/// A clock was a day ahead: neither the window nor the gap is longer than it is.
pub async fn messages_of_a_clock_that_was_ahead_count_as_of_now(f: &dyn LedgerFixture) {
    let a = Messages::of(f, 1, 2, 60);
    assert_eq!(a.admit(NOW + DAY).await, SendAdmission::Proceed);
    assert_eq!(a.admit(NOW + DAY + 60).await, SendAdmission::Proceed);
    assert_eq!(a.admit(NOW).await, until(NOW + 3600));
    assert_eq!(a.admit(NOW + 3599).await, until(NOW + 3600));
    assert_eq!(a.admit(NOW + 3600).await, SendAdmission::Proceed);
    let b = Messages::of(f, 2, 9, 60);
    assert_eq!(b.admit(NOW + DAY).await, SendAdmission::Proceed);
    assert_eq!(b.admit(NOW).await, until(NOW + 60));
    assert_eq!(b.admit(NOW + 60).await, SendAdmission::Proceed);
}

/// Nor is a claim.
pub async fn a_claim_of_a_clock_that_was_ahead_ends_after_its_term(f: &dyn LedgerFixture) {
    let claim = async |token, at| {
        let term = Duration::from_secs(60);
        f.ledger().claim(Digest::new([9; 16]), token, term, Timestamp::from_unix(at)).await.unwrap()
    };
    let (ours, theirs) = (next_token(), next_token());
    assert!(claim(ours, NOW + DAY).await);
    assert!(!claim(theirs, NOW).await);
    assert!(!claim(theirs, NOW + 59).await);
    assert!(claim(theirs, NOW + 60).await);
}

/// Wherever the others are.
pub async fn of_many_simultaneous_messages_exactly_the_limit_is_admitted(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another()];
    let sent: Vec<_> = (0..40)
        .map(|number| {
            let a = Messages { ledger: Arc::clone(&ledgers[number % 3]), ..Messages::of(f, 1, 5, 0) };
            tokio::spawn(async move { a.admit(NOW).await })
        })
        .collect();
    let mut admitted = 0;
    for one in sent {
        admitted += u32::from(one.await.unwrap() == SendAdmission::Proceed);
    }
    assert_eq!(admitted, 5);
}

/// Then it is free again. The holder keeps it when asking twice, and not for longer.
pub async fn a_name_is_claimed_once_until_its_term_is_over(f: &dyn LedgerFixture) {
    let (ours, theirs) = (next_token(), next_token());
    let claim = async |name: u8, token, at| {
        let term = Duration::from_secs(60);
        f.ledger().claim(Digest::new([name; 16]), token, term, Timestamp::from_unix(at)).await.unwrap()
    };
    assert!(claim(1, ours, NOW).await);
    assert!(claim(1, ours, NOW + 59).await, "it is ours");
    let is_claimed = async |name: u8, at| {
        f.ledger().is_claimed(Digest::new([name; 16]), Timestamp::from_unix(at)).await.unwrap()
    };
    assert!(is_claimed(1, NOW + 59).await && !is_claimed(1, NOW + 60).await);
    assert!(!is_claimed(2, NOW).await, "asking claims nothing");
    assert!(!claim(1, theirs, NOW + 59).await);
    assert!(claim(2, theirs, NOW).await, "another name");
    assert!(claim(1, theirs, NOW + 60).await, "the term is over");
    assert!(!claim(1, ours, NOW + 60).await);
}

/// Wherever the others are.
pub async fn of_many_simultaneous_claims_one_has_it(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another()];
    let claims: Vec<_> = (0..30)
        .map(|number| {
            let ledger = Arc::clone(&ledgers[number % 3]);
            tokio::spawn(async move {
                let (token, term) = (next_token(), Duration::from_secs(60));
                ledger.claim(Digest::new([7; 16]), token, term, Timestamp::from_unix(NOW)).await.unwrap()
            })
        })
        .collect();
    let mut have_it = 0;
    for one in claims {
        have_it += u32::from(one.await.unwrap());
    }
    assert_eq!(have_it, 1);
}

struct Messages {
    ledger: Arc<dyn Ledger>,
    subject: u8,
    limits: SendLimits,
}

impl Messages {
    /// So many an hour.
    fn of(f: &dyn LedgerFixture, subject: u8, count: u32, gap: u64) -> Self {
        let (window, gap) = (Duration::from_secs(3600), Duration::from_secs(gap));
        Self { ledger: f.ledger(), subject, limits: SendLimits { count, window, gap } }
    }

    fn one(&self, at: u64, token: Token) -> Sending {
        Sending { subject: Digest::new([self.subject; 16]), at: Timestamp::from_unix(at), token }
    }

    async fn admit_as(&self, at: u64, token: Token) -> SendAdmission {
        self.ledger.admit_sending(&self.one(at, token), &self.limits).await.unwrap()
    }

    async fn admit(&self, at: u64) -> SendAdmission {
        self.admit_as(at, next_token()).await
    }

    async fn count(&self, window: u64, at: u64) -> u64 {
        let (subject, at) = (self.one(at, next_token()).subject, Timestamp::from_unix(at));
        self.ledger.count_sendings(subject, Duration::from_secs(window), at).await.unwrap()
    }

    async fn withdraw(&self, token: Token) {
        self.ledger.withdraw_sending(&self.one(NOW, token)).await.unwrap();
    }
}

fn until(at: u64) -> SendAdmission {
    SendAdmission::Limited { until: Timestamp::from_unix(at) }
}

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;
