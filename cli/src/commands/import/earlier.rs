//! What earlier runs bound, by the file of results.

use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use csv::ReaderBuilder;
use nix::fcntl::OFlag;

use super::report::{COLUMNS, Outcome};
use crate::failure::Failure;

/// The entries that the file of results names. A factor that was bound and is gone was removed on purpose: its phone may be in a
/// thief's hands.
#[derive(Debug, Default)]
pub(super) struct EarlierRuns {
    /// The accounts that had a seed bound.
    bound: HashSet<String>,
    /// The last line about an entry, by account and place.
    was_bound: HashMap<(String, String), bool>,
}

impl EarlierRuns {
    /// Reads the file, if it is there.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let at =
            |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
        let mut options = OpenOptions::new();
        options.read(true).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
        let mut text = String::new();
        match options.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(at(&error)),
            Ok(mut file) => file.read_to_string(&mut text).map_err(|error| at(&error))?,
        };
        Self::parse(&text).map_err(|why| at(&why))
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let is_ours =
            reader.headers().is_ok_and(|found| found.is_empty() || found.iter().eq(COLUMNS.iter().copied()));
        if !is_ours {
            return Err(NOT_OURS);
        }
        let mut earlier = Self::default();
        for record in reader.records() {
            // A run that was interrupted may have left a part of a line, about an entry that it had not told of yet.
            let record = record.map_err(|_| NOT_OURS)?;
            let fields: Vec<&str> = record.iter().collect();
            let [account, _, _, outcome, _, place, _] = fields.as_slice() else { continue };
            let is_bound =
                [Outcome::Bound, Outcome::Before, Outcome::Removed].iter().any(|of| of.word() == *outcome);
            if is_bound {
                earlier.bound.insert((*account).to_owned());
            }
            earlier.was_bound.insert(((*account).to_owned(), (*place).to_owned()), is_bound);
        }
        Ok(earlier)
    }

    /// Whether an entry whose seed the account does not have was bound before. An entry that the file does not name, of an account that
    /// it does, counts as one that was: another export has the same seeds in other places.
    pub(super) fn bound(&self, account: &str, place: &str) -> bool {
        let known = self.was_bound.get(&(account.to_owned(), place.replace(char::is_control, "?")));
        known.copied().unwrap_or_else(|| self.bound.contains(account))
    }
}

const NOT_OURS: &str = "is not what this command writes; give another file";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_an_entry_counts_and_an_unknown_entry_of_a_known_account_was_bound() {
        let text = "account,kind,label,outcome,reason,place,issuer\n\
            alice,totp,App,bound,,oath: line 1,\n\
            bob,totp,App,failed,why,oath: line 2,\n\
            carol,totp,App,failed,why,oath: line 3,\ncarol,totp,App,bound,,oath: line 3,\n\
            dave,totp,App,bound,,oath: line 4,\ndave,totp,App,failed,,oath: line 5,\n\
            erin,totp,Ap";
        let earlier = EarlierRuns::parse(text).unwrap();
        let bound = |account, line| earlier.bound(account, &format!("oath: line {line}"));
        assert!(bound("alice", 1) && bound("alice", 7) && bound("carol", 3) && bound("dave", 4));
        assert!(
            !bound("bob", 2)
                && !bound("bob", 7)
                && !bound("dave", 5)
                && !bound("erin", 1)
                && !bound("zoe", 1)
        );
        assert!(EarlierRuns::parse("").is_ok() && EarlierRuns::parse("precious\nx\n").is_err());
    }
}
