//! `postern report`: which accounts have a second factor, and whose main password still opens mail.

mod filter;
mod row;
mod spool;
mod writer;

use std::sync::Arc;

use postern_core::account::Account;
use postern_core::clock::Timestamp;
use postern_core::directory::DirectoryError;
use postern_core::ledger::{Ledger, Use};

use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::site::{self, Site};
pub(crate) use filter::Wanted;
use row::{AccountSummary, Row};
use spool::Spool;
use writer::{Form, Writer};

/// Reports every account, however many there are.
///
/// The directory is read to its end before the ledger is asked, and the accounts wait in a file. Neither store has to
/// wait for the other, and little is held in memory.
pub(crate) async fn run(site: &Site, wanted: &Wanted, output: Output) -> Result<(), Failure> {
    let since = wanted.since.as_deref().map(|text| site::past(text, site.clock.now())).transpose()?;
    let mut spool = Spool::new()?;
    let mut problems = Vec::new();
    let progress = Progress::new("accounts", None);
    site.directory
        .for_each_account(&mut |read: Result<Account, DirectoryError>| {
            progress.step();
            match read {
                Ok(account) => spool.push(&AccountSummary::of(&account)),
                Err(error) => problems.push(error.to_string()),
            }
        })
        .await?;
    drop(progress);
    let progress = Progress::new("last uses", Some(spool.len()));
    let mut uses = Uses { ledger: Arc::clone(&site.ledger), fault: None };
    let mut writer = Writer::begin(if wanted.csv { Form::Csv } else { Form::of(output) })?;
    let mut waiting = spool.read()?;
    loop {
        let batch = waiting.next_batch(BATCH)?;
        if batch.is_empty() {
            break;
        }
        for row in uses.of(batch, since).await {
            progress.step();
            if row.is_wanted(wanted) {
                writer.row(&row)?;
            }
        }
    }
    drop(progress);
    problems.extend(uses.fault.map(|fault| format!("last uses are not known from some account on: {fault}")));
    writer.end(&problems)?;
    if problems.is_empty() { Ok(()) } else { Err(Failure::data(problems.join("\n"))) }
}

/// Asks the ledger about several accounts at a time.
struct Uses {
    ledger: Arc<dyn Ledger>,
    /// Why the ledger is not asked any more.
    fault: Option<String>,
}

impl Uses {
    async fn of(&mut self, batch: Vec<AccountSummary>, since: Option<Timestamp>) -> Vec<Row> {
        let asked: Vec<_> = batch
            .into_iter()
            .map(|summary| {
                let ledger = self.fault.is_none().then(|| Arc::clone(&self.ledger));
                tokio::spawn(async move {
                    let uses = match ledger {
                        Some(ledger) => Some(ledger.last_uses(&summary.id).await),
                        None => None,
                    };
                    (summary, uses)
                })
            })
            .collect();
        let mut rows = Vec::with_capacity(asked.len());
        for one in asked {
            // A task ends early only if it is aborted, or panics.
            let Ok((summary, uses)) = one.await else { continue };
            let is_recent = |used: &Use| since.is_none_or(|since| used.at >= since);
            let uses = match uses {
                Some(Ok(uses)) => Some(uses.into_iter().filter(is_recent).collect()),
                Some(Err(error)) => {
                    self.fault.get_or_insert(error.to_string());
                    None
                }
                None => None,
            };
            rows.push(Row { summary, uses, since });
        }
        rows
    }
}

const BATCH: usize = 64;
