//! Records of browsers.

use std::sync::Arc;

use postern_core::account::AccountId;
use postern_core::browser_record::{BrowserRecord, BrowserRecordId, BrowserRecordKind};
use postern_core::clock::Timestamp;
use postern_core::keyring::Digest;
use postern_core::ledger::{Ledger, MOST_BROWSER_RECORDS};

use super::LedgerFixture;

/// To the second, and until it is removed.
pub async fn a_browser_record_is_kept_until_it_expires(f: &dyn LedgerFixture) {
    let a = Browsers::of(f, "a");
    assert_eq!(a.at(NOW).await, []);
    let (short, long) = (record(1, "short {\"v\":1} Größe %", NOW + 60), record(2, "long", NOW + 3600));
    assert!(a.put(&short, None, NOW).await && a.put(&long, None, NOW).await);
    assert_eq!(a.at(NOW + 59).await, [short, long.clone()]);
    assert_eq!(a.at(NOW + 60).await, std::slice::from_ref(&long));
    a.remove(&[]).await;
    a.remove(&[record(9, "", 0).id]).await;
    assert_eq!(a.at(NOW).await.last(), Some(&long));
    a.remove(&[long.id, record(9, "", 0).id]).await;
    assert!(!a.at(NOW).await.contains(&long));
    assert_eq!(a.at(NOW + 3600).await, []);
}

/// Of all who saw the same value, and by the same caller again.
pub async fn a_browser_record_is_replaced_once_and_by_one_caller(f: &dyn LedgerFixture) {
    let (a, same) = (Browsers::of(f, "a"), Browsers { ledger: f.another(), ..Browsers::of(f, "a") });
    let old = record(1, "old", NOW + 60);
    assert!(a.put(&old, None, NOW).await);
    let all: Vec<BrowserRecord> = (10..30).map(|id| record(id, "new", NOW + 60)).collect();
    let tries: Vec<_> = all
        .iter()
        .map(|new| {
            let ledger = if new.id.digest.bytes()[0] % 2 == 0 { f.ledger() } else { f.another() };
            let (one, new, old) = (Browsers { ledger, ..Browsers::of(f, "a") }, new.clone(), old.clone());
            tokio::spawn(async move { one.put(&new, Some(&old), NOW).await })
        })
        .collect();
    let mut won = Vec::new();
    for one in tries {
        won.push(one.await.unwrap());
    }
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let (winner, _) = all.iter().zip(&won).find(|(_, won)| **won).unwrap();
    assert_eq!(a.at(NOW).await, std::slice::from_ref(winner));
    assert!(same.put(winner, Some(&record(99, "gone", NOW + 60)), NOW).await, "a call that is repeated");
    let newer = BrowserRecord { value: "newer".to_owned(), ..winner.clone() };
    let stale = BrowserRecord { value: "stale".to_owned(), ..winner.clone() };
    assert!(!a.put(&newer, Some(&stale), NOW).await, "another value");
    assert!(a.put(&newer, Some(winner), NOW).await, "under its own key");
    assert_eq!(same.at(NOW).await, std::slice::from_ref(&newer));
    a.remove(&[newer.id]).await;
    assert!(!a.put(&record(40, "late", NOW + 60), Some(&newer), NOW).await, "it was removed");
    assert_eq!(a.at(NOW).await, []);
    let over = record(41, "over", NOW + 60);
    assert!(a.put(&over, None, NOW).await);
    assert!(!a.put(&record(42, "late", NOW + 600), Some(&over), NOW + 60).await, "it has expired");
}

/// Not even with the same digest.
pub async fn browser_records_of_accounts_and_kinds_are_kept_apart(f: &dyn LedgerFixture) {
    let (a, b) = (Browsers::of(f, "a"), Browsers::of(f, "b"));
    let one = record(1, "a's", NOW + 60);
    let id = BrowserRecordId { kind: BrowserRecordKind::Trust, ..one.id };
    let trust = BrowserRecord { id, ..record(1, "a's trust", NOW + 60) };
    assert!(a.put(&one, None, NOW).await && a.put(&trust, None, NOW).await);
    assert_eq!((a.at(NOW).await, b.at(NOW).await), (vec![one.clone()], vec![]));
    let of_trust = |one: &Browsers| {
        let (ledger, account) = (Arc::clone(&one.ledger), one.account.clone());
        async move {
            let now = Timestamp::from_unix(NOW);
            ledger.browser_records(&account, BrowserRecordKind::Trust, now).await.unwrap()
        }
    };
    assert_eq!((of_trust(&a).await, of_trust(&b).await), (vec![trust.clone()], vec![]));
    let other = record(1, "b's", NOW + 60);
    assert!(!b.put(&other, Some(&one), NOW).await, "there is none to replace");
    assert!(b.put(&other, None, NOW).await);
    a.remove(&[one.id]).await;
    assert_eq!((a.at(NOW).await, b.at(NOW).await), (vec![], vec![other]));
    assert_eq!(of_trust(&a).await, [trust]);
}

/// The others make room.
pub async fn of_many_browser_records_those_that_last_longest_stay(f: &dyn LedgerFixture) {
    let a = Browsers::of(f, "a");
    let most = u8::try_from(MOST_BROWSER_RECORDS).unwrap();
    for id in 0..most + 3 {
        assert!(a.put(&record(id, "one", NOW + 600 - u64::from(id)), None, NOW).await);
    }
    let left: Vec<u8> = a.at(NOW).await.iter().map(|record| record.id.digest.bytes()[0]).collect();
    // The newest one stays, although it is the first to expire.
    let expected: Vec<u8> = (0..most - 1).chain([most + 2]).collect();
    assert_eq!(left, expected);
}

/// Of every account, for every process, and new ones are stored as before.
pub async fn all_browsers_are_forgotten_at_once(f: &dyn LedgerFixture) {
    let many: Vec<Browsers> = (0..20).map(|n| Browsers::of(f, &format!("account-{n}"))).collect();
    let one = record(1, "one", NOW + 60);
    for browsers in &many {
        assert!(browsers.put(&one, None, NOW).await);
    }
    f.another().forget_browsers().await.unwrap();
    for browsers in &many {
        assert_eq!(browsers.at(NOW).await, []);
        assert!(!browsers.put(&record(3, "three", NOW + 60), Some(&one), NOW).await);
    }
    let two = record(2, "two", NOW + 60);
    assert!(many[0].put(&two, None, NOW).await);
    assert_eq!(many[0].at(NOW).await, [two]);
}

struct Browsers {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
}

impl Browsers {
    fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self { ledger: f.ledger(), account: AccountId::new(account.to_owned()) }
    }

    async fn put(&self, record: &BrowserRecord, replaces: Option<&BrowserRecord>, at: u64) -> bool {
        let at = Timestamp::from_unix(at);
        self.ledger.put_browser_record(&self.account, record, replaces, at).await.unwrap()
    }

    async fn at(&self, now: u64) -> Vec<BrowserRecord> {
        let now = Timestamp::from_unix(now);
        self.ledger.browser_records(&self.account, BrowserRecordKind::Session, now).await.unwrap()
    }

    async fn remove(&self, ids: &[BrowserRecordId]) {
        self.ledger.drop_browser_records(&self.account, ids).await.unwrap();
    }
}

fn record(id: u8, value: &str, expires: u64) -> BrowserRecord {
    let id = BrowserRecordId { kind: BrowserRecordKind::Session, digest: Digest::new([id; 16]) };
    BrowserRecord { id, value: value.to_owned(), expires: Timestamp::from_unix(expires) }
}

const NOW: u64 = 1_800_000_000;
