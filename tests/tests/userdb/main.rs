//! Lookups of accounts by mail servers, and the contracts of postern-checkpassword for them.

mod account_status;
mod contract;
mod deliveries;
mod fields;
mod qmail;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use nix::unistd::{Gid, Uid};
use postern_tests::{Account, Site, host, site};

/// An account with an attribute that the site's templates use, and one of its addresses.
fn alice(site: &Site) -> Account {
    let more =
        ["--attribute", "mailQuota=5G", "--mail", "alice@example.org", "--mail", "postmaster@example.org"];
    site.account_with("alice", &site::random_password(), &more)
}

/// The userdb fields that [`alice`] has to have.
fn fields_of(account: &Account) -> BTreeMap<String, String> {
    let id = account.uid.to_string();
    let home = account.home.display().to_string();
    let fields = [("uid", id.as_str()), ("gid", &id), ("home", &home), ("quota_rule", "*:storage=5G")];
    fields.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
}

/// A shell script for every user of the test host, to be run by /bin/sh.
fn script(site: &Site, name: &str, text: &str) -> PathBuf {
    let path = site.dir().join(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    host::own(&path, (Uid::from_raw(0), Gid::from_raw(0)), 0o644);
    path
}
