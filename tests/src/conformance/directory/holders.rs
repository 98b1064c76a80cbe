//! Who holds a factor's key.

use std::slice;

use postern_core::account::{AccountData, AccountId, FactorKey};
use postern_core::directory::Update;
use postern_core::keyring::Digest;

use super::{DirectoryFixture, factor_keys, find};

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
