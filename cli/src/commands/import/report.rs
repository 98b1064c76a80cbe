//! What became of each entry: for people, for scripts, and in the file of results.

use postern_core::account::Account;
use postern_import::Entry;
use serde_json::{Value, json};

use crate::commands::bulk::ResultLines;
use crate::count::counted;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is bound, or would be in a dry run.
    Bound,
    /// The account has it already.
    Before,
    /// An earlier run bound it, and it was removed since.
    Removed,
    /// It is of a kind that cannot be carried over.
    Left,
    /// It could not be bound.
    Failed,
}

impl Outcome {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Before => "before",
            Self::Removed => "removed",
            Self::Left => "left",
            Self::Failed => "failed",
        }
    }
}

/// What is reported of an entry.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) entry: &'a Entry,
    /// The name that was looked up.
    pub(super) name: &'a str,
    pub(super) account: Option<&'a Account>,
    pub(super) label: &'a str,
    pub(super) outcome: Outcome,
    /// Why, or what follows from it.
    pub(super) reason: &'a str,
}

/// Reports each entry as the run goes on, and the totals at its end.
pub(super) struct Report {
    output: Output,
    progress: Progress,
    results: Option<ResultLines>,
    is_dry_run: bool,
    lines: Vec<(Outcome, Value)>,
}

impl Report {
    pub(super) fn new(count: usize, results: Option<ResultLines>, is_dry_run: bool, output: Output) -> Self {
        let progress = Progress::new("imported", Some(count as u64));
        Self { output, progress, results, is_dry_run, lines: Vec::new() }
    }

    pub(super) fn add(&mut self, line: &Line<'_>) -> Result<(), Failure> {
        let &Line { entry, name, account, label, outcome, reason } = line;
        let (kind, place, word) = (entry.content.kind(), entry.place.as_str(), outcome.word());
        let account_name = account.map_or(name, |account| account.name.as_str());
        if let Some(results) = &mut self.results {
            results.add(&[account_name, kind, label, word, reason, place, &entry.issuer])?;
        }
        if !self.output.is_json() {
            let text = self.text(line).replace(char::is_control, "?");
            self.progress.aside(|| self.output.line(&text))?;
        }
        let value = json!({
            "account": account_name, "account_id": account.map(|account| account.id.as_str()), "user": entry.user,
            "kind": kind, "label": label, "outcome": word, "reason": reason, "place": place, "issuer": entry.issuer,
        });
        self.lines.push((outcome, value));
        self.progress.step();
        Ok(())
    }

    fn text(&self, line: &Line<'_>) -> String {
        let &Line { entry, name, account, label, outcome, reason } = line;
        let word = match (outcome, self.is_dry_run) {
            (Outcome::Bound, true) => "would be bound",
            (Outcome::Failed, _) => "FAILED",
            (Outcome::Removed, _) => "removed since",
            (Outcome::Bound | Outcome::Before | Outcome::Left, _) => outcome.word(),
        };
        let name = if name.is_empty() { "(no name)" } else { name };
        let quoted = if label.is_empty() { String::new() } else { format!(" \"{label}\"") };
        let (kind, place) = (entry.content.kind(), &entry.place);
        let of = if entry.issuer.is_empty() { String::new() } else { format!(" of \"{}\"", entry.issuer) };
        let whose =
            account.map_or(String::new(), |account| format!(" account {} (id {})", account.name, account.id));
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("{word:<7} {name} {kind}{quoted}{of} from {place}{whose}{reason}")
    }

    /// Reports the totals, and fails if an entry could not be bound.
    pub(super) fn conclude(self) -> Result<(), Failure> {
        drop(self.progress);
        let count = |wanted: Outcome| self.lines.iter().filter(|(outcome, _)| *outcome == wanted).count();
        let (bound, before) = (count(Outcome::Bound), count(Outcome::Before));
        let (left, failed) = (count(Outcome::Left), count(Outcome::Failed));
        let removed = count(Outcome::Removed);
        let since = if removed == 0 { String::new() } else { format!(", {removed} removed since") };
        let text = if self.is_dry_run {
            format!(
                "dry run: {bound} would be bound, {before} before{since}, {left} cannot be carried over, {failed} would fail; nothing was changed"
            )
        } else {
            format!("{bound} bound, {before} before{since}, {left} left, {failed} failed")
        };
        let entries: Vec<Value> = self.lines.into_iter().map(|(_, value)| value).collect();
        let value = json!({
            "bound": bound, "before": before, "removed": removed, "left": left, "failed": failed, "dry_run": self.is_dry_run, "entries": entries,
        });
        self.output.print(&text, "import", value)?;
        if failed == 0 {
            return Ok(());
        }
        Err(Failure::data(if self.is_dry_run {
            format!("{} would not be bound", counted(failed, "entry", "entries"))
        } else {
            format!("{} not bound", counted(failed, "entry was", "entries were"))
        }))
    }
}

/// The columns of the file of results.
pub(super) const COLUMNS: &[&str] = &["account", "kind", "label", "outcome", "reason", "place", "issuer"];
