//! Updates of an account's data, by compare-and-set.

use postern_core::account::{Account, AccountData, AccountId, Revision};
use postern_core::app_password::AppPassword;
use postern_core::clock::Timestamp;
use postern_core::directory::Update;
use postern_core::factor::{Factor, RecoveryCode};
use postern_core::policy::{AccountPolicy, MainPasswordOnMail};

use super::main_password::is_right;
use super::{DirectoryFixture, factor_keys, find};

/// All of it, and the revision goes up by one.
pub async fn written_data_is_read_back(f: &dyn DirectoryFixture) {
    f.add("alice", &["alice@example.org"], Some("right")).await;
    let mut account = find(f, "alice").await.unwrap();
    assert_eq!((account.revision, &account.data), (Revision(0), &AccountData::default()));
    for count in [3, 1, 0] {
        let policy = AccountPolicy {
            main_password_on_mail: (count == 1).then_some(MainPasswordOnMail::Never),
            ..AccountPolicy::default()
        };
        let data = AccountData {
            enrolled: count == 3,
            app_passwords: app_passwords(count),
            factors: factors(count),
            recovery_codes: recovery_codes(count),
            factor_keys: factor_keys(count.try_into().unwrap()),
            policy,
        };
        let done = f.directory().update(&account.id, account.revision, &data).await.unwrap();
        assert_eq!(done, Update::Done(account.revision.next()));
        let read = find(f, "alice@example.org").await.unwrap();
        assert_eq!(read, Account { data, revision: account.revision.next(), ..account });
        account = read;
    }
    assert!(is_right(f, "alice", "right").await);
}

/// Whatever else the entry has is left as it is.
pub async fn one_of_many_values_is_changed_without_the_others(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    let account = find(f, "alice").await.unwrap();
    let mut data = AccountData {
        app_passwords: app_passwords(3),
        recovery_codes: recovery_codes(3),
        ..AccountData::default()
    };
    factors(3).into_iter().for_each(|factor| data.bind(factor));
    let mut revision = account.revision;
    let changes: [fn(&mut AccountData); 7] = [
        |_| {},
        |data| data.factor_keys = factor_keys(3),
        |data| data.factor_keys.retain(|key| *key != factor_keys(2)[1]),
        |data| data.recovery_codes.retain(|code| code.id.as_str() != "kkkk"),
        |data| data.factors[1].locked = Some(Timestamp::from_unix(1_900_000_000)),
        |data| drop(data.unbind(data.factors[0].id)),
        |data| {
            drop(data.unbind(data.factors[1].id));
            drop(data.unbind(data.factors[0].id));
        },
    ];
    for change in changes {
        change(&mut data);
        let done = f.directory().update(&account.id, revision, &data).await;
        assert_eq!(done, Ok(Update::Done(revision.next())));
        revision = revision.next();
        assert_eq!(find(f, "alice").await.unwrap().data, data);
    }
    assert_eq!((data.enrolled, data.recovery_codes.len(), data.app_passwords.len()), (false, 0, 3));
}

/// The mark of the account and its factors may disagree, where one was changed by hand.
pub async fn either_a_mark_or_a_factor_makes_it_enrolled(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    let mut account = find(f, "alice").await.unwrap();
    for (enrolled, count) in [(true, 0), (false, 2), (false, 0)] {
        let data = AccountData { enrolled, factors: factors(count), ..AccountData::default() };
        let done = f.directory().update(&account.id, account.revision, &data).await;
        assert_eq!(done, Ok(Update::Done(account.revision.next())));
        account = find(f, "alice").await.unwrap();
        assert_eq!(account.data, data);
        assert_eq!(account.data.is_enrolled(), enrolled || count > 0);
    }
}

/// Nothing of it is written.
pub async fn an_update_of_an_older_revision_changes_nothing(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    let account = find(f, "alice").await.unwrap();
    let data = AccountData { app_passwords: app_passwords(1), ..AccountData::default() };
    let done = f.directory().update(&account.id, account.revision, &data).await;
    assert_eq!(done, Ok(Update::Done(account.revision.next())));
    let written = find(f, "alice").await.unwrap();
    for stale in [account.revision, Revision(17)] {
        let other = AccountData { enrolled: true, ..AccountData::default() };
        assert_eq!(f.directory().update(&account.id, stale, &other).await, Ok(Update::Conflict));
    }
    assert_eq!(find(f, "alice").await, Some(written));
}

/// Ten writers, twenty revisions each: two hundred changes, none lost.
pub async fn of_many_simultaneous_updates_each_revision_is_won_once(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    let id = find(f, "alice").await.unwrap().id;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (directory, id) = (f.directory(), id.clone());
            tokio::spawn(async move {
                let mut won = 0;
                while won < WINS {
                    let account = directory.read(&id).await.unwrap().unwrap();
                    match directory.update(&id, account.revision, &account.data).await.unwrap() {
                        Update::Done(revision) => {
                            assert_eq!(revision, account.revision.next());
                            won += 1;
                        }
                        Update::Conflict => {}
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(find(f, "alice").await.unwrap().revision, Revision(WRITERS * WINS));
}

/// As is an update of one that was removed.
pub async fn an_update_of_an_unknown_account_is_a_conflict(f: &dyn DirectoryFixture) {
    let nobody = AccountId::new("00000000-0000-0000-0000-000000000000".to_owned());
    let update = f.directory().update(&nobody, Revision(0), &AccountData::default()).await;
    assert_eq!(update, Ok(Update::Conflict));
}

fn app_passwords(count: usize) -> Vec<AppPassword> {
    let live = |id: &str| {
        format!(
            r#"{{"v":1,"id":"{id}","label":"Größe \"1\"","scope":["imap","smtp"],"created":"2027-01-15T08:00:00Z","expires":"2028-01-15T08:00:00Z","networks":["192.0.2.0/24","2001:db8::/32"],"hash":"{HASH}"}}"#
        )
    };
    let revoked = r#"{"v":1,"id":"Kkkk","revoked":"2027-01-15T08:00:00Z"}"#.to_owned();
    let all = [live("Aaaa"), revoked, live("Zzzz")];
    all.iter().take(count).map(|json| AppPassword::from_json(json).unwrap()).collect()
}

/// In the order in which a directory gives them: the oldest first, and by id where they are of one second.
fn factors(count: usize) -> Vec<Factor> {
    let factor = |id: &str, created: &str| {
        format!(
            r#"{{"v":1,"id":"{id}","label":"Größe \"1\"","created":"{created}","kind":{{"totp":{{"algorithm":"sha256","digits":8,"period":60,"seed":"1:AAAA"}}}}}}"#
        )
    };
    let all = [
        factor("ffffffffffffffffffffffffffffffff", "2027-01-15T08:00:00Z"),
        factor("00000000000000000000000000000001", "2027-01-15T08:00:01Z"),
        factor("abababababababababababababababab", "2027-01-15T08:00:01Z"),
    ];
    all.iter().take(count).map(|json| Factor::from_json(json).unwrap()).collect()
}

fn recovery_codes(count: usize) -> Vec<RecoveryCode> {
    let code = |id: &str| format!(r#"{{"v":1,"id":"{id}","hash":"{HASH}"}}"#);
    let all = [code("22kk"), code("kkkk"), code("zzz2")];
    all.iter().take(count).map(|json| RecoveryCode::from_json(json).unwrap()).collect()
}

const HASH: &str =
    "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$2gwotFrXd0+zAFJqh3DHaDnAxcUpU8hrA/whR9a0Ls0";
const WRITERS: u64 = 10;
const WINS: u64 = 20;
