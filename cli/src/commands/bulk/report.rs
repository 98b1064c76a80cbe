use std::path::Path;

use postern_core::account::Account;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;

/// The result for one account.
#[derive(Debug)]
pub(in crate::commands) enum RowOutcome {
    /// It was done, or would be in a dry run. The text says more.
    Done(Box<Account>, String),
    /// It had been done before.
    Before,
    /// It was not done.
    Failed(String),
}

/// The words of a verb in reports.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Verb {
    /// The participle of the verb, such as `bound`, for lines and totals.
    pub(in crate::commands) done: &'static str,
    /// What the progress bar counts.
    pub(in crate::commands) bar: &'static str,
    /// Whether the run only tries, and changes nothing.
    pub(in crate::commands) is_dry_run: bool,
}

/// Reports each account as the run goes on, and the totals at its end.
pub(in crate::commands) struct BulkReport<'a> {
    verb: Verb,
    output: Output,
    progress: Progress,
    result: Option<&'a Path>,
    done: Vec<Value>,
    before: usize,
    failed: Vec<Value>,
}

impl<'a> BulkReport<'a> {
    /// Starts the report on this many accounts, whose results are in the file if there is one.
    pub(in crate::commands) fn new(
        verb: Verb,
        count: usize,
        result: Option<&'a Path>,
        output: Output,
    ) -> Self {
        let progress = Progress::new(verb.bar, Some(count as u64));
        Self { verb, output, progress, result, done: Vec::new(), before: 0, failed: Vec::new() }
    }

    /// Reports one more account.
    pub(in crate::commands) fn add(&mut self, name: &str, ended: RowOutcome) -> Result<(), Failure> {
        if self.is_told(&ended) {
            let line = self.line(name, &ended);
            self.progress.aside(|| self.output.line(&line))?;
        }
        match ended {
            RowOutcome::Done(account, what) => self.done.push(
                json!({ "name": name, "what": what, "account": account.name, "account_id": account.id.as_str() }),
            ),
            RowOutcome::Before => self.before += 1,
            RowOutcome::Failed(error) => self.failed.push(json!({ "name": name, "error": error })),
        }
        self.progress.step();
        Ok(())
    }

    /// Successes are not printed on a terminal: the bar counts them, and the results hold them.
    fn is_told(&self, ended: &RowOutcome) -> bool {
        let stands_elsewhere = self.result.is_some() && !self.verb.is_dry_run;
        let is_well = match ended {
            RowOutcome::Done(..) | RowOutcome::Before => true,
            RowOutcome::Failed(_) => false,
        };
        !(self.output.is_json() || (self.progress.is_shown() && stands_elsewhere && is_well))
    }

    fn line(&self, name: &str, ended: &RowOutcome) -> String {
        let name = name.replace(char::is_control, "?");
        let done = self.verb.done;
        let would = if self.verb.is_dry_run { "would be " } else { "" };
        match ended {
            RowOutcome::Done(account, what) => {
                let space = if what.is_empty() { "" } else { " " };
                let Account { name: account, id, .. } = &**account;
                format!("{would}{done:<7} {name}{space}{what} account {account} (id {id})")
            }
            RowOutcome::Before => format!("before  {name}"),
            RowOutcome::Failed(error) => format!("FAILED  {name}: {error}"),
        }
    }

    /// Reports the totals, and fails if an account failed. `note` is for people.
    pub(in crate::commands) fn conclude(self, name: &str, note: &str) -> Result<(), Failure> {
        drop(self.progress);
        let Verb { done: verb, is_dry_run, .. } = self.verb;
        let (done, before, failed) = (self.done.len(), self.before, self.failed.len());
        let result = self.result.filter(|_| !is_dry_run).map(|path| path.display().to_string());
        let mut text = if is_dry_run {
            format!(
                "dry run: {done} would be {verb}, {before} before, {failed} would fail; nothing was changed"
            )
        } else {
            format!("{done} {verb}, {before} before, {failed} failed{note}")
        };
        if let (Some(result), true) = (&result, failed > 0) {
            text.push_str(&format!("; see {result}"));
        }
        let value = json!({
            verb: done, "before": before, "failed": self.failed, "result": result, "dry_run": is_dry_run,
            "accounts": self.done,
        });
        self.output.print(&text, name, value)?;
        let word = match (is_dry_run, failed) {
            (true, _) => "would not be",
            (false, 1) => "was not",
            (false, _) => "were not",
        };
        if failed == 0 { Ok(()) } else { Err(Failure::data(format!("{failed} {word} {verb}"))) }
    }
}
