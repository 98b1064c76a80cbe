//! The parts that all bulk verbs share: tables, results, and the report for each line.

mod issue;
mod lines;
mod own_file;
mod report;
mod results;
mod table;

pub(super) use issue::{Issue, Journal, issue_all};
pub(super) use lines::ResultLines;
pub(super) use report::{BulkReport, RowOutcome, Verb};
pub(super) use results::Issued;
pub(super) use table::{Row, read};
