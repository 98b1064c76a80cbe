//! Whose an entry is.

use std::collections::{BTreeMap, BTreeSet};

use postern_import::Entry;

use crate::args::Import;
use crate::commands::bulk;
use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;

/// How the names in the files become names of accounts.
#[derive(Debug)]
pub(super) struct Owners {
    /// The account of everything.
    one: Option<String>,
    /// The accounts of names that differ here.
    table: BTreeMap<String, String>,
}

impl Owners {
    /// Reads the table, if there is one.
    pub(super) fn of(wanted: &Import) -> Result<Self, Failure> {
        let mut table = BTreeMap::new();
        if let Some(path) = &wanted.accounts {
            for row in bulk::read(path, &["account"])? {
                let account = row.get("account").to_owned();
                if account.is_empty() || table.insert(row.name.clone(), account).is_some() {
                    let (path, name) = (path.display(), row.name.escape_debug());
                    return Err(Failure::data(format!("{path}: \"{name}\" stands twice, or has no account")));
                }
            }
        }
        Ok(Self { one: wanted.account.clone(), table })
    }

    /// The name of the entry's account; `None` if nothing says it.
    pub(super) fn account<'a>(&'a self, entry: &'a Entry) -> Option<&'a str> {
        let named = Some(entry.user.as_str()).filter(|name| !name.is_empty());
        let mapped = || named.map(|name| self.table.get(name).map_or(name, String::as_str));
        self.one.as_deref().or_else(mapped)
    }
}

/// The entries of one issuer or realm. Someone's own app has seeds of other sites, too, which must not be bound here: unless it is
/// `ours`, the caller has to name it, even if there is no other.
pub(super) fn of_issuer(
    entries: Vec<Entry>,
    issuer: Option<&str>,
    ours: &str,
    has_issuers: bool,
    output: Output,
) -> Result<Vec<Entry>, Failure> {
    let Some(issuer) = issuer else {
        let issuers: BTreeSet<&str> = entries.iter().map(|entry| entry.issuer.as_str()).collect();
        if !has_issuers || issuers.iter().all(|issuer| *issuer == ours) {
            return Ok(entries);
        }
        if let (1, Some(only)) = (issuers.len(), issuers.first()) {
            let (only, ours) = (only.escape_debug(), ours.escape_debug());
            return Err(Failure::data(format!(
                "the entries are of the issuer or realm \"{only}\", and postern.toml has issuer = \"{ours}\"; if they are this \
                 site's all the same, say so: --issuer \"{only}\""
            )));
        }
        let named: Vec<String> = issuers.iter().map(|name| format!("\"{}\"", name.escape_debug())).collect();
        let named = named.join(", ");
        return Err(Failure::data(format!(
            "the files have entries of several issuers or realms, {named}; say which one is this site's: --issuer"
        )));
    };
    if !has_issuers {
        return Err(Failure::usage("the entries of this format have no issuer; leave out --issuer"));
    }
    let all = entries.len();
    let left: Vec<Entry> = entries.into_iter().filter(|entry| entry.issuer == issuer).collect();
    if left.is_empty() {
        return Err(Failure::data(format!(
            "no entry is of the issuer or realm \"{}\"",
            issuer.escape_debug()
        )));
    }
    if left.len() < all {
        let others = counted(
            all - left.len(),
            "entry of another issuer or realm is",
            "entries of other issuers or realms are",
        );
        output.aside(&format!("{others} left alone"))?;
    }
    Ok(left)
}
