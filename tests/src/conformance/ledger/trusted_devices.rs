//! Trusted devices.

use std::sync::Arc;

use postern_core::account::AccountId;
use postern_core::clock::Timestamp;
use postern_core::device::{DeviceId, DeviceRecord};
use postern_core::keyring::Digest;
use postern_core::ledger::Ledger;

use super::LedgerFixture;

/// To the second.
pub async fn a_device_is_kept_until_it_expires(f: &dyn LedgerFixture) {
    let a = Devices::of(f, "a");
    assert_eq!(a.at(NOW).await, []);
    let (short, long) = (device(1, "short", NOW + 60), device(2, "long", NOW + 3600));
    a.put(&short, NOW).await;
    a.put(&long, NOW).await;
    assert_eq!(a.at(NOW + 59).await, [short, long.clone()]);
    assert_eq!(a.at(NOW + 60).await, [long]);
    assert_eq!(a.at(NOW + 3600).await, []);
    let (late, next) = (device(3, "late", NOW + 3600), device(4, "next", NOW + 7200));
    a.put(&next, NOW + 3600).await;
    a.put(&late, NOW + 3600).await;
    assert_eq!(a.at(NOW).await, [next], "what had expired is not kept");
}

/// With another value and another end.
pub async fn a_device_takes_the_place_of_itself(f: &dyn LedgerFixture) {
    let a = Devices::of(f, "a");
    a.put(&device(1, "old", NOW + 3600), NOW).await;
    let new = device(1, r#"{"v":1, "name": "ssh key \"Größe\" %"}"#, NOW + 60);
    a.put(&new, NOW).await;
    a.put(&new, NOW).await;
    assert_eq!(a.at(NOW).await, [new]);
    assert_eq!(a.at(NOW + 60).await, []);
}

/// One, several, none, and one that is not there.
pub async fn devices_are_listed_by_id_and_dropped_by_id(f: &dyn LedgerFixture) {
    let a = Devices::of(f, "a");
    let all: Vec<DeviceRecord> = (0..20).map(|id| device(id * 13, "one", NOW + 60)).collect();
    for number in [7, 0, 19, 3, 11] {
        a.put(&all[number], NOW).await;
    }
    let expected = |numbers: &[usize]| numbers.iter().map(|number| all[*number].clone()).collect::<Vec<_>>();
    assert_eq!(a.at(NOW).await, expected(&[0, 3, 7, 11, 19]));
    a.drop_these(&[]).await;
    a.drop_these(&[all[7].id]).await;
    a.drop_these(&[all[7].id, all[1].id]).await;
    assert_eq!(a.at(NOW).await, expected(&[0, 3, 11, 19]));
    a.drop_these(&[all[0].id, all[19].id, all[3].id]).await;
    assert_eq!(a.at(NOW).await, expected(&[11]));
    a.drop_these(&[all[11].id]).await;
    assert_eq!(a.at(NOW).await, []);
}

/// Not even with the same id.
pub async fn devices_of_one_account_are_not_anothers(f: &dyn LedgerFixture) {
    let (a, b) = (Devices::of(f, "a"), Devices::of(f, "b"));
    let (one, other) = (device(1, "a's", NOW + 60), device(1, "b's", NOW + 60));
    a.put(&one, NOW).await;
    assert_eq!(b.at(NOW).await, []);
    b.put(&other, NOW).await;
    a.drop_these(&[one.id]).await;
    assert_eq!((a.at(NOW).await, b.at(NOW).await), (Vec::new(), vec![other]));
}

struct Devices {
    ledger: Arc<dyn Ledger>,
    account: AccountId,
}

impl Devices {
    fn of(f: &dyn LedgerFixture, account: &str) -> Self {
        Self { ledger: f.ledger(), account: AccountId::new(account.to_owned()) }
    }

    async fn put(&self, device: &DeviceRecord, at: u64) {
        self.ledger.put_device(&self.account, device, Timestamp::from_unix(at)).await.unwrap();
    }

    async fn at(&self, now: u64) -> Vec<DeviceRecord> {
        self.ledger.devices(&self.account, Timestamp::from_unix(now)).await.unwrap()
    }

    async fn drop_these(&self, devices: &[DeviceId]) {
        self.ledger.drop_devices(&self.account, devices).await.unwrap();
    }
}

fn device(id: u8, value: &str, expires: u64) -> DeviceRecord {
    DeviceRecord {
        id: DeviceId(Digest::new([id; 16])),
        value: value.to_owned(),
        expires: Timestamp::from_unix(expires),
    }
}

const NOW: u64 = 1_800_000_000;
