//! Statements about a [`Directory`].

use std::slice;
use std::sync::Arc;

use async_trait::async_trait;
use postern_core::account::{Account, AccountData, AccountId, FactorKey, Revision};
use postern_core::account_status::AccountStatus;
use postern_core::app_password::AppPassword;
use postern_core::clock::Timestamp;
use postern_core::directory::{Directory, DirectoryError, PasswordCheck, Update};
use postern_core::factor::{Factor, RecoveryCode};
use postern_core::hashing::Lane;
use postern_core::keyring::Digest;
use postern_core::name::LoginName;
use postern_core::policy::{AccountPolicy, Class, MainPasswordOnMail};
use postern_core::secret::Password;

/// A directory that a test may fill; how accounts come into it differs from store to store.
#[async_trait]
pub trait DirectoryFixture: Send + Sync {
    /// The directory itself.
    fn directory(&self) -> Arc<dyn Directory>;
    /// Adds an account with these addresses, this main password and `uidNumber` 10001.
    async fn add(&self, name: &str, addresses: &[&str], password: Option<&str>);
    /// Gives an account another `uidNumber`.
    async fn set_uid(&self, name: &str, uid: u32);
    /// Changes a main password.
    async fn set_password(&self, name: &str, password: &str);
    /// Disables an account, or lets it expire, or neither.
    async fn set_standing(&self, name: &str, status: AccountStatus);
}

/// The names of all statements, in their order.
pub const STATEMENTS: &[&str] = &[
    "a_name_finds_its_own_account_only",
    "a_name_is_found_without_regard_to_ascii_case",
    "an_address_finds_the_account_under_its_canonical_name",
    "at_a_login_a_name_is_taken_byte_for_byte_and_never_as_an_address",
    "a_uid_finds_the_account_that_carries_it",
    "a_uid_that_several_accounts_carry_is_an_error",
    "an_unknown_name_and_an_unknown_id_find_no_account",
    "metacharacters_in_a_name_find_no_account",
    "only_the_right_main_password_is_right",
    "an_account_without_main_password_has_no_right_one",
    "a_stranger_is_never_right",
    "a_new_main_password_replaces_the_old_one_and_changes_the_marker",
    "written_data_is_read_back",
    "one_of_many_values_is_changed_without_the_others",
    "either_a_mark_or_a_factor_makes_it_enrolled",
    "an_update_of_an_older_revision_changes_nothing",
    "of_many_simultaneous_updates_each_revision_is_won_once",
    "an_update_of_an_unknown_account_is_a_conflict",
    "a_disabled_or_expired_account_says_so",
    "a_key_finds_its_holders_alone",
    "no_more_holders_are_told_than_show_that_there_are_too_many",
    "every_account_is_visited_once",
];

/// The account has the name, the id and the attributes that it was given.
pub async fn a_name_finds_its_own_account_only(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    f.add("bob", &[], None).await;
    let (alice, bob) = (find(f, "alice").await.unwrap(), find(f, "bob").await.unwrap());
    assert_eq!((alice.name.as_str(), alice.status), ("alice", AccountStatus::Active));
    assert_eq!(alice.attributes.values("uidNumber"), ["10001"]);
    assert_ne!(alice.id, bob.id);
    assert_eq!(f.directory().read(&alice.id).await.unwrap(), Some(alice));
}

/// Dovecot hands names over in lower case; other front doors may not.
pub async fn a_name_is_found_without_regard_to_ascii_case(f: &dyn DirectoryFixture) {
    f.add("alice", &["alice@example.org"], None).await;
    let alice = find(f, "alice").await;
    assert!(alice.is_some());
    assert_eq!(find(f, "ALICE").await, alice);
    assert_eq!(find(f, "Alice@Example.ORG").await, alice);
}

/// And a name goes before another's address.
pub async fn an_address_finds_the_account_under_its_canonical_name(f: &dyn DirectoryFixture) {
    f.add("alice", &["alice@example.org", "a.liddell@example.org"], None).await;
    for address in ["alice@example.org", "a.liddell@example.org"] {
        assert_eq!(find(f, address).await.unwrap().name, "alice");
    }
    assert_eq!(find(f, "liddell@example.org").await, None);
}

/// Otherwise a user who may edit their own `mail` could become another user.
pub async fn at_a_login_a_name_is_taken_byte_for_byte_and_never_as_an_address(f: &dyn DirectoryFixture) {
    f.add("alice", &["alice@example.org", "root"], None).await;
    f.add("bob", &[], None).await;
    let alice = find_at(f, "alice", Class::Login).await.unwrap();
    assert_eq!((alice.name.as_str(), Some(&alice)), ("alice", find(f, "alice").await.as_ref()));
    assert_eq!(find_at(f, "bob", Class::Login).await.unwrap().name, "bob");
    for name in ["alice@example.org", "root", "*"] {
        assert_eq!(find_at(f, name, Class::Login).await, None, "{name}");
    }
    // Where the directory answers to another spelling, the account says how it is spelled.
    for name in ["ALICE", "Alice", " alice", "alice ", "ａｌｉｃｅ"] {
        let found = find_at(f, name, Class::Login).await;
        assert!(found.as_ref().is_none_or(|found| *found == alice), "{name}: {found:?}");
    }
    for name in ["ALICE", "Alice"] {
        assert!(find_at(f, name, Class::Login).await.is_some(), "{name} is no stranger");
    }
}

/// As it is, and for as long as it carries it.
pub async fn a_uid_finds_the_account_that_carries_it(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    f.add("bob", &[], None).await;
    f.set_uid("bob", 10_002).await;
    let by_uid = async |uid| f.directory().find_by_uid(uid).await.unwrap();
    assert_eq!(by_uid(10_001).await, find(f, "alice").await);
    assert_eq!(by_uid(10_002).await, find(f, "bob").await);
    f.set_standing("bob", AccountStatus::Disabled).await;
    assert_eq!(by_uid(10_002).await.unwrap().status, AccountStatus::Disabled);
    f.set_uid("bob", 4_294_967_294).await;
    assert_eq!(by_uid(4_294_967_294).await.unwrap().name, "bob");
    for uid in [0, 1, 1000, 10_002, 100_010, 4_294_967_295] {
        assert_eq!(by_uid(uid).await, None, "{uid}");
    }
}

/// The owner cannot be determined.
pub async fn a_uid_that_several_accounts_carry_is_an_error(f: &dyn DirectoryFixture) {
    for number in 0..12 {
        f.add(&format!("user{number}"), &[], None).await;
        let found = f.directory().find_by_uid(10_001).await;
        if number == 0 {
            assert!(matches!(found, Ok(Some(_))), "{found:?}");
        } else {
            assert!(matches!(found, Err(DirectoryError::Broken(_))), "{found:?}");
        }
    }
}

/// An unknown name is not an error.
pub async fn an_unknown_name_and_an_unknown_id_find_no_account(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    assert_eq!(find(f, "alic").await, None);
    assert_eq!(find(f, "alice2").await, None);
    let nobody = AccountId::new("00000000-0000-0000-0000-000000000000".to_owned());
    assert_eq!(f.directory().read(&nobody).await, Ok(None));
}

/// Neither a filter's nor SQL's own characters mean anything in a name.
pub async fn metacharacters_in_a_name_find_no_account(f: &dyn DirectoryFixture) {
    f.add("alice", &["alice@example.org"], Some("right")).await;
    for name in
        ["*", "a*", "alice)(uid=*", "alice\\2a", "alice' OR '1'='1", "alice\" --", "%", "_____", "alice,ou=x"]
    {
        assert_eq!(find(f, name).await, None, "{name}");
    }
}

/// Right is right, and nearly right is wrong.
pub async fn only_the_right_main_password_is_right(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right horse")).await;
    f.add("bob", &[], Some("other horse")).await;
    assert!(is_right(f, "alice", "right horse").await);
    for wrong in ["right hors", "right horse ", "RIGHT HORSE", "other horse", "*", "x"] {
        assert!(!is_right(f, "alice", wrong).await, "{wrong}");
    }
}

/// Not even one that was never set.
pub async fn an_account_without_main_password_has_no_right_one(f: &dyn DirectoryFixture) {
    f.add("alice", &[], None).await;
    for wrong in ["x", "alice", "null"] {
        assert!(!is_right(f, "alice", wrong).await, "{wrong}");
    }
}

/// The work is done, and the answer is no.
pub async fn a_stranger_is_never_right(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right horse")).await;
    for wrong in ["right horse", "x"] {
        let checked =
            f.directory().check_main_password(None, &password(wrong), Class::Mail, Lane::Fast).await;
        assert_eq!(checked, Ok(PasswordCheck::Wrong));
    }
}

/// The marker is what lets a secret be tried again that was wrong before.
pub async fn a_new_main_password_replaces_the_old_one_and_changes_the_marker(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("old horse")).await;
    let before = find(f, "alice").await.unwrap();
    f.set_password("alice", "new horse").await;
    let after = find(f, "alice").await.unwrap();
    assert!(is_right(f, "alice", "new horse").await);
    assert!(!is_right(f, "alice", "old horse").await);
    assert_ne!(before.password_marker, after.password_marker);
    assert_eq!(before.data, after.data);
}

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

/// And is still found, so that it can be told from an unknown one in the log.
pub async fn a_disabled_or_expired_account_says_so(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right")).await;
    for standing in [AccountStatus::Disabled, AccountStatus::Active, AccountStatus::Expired] {
        f.set_standing("alice", standing).await;
        assert_eq!(find(f, "alice").await.unwrap().status, standing);
    }
}

/// Once each, and no longer than they have it.
pub async fn a_key_finds_its_holders_alone(f: &dyn DirectoryFixture) {
    for name in ["alice", "bob", "carol"] {
        f.add(name, &[], None).await;
    }
    let keys = factor_keys(3);
    assert_eq!(holders(f, &keys).await, Vec::<AccountId>::new());
    let (alice, bob) = (give(f, "alice", &keys[..2]).await, give(f, "bob", &keys[2..]).await);
    assert_eq!(holders(f, &keys[..1]).await, slice::from_ref(&alice));
    assert_eq!(holders(f, &keys[..2]).await, slice::from_ref(&alice));
    assert_eq!(holders(f, &keys[2..]).await, slice::from_ref(&bob));
    let mut both = vec![alice.clone(), bob.clone()];
    both.sort();
    assert_eq!(holders(f, &keys[1..]).await, both);
    assert_eq!(holders(f, &[FactorKey(Digest::new([0; 16]))]).await, []);
    assert_eq!(holders(f, &[]).await, []);
    drop(give(f, "alice", &keys[1..2]).await);
    assert_eq!(holders(f, &keys[..1]).await, []);
    assert_eq!(give(f, "carol", &keys[1..2]).await, find(f, "carol").await.unwrap().id);
    assert_eq!(holders(f, &keys[1..2]).await.len(), 2, "one that is held twice is seen");
}

/// However many there are.
pub async fn no_more_holders_are_told_than_show_that_there_are_too_many(f: &dyn DirectoryFixture) {
    let keys = factor_keys(2);
    for number in 0..6 {
        let name = format!("user{number}");
        f.add(&name, &[], None).await;
        drop(give(f, &name, &keys).await);
    }
    assert_eq!(holders(f, &keys[..1]).await.len(), 2);
    assert_eq!(holders(f, &keys).await.len(), 3);
}

/// More of them than any page has.
pub async fn every_account_is_visited_once(f: &dyn DirectoryFixture) {
    assert_eq!(names(f).await, Vec::<String>::new());
    let mut expected: Vec<String> = (0..ACCOUNTS).map(|number| format!("user{number}")).collect();
    for name in &expected {
        f.add(name, &[], None).await;
    }
    expected.sort();
    assert_eq!(names(f).await, expected);
}

/// Binds keys to an account, and nothing else.
async fn give(f: &dyn DirectoryFixture, name: &str, keys: &[FactorKey]) -> AccountId {
    let account = find(f, name).await.unwrap();
    let data = AccountData { factor_keys: keys.to_vec(), ..AccountData::default() };
    let done = f.directory().update(&account.id, account.revision, &data).await;
    assert_eq!(done, Ok(Update::Done(account.revision.next())));
    account.id
}

async fn holders(f: &dyn DirectoryFixture, keys: &[FactorKey]) -> Vec<AccountId> {
    let mut holders = f.directory().holders(keys).await.unwrap();
    holders.sort();
    holders
}

async fn names(f: &dyn DirectoryFixture) -> Vec<String> {
    let mut names = Vec::new();
    f.directory().for_each_account(&mut |account| names.push(account.unwrap().name)).await.unwrap();
    names.sort();
    names
}

async fn find(f: &dyn DirectoryFixture, name: &str) -> Option<Account> {
    find_at(f, name, Class::Mail).await
}

async fn find_at(f: &dyn DirectoryFixture, name: &str, class: Class) -> Option<Account> {
    f.directory().find(&LoginName::new(name).unwrap(), class).await.unwrap()
}

async fn is_right(f: &dyn DirectoryFixture, name: &str, secret: &str) -> bool {
    let account = find(f, name).await.unwrap();
    let password = password(secret);
    let at = async |class| {
        let checked = f.directory().check_main_password(Some(&account), &password, class, Lane::Fast).await;
        checked.unwrap() == PasswordCheck::Right
    };
    let is_right = at(Class::Mail).await;
    assert_eq!(at(Class::Login).await, is_right, "where nothing lags both classes say the same");
    is_right
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
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

/// In their order.
fn factor_keys(count: u8) -> Vec<FactorKey> {
    (1..=count).map(|number| FactorKey(Digest::new([number * 0x2a; 16]))).collect()
}

const HASH: &str =
    "$argon2id$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$2gwotFrXd0+zAFJqh3DHaDnAxcUpU8hrA/whR9a0Ls0";
const ACCOUNTS: usize = 600;
const WRITERS: u64 = 10;
const WINS: u64 = 20;
