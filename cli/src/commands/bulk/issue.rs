//! Issues something to each account of a table, so that an interrupted run can be resumed.

use std::collections::HashSet;
use std::path::Path;

use postern_core::account::Account;
use postern_core::words::Phrase;

use super::report::{BulkReport, RowOutcome};
use super::results::{Issued, Last, Results, State};
use super::table::Row;
use crate::count::counted;
use crate::failure::{self, Failure};
use crate::site::Site;

/// A verb that issues something to each account.
pub(in crate::commands) trait Issue {
    /// What is issued.
    type Issued: Issued;

    /// What is recorded of it.
    fn journal(&mut self) -> &mut Journal<Self::Issued>;

    /// The results' key for a line: the account's name and this.
    fn label(&self, row: &Row) -> String;

    /// Issues it: either what an earlier run recorded and did not issue, or something new, which is recorded first
    /// ([`Journal::begin`]).
    async fn issue(
        &mut self,
        row: &Row,
        label: &str,
        begun: Option<Self::Issued>,
    ) -> Result<(Account, Self::Issued), Failure>;
}

/// Issues it to each account of the table, and reports each.
pub(in crate::commands) async fn issue_all<I: Issue>(
    job: &mut I,
    rows: &[Row],
    told: &mut BulkReport<'_>,
) -> Result<(), Failure> {
    for row in rows {
        let ended = issue_one(job, row).await.map_err(|failure| {
            failure.and("what was done is written down; the same command again goes on from here")
        })?;
        told.add(&row.name, ended)?;
    }
    Ok(())
}

/// Issues it for one line. A failure that concerns this account alone goes to the line's result. A failure that every
/// account would meet ends the run.
async fn issue_one<I: Issue>(job: &mut I, row: &Row) -> Result<RowOutcome, Failure> {
    let label = job.label(row);
    let journal = job.journal();
    if !journal.seen.insert((row.name.clone(), label.clone())) {
        // The result of the first line stands for this one, too.
        return Ok(RowOutcome::Failed("stands twice in the table".to_owned()));
    }
    let begun = match journal.results.last(&row.name, &label) {
        Some(Last::Done) => return Ok(RowOutcome::Before),
        Some(Last::Begun(issued)) => Some(issued.clone()),
        Some(Last::Failed) | None => None,
    };
    let refused = match job.issue(row, &label, begun).await {
        Ok((account, issued)) => {
            let journal = job.journal();
            journal.results.write(&row.name, &label, &State::Done(&issued))?;
            let id = if journal.is_dry_run { String::new() } else { issued.short() };
            return Ok(RowOutcome::Done(Box::new(account), id));
        }
        Err(failure) if failure.is_about_one() => failure.message().to_owned(),
        Err(failure) => return Err(failure),
    };
    job.journal().results.write(&row.name, &label, &State::Failed(&refused))?;
    Ok(RowOutcome::Failed(refused))
}

/// What is recorded as the run goes on.
#[derive(Debug)]
pub(in crate::commands) struct Journal<T> {
    results: Results<T>,
    /// A dry run issues and records nothing.
    is_dry_run: bool,
    /// The accounts that this run has seen.
    seen: HashSet<(String, String)>,
    /// How many owners were not notified. Once the courier has failed, it is not tried again.
    untold: usize,
}

impl<T: Issued> Journal<T> {
    /// Records in this file of results.
    pub(in crate::commands) fn open(result: &Path, is_dry_run: bool) -> Result<Self, Failure> {
        let results = if is_dry_run { Results::of_dry_run(result)? } else { Results::open(result)? };
        Ok(Self { results, is_dry_run, seen: HashSet::new(), untold: 0 })
    }

    /// Records what is about to be issued.
    pub(in crate::commands) fn begin(&mut self, row: &Row, label: &str, issued: &T) -> Result<(), Failure> {
        self.results.write(&row.name, label, &State::Begun(issued))
    }

    /// Mails an owner what was issued.
    pub(in crate::commands) async fn tell_owner(
        &mut self,
        site: &Site,
        account: &Account,
        what: &Phrase<'_>,
        next: Option<&Phrase<'_>>,
    ) {
        if self.untold > 0 || site.try_to_tell_owner(account, what, next).await.is_err() {
            self.untold += 1;
        }
    }

    /// Warns of owners who were not notified of what was `done`.
    pub(in crate::commands) fn warn_of_untold(&self, done: &str) {
        if self.untold > 0 {
            let untold = counted(self.untold, "owner of an account was", "owners of accounts were");
            failure::warn(format!("{untold} not told by mail of what was {done}"));
        }
    }
}
