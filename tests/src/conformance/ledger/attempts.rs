//! Wrong secrets, last uses and revisions.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use postern_core::account::{AccountId, Revision};
use postern_core::clock::Timestamp;
use postern_core::factor::FactorId;
use postern_core::keyring::Digest;
use postern_core::ledger::{
    Admission, Attempt, Credential, History, Ledger, REVISION_RETENTION, RevisionNote, Settlement,
    SourceNote, Use,
};
use postern_core::limits::{AttemptLimits, Source};

use super::LedgerFixture;

/// However often it comes.
pub async fn the_same_wrong_secret_counts_once_and_is_known(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    assert_eq!(a.wrong(HERE, 1, NOW).await, Admission::Proceed);
    for _ in 0..20 {
        assert_eq!(a.wrong(HERE, 1, NOW + 1).await, Admission::KnownWrong);
    }
    assert_eq!(a.wrong(HERE, 2, NOW + 1).await, Admission::Proceed);
    assert_eq!(a.wrong(THERE, 1, NOW + 1).await, Admission::Proceed, "another source has not tried it yet");
}

/// The next one goes on.
pub async fn a_source_is_limited_alone(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    for secret in 0..3 {
        assert_eq!(a.wrong(HERE, secret, NOW).await, Admission::Proceed);
    }
    assert_eq!(a.wrong(HERE, 3, NOW).await, Admission::Limited);
    assert_eq!(a.wrong(HERE, 2, NOW).await, Admission::KnownWrong, "what is known stays known");
    assert_eq!(a.wrong(THERE, 3, NOW).await, Admission::Proceed);
}

/// One that succeeded before, as the caller found out under the keyring. What the ledger knows of it changes nothing.
pub async fn an_account_is_limited_in_all_unless_it_is_said_that_a_source_goes_on(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    a.used(Credential::MainPassword, HERE, NOW - 1000).await;
    for secret in 0..5 {
        assert_eq!(a.wrong(&format!("192.0.2.{secret}"), 9, NOW).await, Admission::Proceed);
    }
    assert_eq!(a.wrong(THERE, 1, NOW).await, Admission::Limited);
    assert_eq!(a.wrong(HERE, 1, NOW).await, Admission::Limited);
    let goes_on = AttemptLimits { per_account: u32::MAX, ..LIMITS };
    let (source, at) = (source(HERE), Timestamp::from_unix(NOW));
    for (secret, expected) in (1..=4).zip([Admission::Proceed; 3].into_iter().chain([Admission::Limited])) {
        let attempt = Attempt { account: &a.id, source: &source, digest: Digest::new([secret; 16]), at };
        assert_eq!(a.ledger.admit(&attempt, &goes_on).await.unwrap(), expected, "its own limit holds");
    }
}

/// Then it counts as if it had not been.
pub async fn a_counted_attempt_is_forgotten_after_the_window(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    for secret in 0..3 {
        assert_eq!(a.wrong(HERE, secret, NOW).await, Admission::Proceed);
    }
    assert_eq!(a.wrong(HERE, 3, NOW + WINDOW - 1).await, Admission::Limited);
    assert_eq!(a.wrong(HERE, 1, NOW + WINDOW).await, Admission::Proceed);
}

/// Count first, then verify.
pub async fn attempts_in_flight_count_before_they_are_settled(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    for secret in 0..3 {
        assert_eq!(a.admit(HERE, secret, NOW).await, Admission::Proceed);
    }
    assert_eq!(a.admit(HERE, 3, NOW).await, Admission::Limited);
    assert_eq!(
        a.admit(HERE, 0, NOW).await,
        Admission::Proceed,
        "one in flight may come again, and counts once"
    );
}

/// However often it was right.
pub async fn a_withdrawn_attempt_no_longer_counts(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    for secret in 0..20 {
        assert_eq!(a.admit(HERE, secret, NOW).await, Admission::Proceed);
        a.settle(HERE, secret, Settlement::Withdrawn).await;
        a.settle(HERE, secret, Settlement::Withdrawn).await;
    }
}

/// A slow answer to an older attempt must not clear what a newer one found.
pub async fn a_wrong_attempt_cannot_be_withdrawn(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    assert_eq!(a.wrong(HERE, 1, NOW).await, Admission::Proceed);
    a.settle(HERE, 1, Settlement::Withdrawn).await;
    assert_eq!(a.admit(HERE, 1, NOW).await, Admission::KnownWrong);
}

/// From the same source, with the same secret.
pub async fn accounts_are_counted_apart(f: &dyn LedgerFixture) {
    let (a, b) = (Account::new(f, "a"), Account::new(f, "b"));
    for secret in 0..3 {
        assert_eq!(a.wrong(HERE, secret, NOW).await, Admission::Proceed);
    }
    assert_eq!(a.wrong(HERE, 3, NOW).await, Admission::Limited);
    assert_eq!(b.wrong(HERE, 0, NOW).await, Admission::Proceed);
}

/// The count is atomic.
pub async fn of_many_simultaneous_attempts_only_the_limit_is_admitted(f: &dyn LedgerFixture) {
    let attempts: Vec<_> = (0..100)
        .map(|secret| {
            let a = Account::new(f, "a");
            tokio::spawn(async move { a.admit(HERE, secret, NOW).await })
        })
        .collect();
    let mut admitted = 0;
    for attempt in attempts {
        let admission = attempt.await.unwrap();
        assert_ne!(admission, Admission::KnownWrong);
        admitted += u32::from(admission == Admission::Proceed);
    }
    assert_eq!(admitted, LIMITS.per_source);
}

/// A clock was a day ahead: no login waits longer than the window, from when it was corrected.
pub async fn attempts_of_a_clock_that_was_ahead_count_as_of_now(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    for secret in 0..3 {
        assert_eq!(a.wrong(HERE, secret, NOW + DAY).await, Admission::Proceed);
    }
    assert_eq!(a.wrong(HERE, 3, NOW).await, Admission::Limited);
    assert_eq!(a.wrong(HERE, 0, NOW).await, Admission::KnownWrong);
    assert_eq!(a.wrong(HERE, 3, NOW + WINDOW - 1).await, Admission::Limited);
    assert_eq!(a.wrong(HERE, 3, NOW + WINDOW).await, Admission::Proceed);
    assert_eq!(
        a.wrong(HERE, 0, NOW + WINDOW).await,
        Admission::Proceed,
        "and what was wrong is looked at again"
    );
}

/// An admin says so.
pub async fn attempts_are_forgotten_wherever_they_came_from(f: &dyn LedgerFixture) {
    let (a, b) = (Account::new(f, "a"), Account::new(f, "b"));
    for (account, from) in [(&a, HERE), (&a, THERE), (&b, HERE)] {
        for secret in 0..3 {
            account.wrong(from, secret, NOW).await;
        }
    }
    a.ledger.forget_attempts(&a.id).await.unwrap();
    a.ledger.forget_attempts(&a.id).await.unwrap();
    for from in [HERE, THERE, HERE] {
        assert_eq!(a.history(from, NOW).await, History::default());
    }
    for secret in 0..3 {
        assert_eq!(a.wrong(HERE, secret, NOW).await, Admission::Proceed, "each is looked at again");
    }
    assert_eq!(b.wrong(HERE, 3, NOW).await, Admission::Limited);
}

/// A clock was a day ahead: the uses of today are noted all the same.
pub async fn a_use_of_a_clock_that_was_ahead_gives_way(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    a.used(Credential::MainPassword, HERE, NOW + DAY).await;
    a.used(Credential::MainPassword, THERE, NOW).await;
    assert_eq!(a.uses().await, [use_of(Credential::MainPassword, THERE, NOW)]);
    assert_eq!(a.history(THERE, NOW).await.succeeded, Some(note(NOW)));
}

/// Else a revision that a wrong clock has noted would hold reads back for a day.
pub async fn a_revision_from_the_future_is_nothing_that_is_known(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    a.reached(9, NOW + DAY).await;
    assert_eq!(a.revision(NOW).await, None);
    a.reached(5, NOW).await;
    assert_eq!(a.revision(NOW).await, Some(Revision(5)));
}

/// Each separately, and neither for another account.
pub async fn the_history_tells_failures_and_successes_of_a_source(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    assert_eq!(a.history(HERE, NOW).await, History::default());
    assert_eq!(a.admit(HERE, 1, NOW).await, Admission::Proceed);
    assert_eq!(a.history(HERE, NOW).await, History::default(), "in flight is not failed");
    assert_eq!(a.wrong(HERE, 2, NOW).await, Admission::Proceed);
    assert_eq!(a.history(HERE, NOW).await, History { has_failed: true, succeeded: None });
    assert_eq!(a.history(HERE, NOW + WINDOW).await, History::default(), "that was long ago");
    a.used(Credential::MainPassword, HERE, NOW).await;
    assert_eq!(a.history(HERE, NOW).await, History { has_failed: true, succeeded: Some(note(NOW)) });
    assert_eq!(a.history(THERE, NOW).await, History::default());
    assert_eq!(Account::new(f, "b").history(HERE, NOW).await, History::default());
}

/// Uses that are noted within a minute of it do not change it, from any source; the source is recorded all the same.
pub async fn a_use_is_noted_once_a_minute(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    a.used(Credential::MainPassword, HERE, NOW).await;
    a.used(Credential::MainPassword, THERE, NOW + 59).await;
    assert_eq!(a.uses().await, [use_of(Credential::MainPassword, HERE, NOW)]);
    assert_eq!(
        a.history(THERE, NOW + 59).await,
        History { has_failed: false, succeeded: Some(note(NOW + 59)) }
    );
    a.used(Credential::MainPassword, THERE, NOW + 60).await;
    assert_eq!(a.uses().await, [use_of(Credential::MainPassword, THERE, NOW + 60)]);
}

/// A late note of an earlier use does not undo it.
pub async fn the_newest_use_of_each_credential_is_kept(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    assert_eq!(a.uses().await, []);
    let app_password = Credential::AppPassword("GdGn".parse().unwrap());
    a.used(app_password, HERE, NOW).await;
    a.used(app_password, THERE, NOW + 60).await;
    a.used(app_password, HERE, NOW + 30).await;
    a.used(Credential::MainPassword, "2001:db8::1", NOW + 10).await;
    let other = Credential::AppPassword("g9rB".parse().unwrap());
    a.used(other, "no address", NOW + 5).await;
    let more = [
        Credential::LoginPassword,
        Credential::RecoveryCode,
        Credential::TrustedDevice,
        Credential::Factor(FactorId::new([0x1f; 16])),
    ];
    for (credential, at) in more.into_iter().zip((NOW..NOW + 5).rev()) {
        a.used(credential, HERE, at).await;
    }
    let expected = [
        use_of(app_password, THERE, NOW + 60),
        use_of(Credential::MainPassword, "2001:db8::1", NOW + 10),
        use_of(other, "", NOW + 5),
        use_of(more[0], HERE, NOW + 4),
        use_of(more[1], HERE, NOW + 3),
        use_of(more[2], HERE, NOW + 2),
        use_of(more[3], HERE, NOW + 1),
    ];
    assert_eq!(a.uses().await, expected);
}

/// Nor the other way round.
pub async fn uses_of_one_account_are_not_anothers(f: &dyn LedgerFixture) {
    let (a, b) = (Account::new(f, "a"), Account::new(f, "b"));
    a.used(Credential::MainPassword, HERE, NOW).await;
    assert_eq!(b.uses().await, []);
    b.used(Credential::MainPassword, THERE, NOW).await;
    assert_eq!(a.uses().await, [use_of(Credential::MainPassword, HERE, NOW)]);
}

/// They may be noted in any order.
pub async fn the_highest_revision_is_known(f: &dyn LedgerFixture) {
    let a = Account::new(f, "a");
    assert_eq!(a.revision(NOW).await, None);
    for (noted, known) in [(9, 9), (10, 10), (9, 10), (0, 10), (10, 10), (4_000_000_000, 4_000_000_000)] {
        a.reached(noted, NOW).await;
        assert_eq!(a.revision(NOW).await, Some(Revision(known)), "after {noted}");
    }
}

/// By then a lower one is news again.
pub async fn a_revision_is_forgotten_after_an_hour(f: &dyn LedgerFixture) {
    let (a, hour) = (Account::new(f, "a"), REVISION_RETENTION.as_secs());
    a.reached(7, NOW).await;
    a.reached(6, NOW + 60).await;
    assert_eq!(a.revision(NOW + hour - 1).await, Some(Revision(7)));
    assert_eq!(a.revision(NOW + hour).await, None, "a note of a lower one does not prolong it");
    a.reached(7, NOW + 120).await;
    assert_eq!(a.revision(NOW + hour).await, Some(Revision(7)), "a note of the same one does");
    a.reached(3, NOW + 120 + hour).await;
    assert_eq!(a.revision(NOW + 120 + hour).await, Some(Revision(3)));
}

/// Each has its own.
pub async fn revisions_of_one_account_are_not_anothers(f: &dyn LedgerFixture) {
    let (a, b) = (Account::new(f, "a"), Account::new(f, "b"));
    a.reached(5, NOW).await;
    assert_eq!(b.revision(NOW).await, None);
    b.reached(2, NOW).await;
    assert_eq!((a.revision(NOW).await, b.revision(NOW).await), (Some(Revision(5)), Some(Revision(2))));
}

struct Account {
    ledger: Arc<dyn Ledger>,
    id: AccountId,
}

impl Account {
    fn new(f: &dyn LedgerFixture, id: &str) -> Self {
        Self { ledger: f.ledger(), id: AccountId::new(id.to_owned()) }
    }

    async fn admit(&self, from: &str, secret: u8, at: u64) -> Admission {
        let (source, at) = (source(from), Timestamp::from_unix(at));
        let attempt = Attempt { account: &self.id, source: &source, digest: Digest::new([secret; 16]), at };
        self.ledger.admit(&attempt, &LIMITS).await.unwrap()
    }

    async fn settle(&self, from: &str, secret: u8, settlement: Settlement) {
        let (source, at) = (source(from), Timestamp::from_unix(NOW));
        let attempt = Attempt { account: &self.id, source: &source, digest: Digest::new([secret; 16]), at };
        self.ledger.settle(&attempt, settlement).await.unwrap();
    }

    async fn wrong(&self, from: &str, secret: u8, at: u64) -> Admission {
        let admission = self.admit(from, secret, at).await;
        if admission == Admission::Proceed {
            self.settle(from, secret, Settlement::Wrong).await;
        }
        admission
    }

    async fn history(&self, from: &str, now: u64) -> History {
        self.ledger.history(&self.id, &source(from), &LIMITS, Timestamp::from_unix(now)).await.unwrap()
    }

    async fn used(&self, credential: Credential, from: &str, at: u64) {
        self.ledger
            .note_use(&self.id, &source(from), &note(at), &use_of(credential, from, at))
            .await
            .unwrap();
    }

    async fn reached(&self, revision: u64, at: u64) {
        let (revision, at) = (Revision(revision), Timestamp::from_unix(at));
        self.ledger
            .note_revision(&self.id, &RevisionNote { revision, at, mac: Digest::new([7; 16]) })
            .await
            .unwrap();
    }

    async fn revision(&self, now: u64) -> Option<Revision> {
        let note = self.ledger.known_revision(&self.id, Timestamp::from_unix(now)).await.unwrap();
        note.map(|note| {
            assert_eq!(note.mac, Digest::new([7; 16]));
            note.revision
        })
    }

    async fn uses(&self) -> Vec<Use> {
        self.ledger.last_uses(&self.id).await.unwrap()
    }
}

/// The caller chooses its MAC.
fn note(at: u64) -> SourceNote {
    SourceNote { at: Timestamp::from_unix(at), mac: Digest::new([u8::try_from(at % 251).unwrap(); 16]) }
}

fn source(address: &str) -> Source {
    Source::of(address.parse::<IpAddr>().ok())
}

fn use_of(credential: Credential, from: &str, at: u64) -> Use {
    Use { credential, at: Timestamp::from_unix(at), service: "imap".to_owned(), address: from.parse().ok() }
}

const HERE: &str = "203.0.113.1";
const THERE: &str = "203.0.113.2";
const NOW: u64 = 1_800_000_000;
const WINDOW: u64 = 900;
const DAY: u64 = 86_400;
const LIMITS: AttemptLimits =
    AttemptLimits { per_source: 3, per_account: 5, window: Duration::from_secs(WINDOW) };
