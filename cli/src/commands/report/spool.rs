use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};

use postern_core::account::AccountId;

use super::row::{AccountSummary, ShownFields};
use crate::failure::Failure;

/// Accounts on their way from the directory to the ledger, in an unnamed file.
pub(super) struct Spool {
    file: BufWriter<File>,
    count: u64,
    /// The directory's visitor cannot fail. An error is reported when the file is read.
    fault: Option<std::io::Error>,
}

impl Spool {
    pub(super) fn new() -> Result<Self, Failure> {
        let file = tempfile::tempfile().map_err(|error| fault(&error))?;
        Ok(Self { file: BufWriter::new(file), count: 0, fault: None })
    }

    pub(super) fn push(&mut self, summary: &AccountSummary) {
        if self.fault.is_some() {
            return;
        }
        let line =
            serde_json::to_string(&(summary.id.as_str(), &summary.shown)).map_err(std::io::Error::from);
        match line.and_then(|line| writeln!(self.file, "{line}")) {
            Ok(()) => self.count += 1,
            Err(error) => self.fault = Some(error),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Reads from the first account on.
    pub(super) fn read(self) -> Result<Waiting, Failure> {
        if let Some(error) = self.fault {
            return Err(fault(&error));
        }
        let mut file = self.file.into_inner().map_err(|error| fault(error.error()))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| fault(&error))?;
        Ok(Waiting { file: BufReader::new(file), line: String::new() })
    }
}

/// The accounts that are still to be reported.
pub(super) struct Waiting {
    file: BufReader<File>,
    line: String,
}

impl Waiting {
    /// The next accounts, at most `most`. Empty at the end.
    pub(super) fn next_batch(&mut self, most: usize) -> Result<Vec<AccountSummary>, Failure> {
        let mut batch = Vec::with_capacity(most);
        while batch.len() < most {
            self.line.clear();
            if self.file.read_line(&mut self.line).map_err(|error| fault(&error))? == 0 {
                break;
            }
            let (id, shown): (String, ShownFields) =
                serde_json::from_str(&self.line).map_err(|error| fault(&error.into()))?;
            batch.push(AccountSummary { id: AccountId::new(id), shown });
        }
        Ok(batch)
    }
}

fn fault(error: &std::io::Error) -> Failure {
    Failure::io(format!("temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_come_back_in_their_order() {
        let summary = |number: usize| AccountSummary {
            id: AccountId::new(format!("id\n{number}")),
            shown: ShownFields {
                name: format!("a{number}"),
                standing: "active".to_owned(),
                enrolled: number == 2,
                app_passwords: Vec::new(),
                recovery_codes_left: 0,
                factors: Vec::new(),
            },
        };
        let mut spool = Spool::new().unwrap();
        (0..150).for_each(|number| spool.push(&summary(number)));
        assert_eq!(spool.len(), 150);
        let mut waiting = spool.read().unwrap();
        let batches: Vec<_> = std::iter::from_fn(|| {
            let batch = waiting.next_batch(64).unwrap();
            (!batch.is_empty()).then_some(batch)
        })
        .collect();
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64, 22]);
        let all: Vec<_> = batches.into_iter().flatten().collect();
        assert_eq!(all, (0..150).map(summary).collect::<Vec<_>>());
    }
}
