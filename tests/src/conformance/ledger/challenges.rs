//! Challenges: put, looked at, answered, taken.

use std::sync::Arc;

use postern_core::account::AccountId;
use postern_core::challenge::ChallengeId;
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::ledger::{
    Answered, ChallengeAdmission, ChallengeSlot, Ledger, NewChallenge, StoredChallenge, Token,
};
use postern_core::limits::PushLimits;

use super::code_attempts::next_token;
use super::{LATER, LedgerFixture};

/// To the second, and listed by id with all that it says.
pub async fn a_challenge_is_kept_until_it_is_over(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    assert_eq!(a.open(NOW).await, []);
    let (first, second) = (a.next(), a.next());
    assert_eq!(a.put_until(second, ChallengeSlot::Pairing, NOW + 300, NOW).await, ChallengeAdmission::Put);
    assert_eq!(a.put_until(first, code(), NOW + 60, NOW).await, ChallengeAdmission::Put);
    let kept = |id: ChallengeId, expires| StoredChallenge {
        id,
        value: value(id),
        expires: Timestamp::from_unix(expires),
        tries: 0,
        answer: None,
    };
    let (first, second) = (kept(first, NOW + 60), kept(second, NOW + 300));
    assert_eq!(a.open(NOW + 59).await, [first.clone(), second.clone()]);
    assert_eq!(a.open(NOW + 60).await, [second]);
    assert_eq!(a.open(NOW + 300).await, []);
}

/// Until it is answered, taken or over.
pub async fn one_approval_waits_at_a_time(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let (first, second, third, fourth) = (a.next(), a.next(), a.next(), a.next());
    assert_eq!(a.put(first, SILENT, NOW).await, ChallengeAdmission::Put);
    let busy = |until| ChallengeAdmission::Busy { until: Timestamp::from_unix(until) };
    for slot in [SILENT, RINGING] {
        assert_eq!(a.put(second, slot, NOW + 59).await, busy(NOW + 60));
    }
    assert_eq!(a.put(a.next(), code(), NOW).await, ChallengeAdmission::Put, "a code is none");
    assert_eq!(
        a.put(a.next(), ChallengeSlot::Pairing, NOW).await,
        ChallengeAdmission::Put,
        "nor is a pairing"
    );
    assert_eq!(a.answer(first, "no", NOW + 59).await, Answered::Now);
    assert_eq!(a.put(second, SILENT, NOW + 59).await, ChallengeAdmission::Put, "after an answer");
    assert!(a.take(second, NOW + 59).await.is_some());
    assert_eq!(a.put(third, SILENT, NOW + 59).await, ChallengeAdmission::Put, "after a take");
    assert_eq!(a.put(fourth, SILENT, NOW + 118).await, busy(NOW + 119));
    assert_eq!(a.put(fourth, SILENT, NOW + 119).await, ChallengeAdmission::Put, "after its end");
}

/// Of the same factor, and of no other.
pub async fn a_newer_code_or_pairing_takes_the_place_of_the_older(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let other_code = ChallengeSlot::Code(FactorId::new([2; 16]));
    let ids: Vec<ChallengeId> = (0..5).map(|_| a.next()).collect();
    for (id, slot) in
        ids.iter().zip([code(), other_code, ChallengeSlot::Pairing, code(), ChallengeSlot::Pairing])
    {
        assert_eq!(a.put(*id, slot, NOW).await, ChallengeAdmission::Put);
    }
    let open: Vec<ChallengeId> = a.open(NOW).await.into_iter().map(|kept| kept.id).collect();
    assert_eq!(open, [ids[1], ids[3], ids[4]]);
    for gone in [ids[0], ids[2]] {
        assert_eq!(a.look(gone, NOW).await, None);
        assert_eq!(a.answer(gone, "yes", NOW).await, Answered::Gone);
        assert_eq!(a.take(gone, NOW).await, None);
    }
}

/// This holds for every later state of it.
pub async fn a_challenge_that_is_told_twice_is_put_once(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    for _ in 0..10 {
        assert_eq!(a.put(id, RINGING, NOW).await, ChallengeAdmission::Put);
    }
    assert!(a.look(id, NOW).await.is_some());
    assert_eq!(a.answer(id, "yes", NOW).await, Answered::Now);
    assert_eq!(a.put(id, RINGING, NOW).await, ChallengeAdmission::Put);
    let kept = a.open(NOW).await;
    assert_eq!((kept.len(), kept[0].tries, kept[0].answer.as_deref()), (1, 1, Some("yes")));
    assert!(a.take(id, NOW).await.is_some());
    assert_eq!(a.put(id, RINGING, NOW).await, ChallengeAdmission::Put);
    assert_eq!((a.open(NOW).await, a.take(id, NOW).await), (Vec::new(), None), "it stays taken");
}

/// And is kept as it was handed in.
pub async fn the_first_answer_counts(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let (id, text) = (a.next(), "{\"v\":1, \"n\": \"Gr\u{f6}\u{df}e \\\"%\n\"}");
    assert_eq!(a.answer(id, text, NOW).await, Answered::Gone, "it was never put");
    assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    assert_eq!(a.answer(id, text, NOW).await, Answered::Now);
    assert_eq!(a.answer(id, "", NOW).await, Answered::Before);
    assert_eq!(a.answer(id, "another", NOW).await, Answered::Before);
    assert_eq!(a.answer(id, text, NOW).await, Answered::Now, "the same may be told twice");
    assert_eq!(a.open(NOW).await[0].answer.as_deref(), Some(text));
    assert_eq!(a.take(id, NOW).await.unwrap().answer.as_deref(), Some(text));
    for answer in [text, "another"] {
        assert_eq!(a.answer(id, answer, NOW).await, Answered::Gone, "it is taken");
    }
    let empty = a.next();
    assert_eq!(a.put(empty, SILENT, NOW).await, ChallengeAdmission::Put);
    assert_eq!(a.answer(empty, "", NOW).await, Answered::Now);
    assert_eq!(a.take(empty, NOW).await.unwrap().answer.as_deref(), Some(""), "an empty one is one, too");
}

/// The ledger cannot be filled with one.
pub async fn an_answer_has_4096_bytes_at_most(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    let at = Timestamp::from_unix(NOW);
    assert!(a.ledger.answer_challenge(&a.account, id, &"x".repeat(4097), at).await.is_err());
    assert_eq!(a.answer(id, &"x".repeat(4096), NOW).await, Answered::Now);
}

/// The same question counts once, and each look is counted before the challenge is given.
pub async fn a_challenge_is_looked_at_so_often_and_no_more(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    assert_eq!(a.look(id, NOW).await, None, "it was never put");
    assert_eq!(a.put(id, code(), NOW).await, ChallengeAdmission::Put);
    let tokens: Vec<Token> = (0..MOST).map(|_| next_token()).collect();
    for (number, token) in (1..).zip(&tokens) {
        for _ in 0..3 {
            let kept = a.look_as(id, *token, NOW).await.unwrap();
            assert_eq!((kept.tries, kept.value), (number, value(id)));
        }
    }
    assert_eq!(a.look(id, NOW).await, None);
    assert_eq!(a.look_as(id, tokens[0], NOW).await.map(|kept| kept.tries), Some(MOST));
    assert_eq!(a.open(NOW).await[0].tries, MOST);
    assert_eq!(a.take(id, NOW).await.map(|kept| kept.tries), Some(MOST));
    assert_eq!(a.look_as(id, tokens[0], NOW).await, None, "it is taken");
}

/// Wherever they are.
pub async fn of_many_simultaneous_looks_only_so_many_see_it(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another()];
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    assert_eq!(a.put(id, code(), NOW).await, ChallengeAdmission::Put);
    let looks: Vec<_> = (0..30)
        .map(|number| {
            let a = AccountChallenges::on(&ledgers[number % 3], "a");
            tokio::spawn(async move { a.look(id, NOW).await })
        })
        .collect();
    let mut tries = Vec::new();
    for look in looks {
        tries.extend(look.await.unwrap().map(|kept| kept.tries));
    }
    tries.sort_unstable();
    assert_eq!(tries, (1..=MOST).collect::<Vec<_>>());
}

/// Wherever they are.
pub async fn of_many_simultaneous_takes_of_a_challenge_one_has_it(f: &dyn LedgerFixture) {
    let ledgers = [f.ledger(), f.another(), f.another(), f.another()];
    let a = AccountChallenges::of(f, "a");
    for _ in 0..10 {
        let id = a.next();
        assert_eq!(a.put(id, code(), NOW).await, ChallengeAdmission::Put);
        let takes: Vec<_> = (0..16)
            .map(|number| {
                let a = AccountChallenges::on(&ledgers[number % 4], "a");
                tokio::spawn(async move { a.take(id, NOW).await })
            })
            .collect();
        let mut have_it = 0;
        for take in takes {
            have_it += u32::from(take.await.unwrap().is_some());
        }
        assert_eq!(have_it, 1);
    }
}

/// An answer may be lost, and a token is one caller's.
pub async fn a_take_that_is_told_twice_gives_it_twice(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let (id, token) = (a.next(), next_token());
    assert_eq!(a.take_as(id, token, NOW).await, None, "it was never put");
    assert_eq!(a.put(id, code(), NOW).await, ChallengeAdmission::Put);
    let first = a.take_as(id, token, NOW).await;
    assert_eq!(first.as_ref().map(|kept| kept.value.clone()), Some(value(id)));
    for at in [NOW, NOW + 59] {
        assert_eq!(a.take_as(id, token, at).await, first);
        assert_eq!(a.take(id, at).await, None);
    }
    assert_eq!(a.take_as(id, token, NOW + 60).await, None, "it is over");
    assert_eq!((a.open(NOW).await, a.look(id, NOW).await), (Vec::new(), None));
}

/// At its very second.
pub async fn an_expired_challenge_is_neither_answered_nor_read_nor_taken(f: &dyn LedgerFixture) {
    let a = AccountChallenges::of(f, "a");
    let id = a.next();
    assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    for at in [NOW + 60, NOW + 10_000] {
        assert_eq!(a.answer(id, "yes", at).await, Answered::Gone);
        assert_eq!(a.look(id, at).await, None);
        assert_eq!(a.take(id, at).await, None);
    }
    assert_eq!(a.answer(id, "yes", NOW + 59).await, Answered::Now);
    assert!(a.take(id, NOW + 59).await.is_some());
}

/// Not even with the same id.
pub async fn challenges_of_one_account_are_not_anothers(f: &dyn LedgerFixture) {
    let (a, b) = (AccountChallenges::of(f, "a"), AccountChallenges::of(f, "b"));
    let id = a.next();
    assert_eq!(a.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    assert_eq!((b.open(NOW).await, b.take(id, NOW).await), (Vec::new(), None));
    assert_eq!(b.answer(id, "yes", NOW).await, Answered::Gone);
    assert_eq!(b.put(id, SILENT, NOW).await, ChallengeAdmission::Put);
    assert!(b.take(id, NOW).await.is_some());
    assert_eq!(a.take(id, NOW).await.map(|kept| kept.answer), Some(None));
}

/// A challenge whose slot lets one more in.
pub(super) struct AccountChallenges {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) account: AccountId,
}

impl AccountChallenges {
    pub(super) fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self::on(&f.ledger(), account)
    }

    pub(super) fn on(ledger: &Arc<dyn Ledger>, account: &str) -> Self {
        Self { ledger: Arc::clone(ledger), account: AccountId::new(account.to_owned()) }
    }

    /// An id after all before.
    pub(super) fn next(&self) -> ChallengeId {
        ChallengeId::new(next_token().bytes())
    }

    pub(super) async fn put(&self, id: ChallengeId, slot: ChallengeSlot, at: u64) -> ChallengeAdmission {
        self.put_until(id, slot, at + 60, at).await
    }

    async fn put_until(
        &self,
        id: ChallengeId,
        slot: ChallengeSlot,
        expires: u64,
        at: u64,
    ) -> ChallengeAdmission {
        let (value, at, expires) = (value(id), Timestamp::from_unix(at), Timestamp::from_unix(expires));
        let new = NewChallenge { id, slot, value: &value, expires, at };
        self.ledger.put_challenge(&self.account, &new, &PushLimits::default()).await.unwrap()
    }

    async fn open(&self, now: u64) -> Vec<StoredChallenge> {
        self.ledger.challenges(&self.account, Timestamp::from_unix(now)).await.unwrap()
    }

    pub(super) async fn answer(&self, id: ChallengeId, answer: &str, at: u64) -> Answered {
        let at = Timestamp::from_unix(at);
        self.ledger.answer_challenge(&self.account, id, answer, at).await.unwrap()
    }

    async fn look_as(&self, id: ChallengeId, token: Token, at: u64) -> Option<StoredChallenge> {
        let at = Timestamp::from_unix(at);
        self.ledger.try_challenge(&self.account, id, MOST, token, at).await.unwrap()
    }

    async fn look(&self, id: ChallengeId, at: u64) -> Option<StoredChallenge> {
        self.look_as(id, next_token(), at).await
    }

    async fn take_as(&self, id: ChallengeId, token: Token, at: u64) -> Option<StoredChallenge> {
        let at = Timestamp::from_unix(at);
        self.ledger.take_challenge(&self.account, id, token, at).await.unwrap()
    }

    pub(super) async fn take(&self, id: ChallengeId, at: u64) -> Option<StoredChallenge> {
        self.take_as(id, next_token(), at).await
    }
}

/// A code for one factor.
pub(super) fn code() -> ChallengeSlot {
    ChallengeSlot::Code(FactorId::new([1; 16]))
}

fn value(id: ChallengeId) -> String {
    format!("{{\"of\": \"{id}\", \"Gr\u{f6}\u{df}e\": \"\\\" %\"}}")
}

pub(super) const NOW: u64 = LATER;
pub(super) const SILENT: ChallengeSlot = ChallengeSlot::Approval { pushes: false };
pub(super) const RINGING: ChallengeSlot = ChallengeSlot::Approval { pushes: true };
const MOST: u32 = 5;
