//! Push notifications, and the logins that wait for phones.

use std::sync::Arc;
use std::time::Duration;

use postern_core::clock::Timestamp;
use postern_core::ledger::{Answered, ChallengeAdmission, ChallengeSlot};

use super::LedgerFixture;
use super::challenges::{AccountChallenges, NOW, RINGING, SILENT, code};
use crate::stopwatch::Stopwatch;

/// Whether they were taken out or are over: who does not answer has not answered.
pub async fn three_pushes_without_an_answer_end_the_ringing_for_a_while(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let begin = [NOW, NOW + 100_000];
    for begin in begin {
        for number in 0..3 {
            let (id, at) = (a.next(), begin + number * 60);
            assert_eq!(a.put(id, RINGING, at).await, ChallengeAdmission::Put, "{number}");
            if number == 1 {
                assert!(a.take(id, at).await.is_some());
            }
        }
        let until = begin + 120 + 900;
        for at in [begin + 180, until - 1] {
            assert_eq!(a.put(a.next(), RINGING, at).await, quiet(until));
        }
        assert_eq!(a.put(a.next(), RINGING, until).await, ChallengeAdmission::Put, "the count begins anew");
        let id = a.next();
        assert_eq!(a.put(id, RINGING, until + 60).await, ChallengeAdmission::Put);
        assert_eq!(a.answer(id, "no", until + 60).await, Answered::Now);
    }
}

/// A clock was a day ahead: neither does an open approval keep others out, nor does a pause last longer than it is.
pub async fn pushes_of_a_clock_that_was_ahead_end_no_ringing_for_long(f: &dyn LedgerFixture) {
    let (a, day) = (AccountChallenges::of(f, "a"), 86_400);
    for number in 0..3 {
        let at = NOW + day + number * 60;
        assert_eq!(a.put(a.next(), RINGING, at).await, ChallengeAdmission::Put);
    }
    assert_eq!(a.put(a.next(), RINGING, NOW).await, quiet(NOW + 900));
    assert_eq!(a.put(a.next(), RINGING, NOW + 899).await, quiet(NOW + 900));
    assert_eq!(a.put(a.next(), RINGING, NOW + 900).await, ChallengeAdmission::Put);
    let b = AccountChallenges::of(f, "b");
    let (until, at) = (Timestamp::from_unix(NOW + day + 3600), Timestamp::from_unix(NOW + day));
    b.ledger.mute_pushes(&b.account, until, at).await.unwrap();
    assert_eq!(b.put(b.next(), RINGING, NOW).await, quiet(NOW + 3600));
    assert_eq!(b.put(b.next(), RINGING, NOW + 3599).await, quiet(NOW + 3600));
    assert_eq!(b.put(b.next(), RINGING, NOW + 3600).await, ChallengeAdmission::Put);
}

/// Even that of a later one; an approval without a push is one, too.
pub async fn an_answer_begins_the_count_of_pushes_anew(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let mut at = NOW;
    for round in 0..4 {
        for _ in 0..2 {
            assert_eq!(a.put(a.next(), RINGING, at).await, ChallengeAdmission::Put);
            at += 60;
        }
        let (id, slot) = (a.next(), if round % 2 == 0 { RINGING } else { SILENT });
        assert_eq!(a.put(id, slot, at).await, ChallengeAdmission::Put);
        assert_eq!(a.answer(id, "yes", at).await, Answered::Now);
    }
    for _ in 0..3 {
        assert_eq!(a.put(a.next(), RINGING, at).await, ChallengeAdmission::Put);
        at += 60;
    }
    assert_eq!(a.put(a.next(), RINGING, at).await, quiet(at - 60 + 900));
}

/// An answer to a code or a pairing is none to a push.
pub async fn only_an_answered_approval_is_an_answered_push(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    for number in 0..3 {
        assert_eq!(a.put(a.next(), RINGING, NOW + number * 60).await, ChallengeAdmission::Put);
    }
    for slot in [code(), ChallengeSlot::Pairing] {
        let id = a.next();
        assert_eq!(a.put(id, slot, NOW + 120).await, ChallengeAdmission::Put);
        assert_eq!(a.answer(id, "yes", NOW + 120).await, Answered::Now);
    }
    assert_eq!(a.put(a.next(), RINGING, NOW + 180).await, quiet(NOW + 120 + 900));
    let b = AccountChallenges::of(f, "b");
    assert_eq!(b.put(b.next(), RINGING, NOW + 180).await, ChallengeAdmission::Put, "another account");
}

/// Regardless of answers meanwhile; and it never becomes shorter.
pub async fn phones_are_quiet_until_it_is_said(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let quiet_until = async |until, at| {
        let (until, at) = (Timestamp::from_unix(until), Timestamp::from_unix(at));
        a.ledger.mute_pushes(&a.account, until, at).await.unwrap();
    };
    let id = a.next();
    assert_eq!(a.put(id, RINGING, NOW).await, ChallengeAdmission::Put);
    quiet_until(NOW + 3600, NOW).await;
    quiet_until(NOW + 100, NOW).await;
    assert_eq!(a.answer(id, "not me", NOW).await, Answered::Now);
    for at in [NOW, NOW + 3599] {
        assert_eq!(a.put(a.next(), RINGING, at).await, quiet(NOW + 3600));
    }
    assert_eq!(a.put(a.next(), RINGING, NOW + 3600).await, ChallengeAdmission::Put);
}

/// The user has the page open anyway, or scanned a code.
pub async fn an_approval_without_a_push_is_never_muted(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    for number in 0..5 {
        assert_eq!(a.put(a.next(), SILENT, NOW + number * 60).await, ChallengeAdmission::Put);
    }
    let at = NOW + 300;
    assert_eq!(a.put(a.next(), RINGING, at).await, ChallengeAdmission::Put, "they were not counted");
    let (until, now) = (Timestamp::from_unix(at + 3600), Timestamp::from_unix(at));
    a.ledger.mute_pushes(&a.account, until, now).await.unwrap();
    assert_eq!(a.put(a.next(), SILENT, at + 60).await, ChallengeAdmission::Put);
    assert_eq!(a.put(a.next(), code(), at + 60).await, ChallengeAdmission::Put);
}

/// By this process and by another one.
pub async fn a_waiting_login_is_woken_by_an_answer_and_by_a_take(f: &dyn LedgerFixture) {
    let here = f.ledger();
    let there = f.another();
    for by in [&here, &there] {
        for is_taken in [false, true] {
            let (a, other) = (AccountChallenges::on(&here, "a"), AccountChallenges::on(by, "a"));
            let (id, bystander) = (a.next(), a.next());
            assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
            assert_eq!(a.put(bystander, code(), NOW).await, ChallengeAdmission::Put);
            let waiting = waits(&a, id, 10);
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(!waiting.is_finished(), "there is nothing to look at");
            let told = Stopwatch::start();
            if is_taken {
                assert!(other.take(id, NOW).await.is_some());
            } else {
                assert_eq!(other.answer(id, "yes", NOW).await, Answered::Now);
            }
            assert!(waiting.await.unwrap());
            told.assert_within(Duration::from_secs(3));
            assert!(a.take(bystander, NOW).await.is_some());
        }
    }
}

/// Nothing is missed that came before the waiting, and what is not there is nothing to wait for.
pub async fn a_late_caller_does_not_wait(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let (answered, taken, over, unknown) = (a.next(), a.next(), a.next(), a.next());
    assert_eq!(a.put(answered, SILENT, NOW).await, ChallengeAdmission::Put);
    assert_eq!(a.answer(answered, "yes", NOW).await, Answered::Now);
    assert_eq!(a.put(taken, code(), NOW).await, ChallengeAdmission::Put);
    assert!(a.take(taken, NOW).await.is_some());
    assert_eq!(a.put(over, ChallengeSlot::Pairing, 1_000_000_000).await, ChallengeAdmission::Put);
    for id in [answered, taken, over, unknown] {
        let start = Stopwatch::start();
        assert!(waits(&a, id, 10).await.unwrap());
        start.assert_within(Duration::from_secs(5));
    }
}

/// And may wait again, or stop to.
pub async fn waiting_ends_in_time_without_an_answer(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    for seconds in [0, 1, 2] {
        let start = Stopwatch::start();
        assert!(!waits(&a, id, seconds).await.unwrap());
        let waited = start.elapsed();
        let expected = Duration::from_secs(seconds);
        waited.assert_at_least(expected);
        waited.assert_within(expected + Duration::from_secs(3));
    }
    let stopped = waits(&a, id, 10);
    tokio::time::sleep(Duration::from_millis(100)).await;
    stopped.abort();
    let replaced = a.next();
    assert_eq!(a.put(replaced, code(), NOW).await, ChallengeAdmission::Put);
    let waiting = waits(&a, replaced, 10);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(a.put(a.next(), code(), NOW).await, ChallengeAdmission::Put);
    let start = Stopwatch::start();
    assert!(waiting.await.unwrap(), "a newer one has taken its place");
    start.assert_within(Duration::from_secs(5));
}

fn waits(
    a: &AccountChallenges,
    id: postern_core::challenge::ChallengeId,
    seconds: u64,
) -> tokio::task::JoinHandle<bool> {
    let (ledger, account) = (Arc::clone(&a.ledger), a.account.clone());
    let longest = Duration::from_secs(seconds);
    tokio::spawn(async move { ledger.await_challenge(&account, id, longest).await.unwrap() })
}

fn quiet(until: u64) -> ChallengeAdmission {
    ChallengeAdmission::Muted { until: Timestamp::from_unix(until) }
}
