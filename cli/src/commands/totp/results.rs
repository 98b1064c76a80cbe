use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use postern_core::factor::FactorId;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// What becomes of each account, on the disk before anything else happens. Lines are only ever added; of those about one
/// account the last one counts.
#[derive(Debug)]
pub(super) struct Results {
    file: File,
    path: PathBuf,
    last: HashMap<Key, Last>,
}

/// What was asked for: a name and a label.
type Key = (String, String);

/// How far an account came in an earlier run.
#[derive(Debug)]
pub(super) enum Last {
    /// Its key is written down. Whether that was bound is for the directory to say.
    Begun(Issued),
    /// It is bound.
    Bound,
    /// It was not.
    Failed,
}

/// A key for somebody, which is written down here and nowhere else.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) id: FactorId,
    pub(super) uri: Zeroizing<String>,
    pub(super) secret: Zeroizing<String>,
}

/// What is to be written down.
#[derive(Debug, Clone, Copy)]
pub(super) enum State<'a> {
    Begun(&'a Issued),
    Bound(&'a Issued),
    Failed(&'a str),
}

impl Results {
    /// Makes the file, or goes on with that of an earlier run.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let at =
            |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
        let mut options = OpenOptions::new();
        options.read(true).append(true).mode(0o600);
        let made = options.clone().create_new(true).open(path);
        let file = match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                // Neither a link to somewhere else nor a fifo.
                options.custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
                options.open(path).map_err(|error| at(&error))?
            }
            made => made.map_err(|error| at(&error))?,
        };
        let meta = file.metadata().map_err(|error| at(&error))?;
        if !meta.is_file() || meta.mode() & 0o077 != 0 || meta.uid() != geteuid().as_raw() {
            return Err(at(&"is not a file that you alone may read; give another"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(at(&"another postern writes it just now")),
            Err(TryLockError::Error(error)) => return Err(at(&error)),
        }
        let mut results = Self { file, path: path.to_owned(), last: HashMap::new() };
        results.take_in().map_err(|error| at(&error))?;
        Ok(results)
    }

    /// What an earlier run has written about this account.
    pub(super) fn last(&self, name: &str, label: &str) -> Option<&Last> {
        self.last.get(&(name.to_owned(), label.to_owned()))
    }

    /// Adds a line, which is on the disk when this returns.
    pub(super) fn write(&mut self, name: &str, label: &str, state: State<'_>) -> Result<(), Failure> {
        let (word, issued, error) = match state {
            State::Begun(issued) => (BEGUN, Some(issued), ""),
            State::Bound(issued) => (BOUND, Some(issued), ""),
            State::Failed(error) => (FAILED, None, error),
        };
        let id = issued.map_or(String::new(), |issued| issued.id.to_string());
        let uri = issued.map_or("", |issued| issued.uri.as_str());
        let secret = issued.map_or("", |issued| issued.secret.as_str());
        // A line is a line, whatever somebody wrote into the table.
        let plain = |text: &str| text.replace(char::is_control, "?");
        self.add(&[&plain(name), &plain(label), word, &id, uri, secret, &plain(error)])
    }

    fn add(&mut self, fields: &[&str]) -> Result<(), Failure> {
        let at = |error: &dyn std::fmt::Display| Failure::io(format!("{}: {error}", self.path.display()));
        let mut writer = WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(fields).map_err(|error| at(&error))?;
        let line = Zeroizing::new(writer.into_inner().map_err(|error| at(&error))?);
        self.file.write_all(&line).and_then(|()| self.file.sync_data()).map_err(|error| at(&error))
    }

    /// Reads what an earlier run has written; begins a new file with its columns.
    fn take_in(&mut self) -> Result<(), String> {
        let mut text = Zeroizing::new(Vec::new());
        self.file.read_to_end(&mut text).map_err(|error| error.to_string())?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole == 0 {
            if !COLUMNS.join(",").as_bytes().starts_with(&text) {
                return Err(NOT_OURS.to_owned());
            }
            self.file.set_len(0).map_err(|error| error.to_string())?;
            self.add(&COLUMNS).map_err(|failure| failure.message().to_owned())?;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            return File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| error.to_string());
        }
        let mut reader = ReaderBuilder::new().from_reader(text.get(..whole).unwrap_or_default());
        let is_ours = reader.headers().is_ok_and(|columns| columns.iter().eq(COLUMNS));
        if !is_ours {
            return Err(NOT_OURS.to_owned());
        }
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let (key, last) = read_line(&record).ok_or_else(|| {
                let line = record.position().map_or(0, csv::Position::line);
                format!("line {line} is not what this command writes; give another file")
            })?;
            self.last.insert(key, last);
        }
        // Cut off while a line was written, nothing had come of it yet.
        self.file.set_len(whole as u64).map_err(|error| error.to_string())
    }
}

fn read_line(record: &StringRecord) -> Option<(Key, Last)> {
    let field = |at: usize| record.get(at).map(ToOwned::to_owned);
    let last = match record.get(2)? {
        BEGUN => Last::Begun(Issued {
            id: record.get(3)?.parse().ok()?,
            uri: Zeroizing::new(field(4)?),
            secret: Zeroizing::new(field(5)?),
        }),
        BOUND => Last::Bound,
        FAILED => Last::Failed,
        _ => return None,
    };
    Some(((field(0)?, field(1)?), last))
}

const NOT_OURS: &str = "is not what this command writes; give another file";
const COLUMNS: [&str; 7] = ["name", "label", "state", "id", "uri", "secret", "error"];
const BEGUN: &str = "begun";
const BOUND: &str = "bound";
const FAILED: &str = "failed";

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn issued(byte: u8) -> Issued {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        Issued { id: FactorId::new([byte; 16]), uri: text("otpauth://totp/x,\"y\""), secret: text("ABCD") }
    }

    fn word(results: &Results, name: &str) -> String {
        match results.last(name, "") {
            None => "nothing".to_owned(),
            Some(Last::Begun(issued)) => format!("begun {} {}", issued.id.short(), *issued.uri),
            Some(Last::Bound) => "bound".to_owned(),
            Some(Last::Failed) => "failed".to_owned(),
        }
    }

    #[test]
    fn the_last_line_of_an_account_counts_and_a_torn_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        let mut results = Results::open(&path).unwrap();
        assert!(Results::open(&path).is_err(), "two at once would not see each other's lines");
        results.write("alice", "", State::Begun(&issued(1))).unwrap();
        results.write("bob", "", State::Begun(&issued(2))).unwrap();
        results.write("alice", "", State::Bound(&issued(1))).unwrap();
        results.write("two\nlines", "", State::Failed("there is no account \"two\nlines\"")).unwrap();
        drop(results);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(
            whole.iter().filter(|byte| **byte == b'\n').count(),
            5,
            "a line for each, and the columns"
        );

        std::fs::write(&path, [&whole[..], b"carol,,begun,030303"].concat()).unwrap();
        let results = Results::open(&path).unwrap();
        assert_eq!(word(&results, "alice"), "bound");
        assert_eq!(word(&results, "bob"), "begun 02020202 otpauth://totp/x,\"y\"");
        assert_eq!(word(&results, "two?lines"), "failed");
        assert_eq!(word(&results, "carol"), "nothing");
        assert_eq!(std::fs::read(&path).unwrap(), whole, "the torn line is gone");
        drop(results);

        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            drop(Results::open(&path).unwrap_or_else(|failure| panic!("{cut}: {}", failure.message())));
        }
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        drop(Results::open(&path).unwrap());
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(Results::open(&path).is_err());
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        assert!(Results::open(&folder.path().join("link")).is_err());
        for text in [
            "precious",
            "name,secret\n",
            "root:x:0:0\n",
            "name,label,state,id,uri,secret,error\na,b,odd,,,,\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(Results::open(&path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "and left alone");
        }
    }
}
