//! What a name, a uid and an id find.

use postern_core::account::AccountId;
use postern_core::account_status::AccountStatus;
use postern_core::directory::DirectoryError;
use postern_core::policy::Class;

use super::{DirectoryFixture, find, find_at};

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
    f.set_status("bob", AccountStatus::Disabled).await;
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

/// And is still found, so that it can be told from an unknown one in the log.
pub async fn a_disabled_or_expired_account_says_so(f: &dyn DirectoryFixture) {
    f.add("alice", &[], Some("right")).await;
    for status in [AccountStatus::Disabled, AccountStatus::Active, AccountStatus::Expired] {
        f.set_status("alice", status).await;
        assert_eq!(find(f, "alice").await.unwrap().status, status);
    }
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

async fn names(f: &dyn DirectoryFixture) -> Vec<String> {
    let mut names = Vec::new();
    f.directory().for_each_account(&mut |account| names.push(account.unwrap().name)).await.unwrap();
    names.sort();
    names
}

const ACCOUNTS: usize = 600;
