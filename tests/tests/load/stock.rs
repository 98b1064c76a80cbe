//! Accounts with many app passwords, quicker than the CLI could make them one by one.

use std::collections::BTreeMap;

use postern_core::app_password::AppPassword;
use postern_core::hashing::{Budget, HashPool};
use postern_tests::Site;
use postern_tests::flood::Shot;
use postern_tests::guesses::wrong_app_password;
use postern_tests::minted::mint;
use postern_tests::planted::{execute, query};
use serde_json::json;

/// Makes the accounts `names`, each with a main password and `count` app passwords, which are returned by name.
pub(crate) fn accounts(site: &Site, names: &[&str], count: usize) -> BTreeMap<String, Stocked> {
    let pool = HashPool::start(Budget { memory_kib: 128 * 1024, cores: 2 }).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut rows = Vec::new();
    let mut stocked = BTreeMap::new();
    for &name in names {
        let main = site.account(name).password;
        let id = query(site, &format!("SELECT id FROM account WHERE name = '{name}'"))[0][0].clone();
        let mut records: BTreeMap<_, _> = BTreeMap::new();
        while records.len() < count {
            let minted = runtime.block_on(mint(&pool, "stock"));
            records.insert(minted.record.id, minted);
        }
        let mut app = Vec::new();
        for (selector, minted) in records {
            rows.push(json!([id, selector.as_str(), AppPassword::Live(minted.record).to_json()]));
            app.push(minted.secret);
        }
        stocked.insert(name.to_owned(), Stocked { name: name.to_owned(), main, app });
    }
    execute(site, "INSERT INTO app_password (account, selector, value) VALUES (?, ?, ?)", &rows);
    stocked
}

/// An account and its passwords.
pub(crate) struct Stocked {
    pub(crate) name: String,
    pub(crate) main: String,
    pub(crate) app: Vec<String>,
}

impl Stocked {
    /// Logins with all of its app passwords, from one address.
    pub(crate) fn logins(&self, address: usize) -> Vec<Shot> {
        self.app.iter().map(|password| Shot::new(&self.name, password, address)).collect()
    }

    /// A login with its main password.
    pub(crate) fn main_login(&self, address: usize) -> Shot {
        Shot::new(&self.name, &self.main, address)
    }

    /// An app password of this account with the right selector and a wrong rest, another one for each number.
    pub(crate) fn wrong_app_password(&self, number: usize) -> String {
        let right = &self.app[number % self.app.len()];
        wrong_app_password(right, number)
    }
}
