//! Trusted devices.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postern_core::changes;
use postern_core::device::DeviceRecord;
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::ledger::Credential;
use postern_core::{Reason, Verdict};

use crate::harness::{App, Ended, MAIN_PASSWORD, Point, Site, Someone, SshKey};

const QUESTION: &str = "Skip the second factor for 30 days when you log in from this device? [y/N] ";

struct Trusting {
    site: Site,
    alice: Someone,
    app: App,
}

impl Trusting {
    async fn new() -> Self {
        let site = Site::new().await;
        let alice = site.person("alice").await;
        let app = site.bind(&alice, "phone").await;
        Self { site, alice, app }
    }

    /// A login with a key, and this answer to the offer.
    async fn login(&self, key: u8, answer: &str) -> Ended {
        self.site.clock.advance(30);
        let visit = self.site.visit("sshd", "alice").key(SshKey(key));
        let ended = visit.says(&[MAIN_PASSWORD, &self.app.code(), answer]).await;
        assert!(ended.is_accept(), "{ended:?}");
        ended
    }

    /// Whether the key needs no second factor.
    async fn is_trusted(&self, key: u8) -> bool {
        let ended = self.site.visit("sshd", "alice").key(SshKey(key)).says(&[MAIN_PASSWORD]).await;
        match ended.outcome.verdict {
            Verdict::Accept(_) => assert_eq!(ended.credential(), Credential::TrustedDevice),
            _ => assert_eq!(ended.questions()[1..], ["Code from phone: "]),
        }
        ended.is_accept()
    }

    async fn records(&self) -> Vec<DeviceRecord> {
        self.site.ledger.devices(&self.alice.id, self.site.now_plus(0)).await.unwrap()
    }

    async fn put(&self, record: &DeviceRecord) {
        self.site.ledger.put_device(&self.alice.id, record, self.site.now_plus(0)).await.unwrap();
    }

    async fn revoke(&self, which: impl Fn(&changes::TrustedDevice) -> bool) -> usize {
        let (authority, keyring) = (self.site.authority(), &self.site.engine.keyring);
        changes::revoke_devices(&authority, keyring, &self.alice.id, which).await.unwrap().len()
    }
}

#[tokio::test]
async fn trust_is_offered_where_there_is_a_device_and_nowhere_else() {
    let t = Trusting::new().await;
    assert_eq!(t.login(1, "n").await.questions()[2..], [QUESTION]);
    t.site.clock.advance(30);
    let without = t.site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &t.app.code()]).await;
    assert_eq!((without.is_accept(), without.questions().len()), (true, 2));
}

#[tokio::test]
async fn a_trusted_device_needs_no_code_until_its_term_is_over() {
    let t = Trusting::new().await;
    for answer in ["", "n", "no", "yes please", "j", "1"] {
        t.login(1, answer).await;
        assert!(!t.is_trusted(1).await, "{answer}");
    }
    for (key, answer) in [(2, "y"), (3, "YES"), (4, " y "), (5, "是")] {
        t.login(key, answer).await;
        assert!(t.is_trusted(key).await, "{answer}");
    }
    t.login(6, "y").await;
    t.site.clock.advance(30 * 86_400 - 1);
    assert!(t.is_trusted(6).await);
    t.site.clock.advance(1);
    assert!(!t.is_trusted(6).await, "its use does not prolong it");
}

#[tokio::test]
async fn trust_of_a_clock_that_was_ahead_is_none_until_then() {
    let t = Trusting::new().await;
    t.site.clock.advance(86_400);
    t.login(1, "y").await;
    assert!(t.is_trusted(1).await);
    t.site.clock.go_back(86_400);
    assert!(!t.is_trusted(1).await, "it would last a day longer than its term");
}

#[tokio::test]
async fn trust_is_for_one_key_one_account_and_every_login_service() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    assert!(!t.is_trusted(2).await);
    let bob = t.site.person("bob").await;
    drop(t.site.bind(&bob, "phone").await);
    let ended = t.site.visit("sshd", "bob").key(SshKey(1)).says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions().len(), 2);
    let stack = t.site.visit("sshkey", "alice").key(SshKey(1)).says(&[]).await;
    assert_eq!(stack.credential(), Credential::TrustedDevice);
    let without = t.site.visit("sshd", "alice").says(&[MAIN_PASSWORD]).await;
    assert_eq!(without.questions().len(), 2, "an address is no device");
}

#[tokio::test]
async fn a_trusted_device_is_no_first_factor() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    let ended = t.site.visit("sshd", "alice").key(SshKey(1)).says(&["wrong"]).await;
    assert_eq!(ended.reason(), Reason::BadCredential);
}

#[tokio::test]
async fn of_two_devices_one_is_revoked_and_the_other_goes_on() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    t.login(2, "y").await;
    let old = t.records().await;
    let listed = changes::trusted_devices(
        &t.site.authority(),
        &t.site.engine.keyring,
        &t.site.account(&t.alice).await,
    )
    .await
    .unwrap();
    assert_eq!(listed.len(), 2);
    let first = listed.iter().min_by_key(|device| device.trust.created).unwrap().clone();
    assert_eq!(t.revoke(|device| device.id == first.id).await, 1);
    assert!(!t.is_trusted(1).await && t.is_trusted(2).await);
    assert_eq!(t.revoke(|device| device.id == first.id).await, 0, "it is gone");
    assert!(t.is_trusted(2).await);
    for record in &old {
        t.put(record).await;
    }
    assert!(!t.is_trusted(1).await, "a record put back by hand is worth nothing");
    assert!(!t.is_trusted(2).await, "nor is the kept one's of before");
}

#[tokio::test]
async fn records_made_up_moved_or_prolonged_by_hand_are_worth_nothing() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    t.login(2, "y").await;
    let records = t.records().await;
    let (one, two) = (records[0].clone(), records[1].clone());
    t.put(&DeviceRecord { value: two.value.clone(), ..one.clone() }).await;
    t.put(&DeviceRecord { value: one.value.clone(), ..two.clone() }).await;
    assert!(!t.is_trusted(1).await && !t.is_trusted(2).await, "swapped");
    t.put(&one).await;
    t.put(&two).await;
    assert!(t.is_trusted(1).await && t.is_trusted(2).await);
    for record in [&one, &two] {
        let far = t.site.now_plus(90 * 86_400);
        let raw: serde_json::Value = serde_json::from_str(&record.value).unwrap();
        let mut longer = raw.clone();
        longer["trust"]["expires"] = far.to_string().into();
        t.put(&DeviceRecord { id: record.id, value: longer.to_string(), expires: far }).await;
    }
    assert!(!t.is_trusted(1).await && !t.is_trusted(2).await, "prolonged");
    for record in [&one, &two] {
        t.put(&DeviceRecord { expires: t.site.now_plus(90 * 86_400), ..record.clone() }).await;
    }
    assert!(t.is_trusted(1).await, "the record's own term counts");
    t.site.clock.advance(31 * 86_400);
    assert!(!t.is_trusted(1).await && !t.is_trusted(2).await);
}

#[tokio::test]
async fn another_factor_and_another_main_password_end_all_trust() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    let second = t.site.bind(&t.alice, "token").await;
    let ended = t.site.visit("sshd", "alice").key(SshKey(1)).says(&[MAIN_PASSWORD]).await;
    assert_eq!(ended.questions().len(), 2, "a factor was added");
    let removed = changes::unbind_factor(
        &t.site.authority(),
        &t.site.engine.keyring,
        &t.alice.id,
        second.id.unwrap(),
        false,
    )
    .await;
    assert!(removed.is_ok() && !t.is_trusted(1).await, "though the factors are again what they were");
    t.login(1, "y").await;
    let codes = t.site.recovery_codes(&t.alice, 1).await;
    assert!(t.is_trusted(1).await, "recovery codes are no factor");
    let spent = t.site.visit("sshd", "alice").says(&[MAIN_PASSWORD, &codes[0]]).await;
    assert!(spent.is_accept() && t.is_trusted(1).await);
    t.site.set_main_password(&t.alice, MAIN_PASSWORD).await;
    assert!(!t.is_trusted(1).await, "the main password was set anew");
}

#[tokio::test]
async fn an_address_is_a_device_only_where_the_admin_says_so() {
    let mut t = Trusting::new().await;
    t.site.configure(|setup| setup.login_service("sshd", |login| login.trusts_addresses = true));
    let visit = |from: &str| t.site.visit("sshd", "alice").from(from);
    let ended = visit("192.0.2.7").says(&[MAIN_PASSWORD, &t.app.code(), "y"]).await;
    assert_eq!((ended.is_accept(), ended.questions().len()), (true, 3));
    assert!(visit("192.0.2.7").says(&[MAIN_PASSWORD]).await.is_accept());
    assert!(visit("::ffff:192.0.2.7").says(&[MAIN_PASSWORD]).await.is_accept(), "the same address");
    assert!(!visit("192.0.2.8").says(&[MAIN_PASSWORD]).await.is_accept());
    assert!(!visit("a-host-name").says(&[MAIN_PASSWORD]).await.is_accept());
    assert!(!visit("192.0.2.7").key(SshKey(1)).says(&[MAIN_PASSWORD]).await.is_accept(), "a key goes first");
    let sudo = t.site.visit("sudo", "alice").from("192.0.2.7").says(&[MAIN_PASSWORD]).await;
    assert!(!sudo.is_accept(), "another service has its own word");
    let invented = visit("192.0.2.7").by_another_than_root().says(&[MAIN_PASSWORD]).await;
    assert!(!invented.is_accept(), "a peer other than root might invent an address");
}

/// The term of the current service counts, from when the device was trusted at any service.
#[tokio::test]
async fn a_device_is_honoured_no_longer_than_the_service_that_is_asked_says() {
    let mut t = Trusting::new().await;
    let day = 86_400;
    t.site.configure(|setup| {
        setup.login_service("sshkey", |login| login.trust_device = Some(Duration::from_secs(day)));
    });
    t.login(1, "y").await;
    let elsewhere = |t: &Trusting| {
        let visit = t.site.visit("sshkey", "alice").key(SshKey(1));
        async move { visit.says(&[]).await.is_accept() }
    };
    assert!(elsewhere(&t).await && t.is_trusted(1).await);
    t.site.clock.advance(day - 1);
    assert!(elsewhere(&t).await && t.is_trusted(1).await);
    t.site.clock.advance(1);
    assert!(!elsewhere(&t).await, "a day is over");
    assert!(t.is_trusted(1).await, "and 30 are not");
    // Trust for a day lasts a day at each service.
    t.site.clock.advance(30);
    let visit = t.site.visit("sshkey", "alice").key(SshKey(2));
    let ended = visit.says(&[&t.app.code(), "y"]).await;
    assert_eq!(
        ended.questions()[1],
        "Skip the second factor for 1 day when you log in from this device? [y/N] "
    );
    assert!(t.is_trusted(2).await);
    t.site.clock.advance(day);
    assert!(!t.is_trusted(2).await && t.is_trusted(1).await);
    // A stricter setting also applies to devices that were trusted before.
    t.site.configure(|setup| setup.policy.trust_device = Duration::from_secs(day));
    assert!(!t.is_trusted(1).await);
}

#[tokio::test]
async fn a_device_that_was_trusted_in_the_future_is_not_trusted() {
    let t = Trusting::new().await;
    t.site.clock.advance(3_600);
    t.login(1, "y").await;
    assert!(t.is_trusted(1).await);
    t.site.clock.go_back(1_800);
    assert!(!t.is_trusted(1).await, "nobody knows its age");
}

#[tokio::test]
async fn without_a_term_nothing_is_offered_and_nothing_is_trusted() {
    let mut t = Trusting::new().await;
    t.login(1, "y").await;
    t.site.configure(|setup| setup.login_service("sshd", |login| login.trust_device = Some(Duration::ZERO)));
    assert!(!t.is_trusted(1).await);
    assert_eq!(t.login(1, "unasked").await.questions().len(), 2);
    t.site.configure(|setup| {
        setup.login_service("sshd", |login| login.trust_device = Some(Duration::from_secs(86_400)));
    });
    assert_eq!(
        t.login(2, "y").await.questions()[2],
        "Skip the second factor for 1 day when you log in from this device? [y/N] "
    );
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_trusts_no_device_and_one_that_cannot_be_written_costs_another_code() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    t.site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    assert!(!t.is_trusted(1).await);
    t.site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(t.is_trusted(1).await);
    t.site.clock.advance(30);
    t.site.faults.expect(None);
    let mut talk = t.site.visit("sshd", "alice").key(SshKey(2)).begin();
    talk.answer(MAIN_PASSWORD).await;
    talk.answer(&t.app.code()).await;
    talk.asked().await;
    t.site.faults.ledger_is_down.store(true, Ordering::Relaxed);
    talk.say("y");
    let ended = talk.ended().await;
    assert!(ended.is_accept() && ended.outcome.trail.is_ledger_down);
    assert_eq!(t.site.faults.count(Point::PutDevice), 1);
    t.site.faults.ledger_is_down.store(false, Ordering::Relaxed);
    assert!(!t.is_trusted(2).await);
}

#[tokio::test]
async fn trust_outlives_a_new_key_of_the_keyring_and_not_another_keyring() {
    let mut t = Trusting::new().await;
    t.login(1, "y").await;
    let rotated = Keyring::rotate(&t.site.setup.keyring, &[9; KEY_BYTES], t.site.now_plus(0)).unwrap();
    t.site.configure(|setup| setup.keyring = rotated.to_string());
    assert!(t.is_trusted(1).await);
    assert_eq!(t.revoke(|_| true).await, 1);
    assert!(!t.is_trusted(1).await);
}

#[tokio::test]
async fn revocations_that_meet_leave_no_device_that_either_revoked() {
    let t = Trusting::new().await;
    t.login(1, "y").await;
    t.login(2, "y").await;
    let account = t.site.account(&t.alice).await;
    let listed =
        changes::trusted_devices(&t.site.authority(), &t.site.engine.keyring, &account).await.unwrap();
    let [one, two] = [listed[0].id, listed[1].id];
    // The first session has listed both devices and keeps the second one, when another session revokes that.
    let pause = t.site.faults.pause(Point::Update);
    let slow = t.revoke(|device| device.id == one);
    let fast = async {
        pause.reached().await;
        assert_eq!(t.revoke(|device| device.id == two).await, 1);
        pause.go();
    };
    tokio::join!(slow, fast);
    assert!(!t.is_trusted(1).await && !t.is_trusted(2).await);
}

#[tokio::test]
async fn a_revocation_brings_no_trust_over_a_change_of_factors_or_of_the_main_password() {
    for what in ["factor", "password"] {
        for point in [Point::Update, Point::DropDevices] {
            let t = Trusting::new().await;
            t.login(1, "y").await;
            t.login(2, "y").await;
            let account = t.site.account(&t.alice).await;
            let listed =
                changes::trusted_devices(&t.site.authority(), &t.site.engine.keyring, &account).await;
            let one = listed.unwrap()[0].id;
            let pause = t.site.faults.pause(point);
            let slow = t.revoke(|device| device.id == one);
            let change = async {
                pause.reached().await;
                if what == "factor" {
                    drop(t.site.bind(&t.alice, "token").await);
                } else {
                    t.site.set_main_password(&t.alice, "another main password").await;
                }
                pause.go();
            };
            tokio::join!(slow, change);
            let account = t.site.account(&t.alice).await;
            let left = changes::trusted_devices(&t.site.authority(), &t.site.engine.keyring, &account).await;
            assert_eq!(left.unwrap(), [], "{what} {point:?}");
        }
    }
}
