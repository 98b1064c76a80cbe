//! The recent logins of an account.

use std::sync::Arc;
use std::time::Duration;

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{EventPut, Ledger};
use postern_core::limits::HistoryLimits;
use postern_core::login_event::{EventGroup, LoginEventId, LoginEventRecord};

use super::LedgerFixture;

/// To the second, after the last of its logins.
pub async fn a_login_event_is_kept_for_its_time(f: &dyn LedgerFixture) {
    let a = Logins::of(f, "a");
    assert_eq!(a.at(NOW).await, []);
    let (old, new) = (accepted(1, "old", NOW), accepted(2, r#"{"v":1, "x": "Größe\n %"}"#, NOW + 60));
    a.put(&old, None).await;
    a.put(&new, None).await;
    assert_eq!(a.at(NOW + 60).await, [old.clone(), new.clone()]);
    assert_eq!(a.at(NOW + KEPT - 1).await, [old, new.clone()]);
    assert_eq!(a.at(NOW + KEPT).await, [new]);
    let late = accepted(3, "late", NOW + KEPT + 60);
    a.put(&late, None).await;
    assert_eq!(a.at(NOW).await, [late], "what was too old is not kept");
}

/// Not over what another process wrote meanwhile, which is told.
pub async fn a_login_event_takes_the_place_of_the_one_that_is_known(f: &dyn LedgerFixture) {
    let a = Logins::of(f, "a");
    let (first, second) = (accepted(1, "first", NOW), accepted(1, "second", NOW + 60));
    a.put(&first, None).await;
    assert_eq!(a.try_to_put(&second, None).await, EventPut::Other(Some("first".to_owned())));
    assert_eq!(a.try_to_put(&second, Some("another")).await, EventPut::Other(Some("first".to_owned())));
    a.put(&second, Some("first")).await;
    assert_eq!(a.try_to_put(&second, Some("first")).await, EventPut::Stored, "a call that is repeated");
    assert_eq!(a.at(NOW + 60).await, [second]);
    a.drop_all().await;
    assert_eq!(a.try_to_put(&first, Some("second")).await, EventPut::Other(None));
    a.put(&first, None).await;
    let another = f.another();
    let limits = limits();
    let seen = another.login_events(&a.account, &limits, Timestamp::from_unix(NOW)).await.unwrap();
    assert_eq!(seen, [first]);
}

/// Strangers cause as many refusals as they want, from as many addresses.
pub async fn refusals_take_the_place_of_no_accept(f: &dyn LedgerFixture) {
    let a = Logins::of(f, "a");
    let accepts: Vec<_> = (0..4).map(|id| accepted(id, "accepted", NOW + u64::from(id))).collect();
    for accept in &accepts {
        a.put(accept, None).await;
    }
    let proved = event(EventGroup::Proved, 1, "proved", NOW);
    a.put(&proved, None).await;
    for id in 0..100 {
        a.put(&event(EventGroup::Refused, id, "refused", NOW + 100 + u64::from(id)), None).await;
    }
    let refused = [98, 99].map(|id| event(EventGroup::Refused, id, "refused", NOW + 100 + u64::from(id)));
    let expected: Vec<_> = accepts.into_iter().chain([proved]).chain(refused).collect();
    assert_eq!(a.at(NOW + 200).await, expected);
}

/// And so do events of one account, and none of another.
pub async fn of_many_login_events_the_latest_stay(f: &dyn LedgerFixture) {
    let (a, b) = (Logins::of(f, "a"), Logins::of(f, "b"));
    let other = accepted(1, "b's", NOW);
    b.put(&other, None).await;
    for (id, at) in [(1, NOW + 5), (2, NOW + 1), (3, NOW + 4), (4, NOW + 2)] {
        a.put(&accepted(id, "one", at), None).await;
    }
    a.put(&accepted(5, "one", NOW + 6), None).await;
    a.put(&accepted(4, "again", NOW + 7), Some("one")).await;
    let ids = a.at(NOW + 10).await.iter().map(|event| event.id.digest).collect::<Vec<_>>();
    assert_eq!(ids, [1, 3, 4, 5].map(digest));
    a.drop_all().await;
    assert_eq!((a.at(NOW + 10).await, b.at(NOW + 10).await), (Vec::new(), vec![other]));
}

/// It takes no room from what follows.
pub async fn a_login_event_of_a_clock_that_was_ahead_gives_way(f: &dyn LedgerFixture) {
    let a = Logins::of(f, "a");
    for id in 0..4 {
        let ahead = accepted(id, "ahead", NOW + 86_400 * 365);
        a.put(&ahead, None).await;
    }
    for id in 10..14 {
        a.put(&accepted(id, "now", NOW + u64::from(id)), None).await;
    }
    let ids = a.at(NOW + 60).await.iter().map(|event| event.id.digest).collect::<Vec<_>>();
    assert_eq!(ids, [10, 11, 12, 13].map(digest));
}

struct Logins {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
}

impl Logins {
    fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self { ledger: f.ledger(), account: AccountId::new(account.to_owned()) }
    }

    /// At the time of its last login.
    async fn try_to_put(&self, event: &LoginEventRecord, replaces: Option<&str>) -> EventPut {
        self.ledger.put_login_event(&self.account, event, replaces, &limits(), event.last).await.unwrap()
    }

    async fn put(&self, event: &LoginEventRecord, replaces: Option<&str>) {
        assert_eq!(self.try_to_put(event, replaces).await, EventPut::Stored);
    }

    async fn at(&self, now: u64) -> Vec<LoginEventRecord> {
        self.ledger.login_events(&self.account, &limits(), Timestamp::from_unix(now)).await.unwrap()
    }

    async fn drop_all(&self) {
        self.ledger.drop_login_events(&self.account).await.unwrap();
    }
}

/// Four accepts, two refusals after the first factor, and two others.
fn limits() -> HistoryLimits {
    HistoryLimits { entries: 8, kept: Duration::from_secs(KEPT) }
}

fn accepted(id: u8, value: &str, last: u64) -> LoginEventRecord {
    event(EventGroup::Accepted, id, value, last)
}

fn event(group: EventGroup, id: u8, value: &str, last: u64) -> LoginEventRecord {
    let id = LoginEventId { group, digest: digest(id) };
    LoginEventRecord { id, value: value.to_owned(), last: Timestamp::from_unix(last) }
}

fn digest(id: u8) -> Digest {
    Digest::new([id; 16])
}

const NOW: u64 = 1_800_000_000;
const KEPT: u64 = 90 * 86_400;
