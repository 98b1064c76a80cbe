//! The policy of many accounts at once.

use std::collections::HashSet;
use std::path::Path;

use postern_core::account::{Account, AccountId};
use postern_core::changes::edit;
use postern_core::config::Filter;
use postern_core::directory::DirectoryError;

use super::policy::{self, Change};
use crate::args::PolicyOf;
use crate::commands::bulk::{self, BulkReport, Row, RowOutcome, Verb};
use crate::failure::Failure;
use crate::output::Output;
use crate::site::Site;

/// Reads the table of accounts.
pub(super) fn read(from: &Path) -> Result<Vec<Row>, Failure> {
    bulk::read(from, &[MAIN_PASSWORD, SECOND_FACTOR])
}

/// Sets the policy of the accounts in the table or of those that the filter matches, and reports the result for each.
pub(super) async fn run(
    site: &Site,
    wanted: &PolicyOf,
    rows: Vec<Row>,
    output: Output,
) -> Result<(), Failure> {
    let options = (wanted.main_password_on_mail.as_deref(), wanted.second_factor.as_deref());
    let change = Change::of(options.0, options.1).map_err(Failure::usage)?;
    let verb = Verb { done: "set", bar: "policies", is_dry_run: wanted.dry_run };
    let mut job = Job { site, is_dry_run: wanted.dry_run, seen: HashSet::new() };
    let told = match &wanted.filter {
        Some(filter) => {
            if change.is_none() {
                return Err(Failure::usage("give --main-password-on-mail, --second-factor or both"));
            }
            let (found, unreadable) = found(site, filter).await?;
            let mut told = BulkReport::new(verb, found.len() + unreadable.len(), None, output);
            for account in found {
                let name = account.name.clone();
                told.add(&name, job.set(account, change).await?)?;
            }
            for error in unreadable {
                told.add("(unreadable)", RowOutcome::Failed(error))?;
            }
            told
        }
        None => {
            let mut told = BulkReport::new(verb, rows.len(), None, output);
            for row in &rows {
                told.add(&row.name, job.line(row, options).await?)?;
            }
            told
        }
    };
    told.conclude("policies", "")
}

/// The accounts that a filter matches, with those that cannot be read.
async fn found(site: &Site, filter: &str) -> Result<(Vec<Account>, Vec<String>), Failure> {
    let Some(ldap) = &site.ldap else {
        return Err(Failure::usage(
            "--filter is a search of LDAP, and accounts are in the embedded directory here; give --from",
        ));
    };
    let typed: Filter =
        filter.parse().map_err(|error| Failure::usage(format!("--filter \"{filter}\" {error}")))?;
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    let sort = &mut |read: Result<Account, DirectoryError>| match read {
        Ok(account) => found.push(account),
        Err(error) => unreadable.push(error.to_string()),
    };
    ldap.for_each_matching(&typed, sort).await?;
    if found.is_empty() && unreadable.is_empty() {
        return Err(Failure::data(format!(
            "the filter {filter} matches no account, or posternd's entry may not search by its attributes"
        )));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((found, unreadable))
}

struct Job<'a> {
    site: &'a Site,
    is_dry_run: bool,
    /// The accounts that this run has seen.
    seen: HashSet<AccountId>,
}

impl Job<'_> {
    /// The policy of the line, completed by the options.
    async fn line(
        &mut self,
        row: &Row,
        options: (Option<&str>, Option<&str>),
    ) -> Result<RowOutcome, Failure> {
        let said = |column: &str, option| match row.get(column) {
            "" => option,
            word => Some(word.to_owned()),
        };
        let main_password = said(MAIN_PASSWORD, options.0.map(ToOwned::to_owned));
        let second_factor = said(SECOND_FACTOR, options.1.map(ToOwned::to_owned));
        let change = match Change::of(main_password.as_deref(), second_factor.as_deref()) {
            Ok(change) if change.is_none() => {
                return Ok(RowOutcome::Failed("says nothing to set, and neither do the options".to_owned()));
            }
            Ok(change) => change,
            Err(wrong) => return Ok(RowOutcome::Failed(wrong)),
        };
        match self.site.account(&row.name).await {
            Ok(account) => self.set(account, change).await,
            Err(failure) if failure.is_about_one() => Ok(RowOutcome::Failed(failure.message().to_owned())),
            Err(failure) => Err(failure),
        }
    }

    async fn set(&mut self, account: Account, change: Change) -> Result<RowOutcome, Failure> {
        if !self.seen.insert(account.id.clone()) {
            return Ok(RowOutcome::Failed("is the account of an earlier line".to_owned()));
        }
        let is_dry_run = self.is_dry_run;
        let edited = edit(&*self.site.directory, &account.id, |data| {
            let mut policy = data.policy;
            change.make(&mut policy);
            let is_new = policy != data.policy;
            if !is_dry_run {
                data.policy = policy;
            }
            Ok(is_new.then(|| policy::words(policy)))
        });
        match edited.await.map_err(Failure::from) {
            Ok(Some(words)) => Ok(RowOutcome::Done(Box::new(account), format!("({words})"))),
            Ok(None) => Ok(RowOutcome::Before),
            Err(failure) if failure.is_about_one() => Ok(RowOutcome::Failed(failure.message().to_owned())),
            Err(failure) => Err(failure.and("what was set stays; the same command again goes on from here")),
        }
    }
}

const MAIN_PASSWORD: &str = "main_password_on_mail";
const SECOND_FACTOR: &str = "second_factor";
