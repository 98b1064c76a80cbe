use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use nix::fcntl::OFlag;
use zeroize::Zeroizing;

use super::own_file::{open_own, sync_folder};
use crate::failure::Failure;

/// Something that is issued to an account, and recorded in the results and nowhere else.
pub(in crate::commands) trait Issued: Clone {
    /// Its columns, which follow those that every table of results has.
    const COLUMNS: &'static [&'static str];
    /// The state of an account that has it.
    const DONE: &'static str;

    /// How people recognise it in a line of the output.
    fn short(&self) -> String;

    /// The values of the columns.
    fn fields(&self) -> Vec<Zeroizing<String>>;

    /// Reads it from a line of an earlier run.
    fn read(fields: &[&str]) -> Option<Self>;
}

/// The results of a run. Each is on the disk before anything else happens. Lines are only appended; the last one about
/// an account counts.
#[derive(Debug)]
pub(in crate::commands) struct Results<T> {
    /// `None` if nothing is to be written.
    file: Option<File>,
    path: PathBuf,
    last: HashMap<Key, Last<T>>,
}

/// What a line of the table asks for: a name and a label.
type Key = (String, String);

/// How far an earlier run came with an account.
#[derive(Debug)]
pub(in crate::commands) enum Last<T> {
    /// It is recorded. Only the directory knows whether the account has it.
    Begun(T),
    /// The account has it.
    Done,
    /// The account does not have it.
    Failed,
}

/// A line of results.
#[derive(Debug)]
pub(in crate::commands) enum State<'a, T> {
    Begun(&'a T),
    Done(&'a T),
    Failed(&'a str),
}

impl<T: Issued> Results<T> {
    /// Creates the file, or continues that of an earlier run.
    pub(in crate::commands) fn open(path: &Path) -> Result<Self, Failure> {
        let at =
            |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
        let file = open_own(path)?;
        let mut results = Self { file: Some(file), path: path.to_owned(), last: HashMap::new() };
        results.take_in().map_err(|error| at(&error))?;
        Ok(results)
    }

    /// Reads the results of an earlier run, if there are any, and writes nothing.
    pub(in crate::commands) fn of_dry_run(path: &Path) -> Result<Self, Failure> {
        let at =
            |error: &dyn std::fmt::Display| Failure::cannot_create(format!("{}: {error}", path.display()));
        let mut results = Self { file: None, path: path.to_owned(), last: HashMap::new() };
        let mut options = OpenOptions::new();
        options.read(true).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
        let mut text = Zeroizing::new(Vec::new());
        match options.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(results),
            Err(error) => return Err(at(&error)),
            Ok(mut file) => file.read_to_end(&mut text).map_err(|error| at(&error))?,
        };
        results.learn(&text).map_err(|error| at(&error))?;
        Ok(results)
    }

    /// The result of an earlier run for this account.
    pub(in crate::commands) fn last(&self, name: &str, label: &str) -> Option<&Last<T>> {
        self.last.get(&(name.to_owned(), label.to_owned()))
    }

    /// Appends a line. It is on the disk when this returns.
    pub(in crate::commands) fn write(
        &mut self,
        name: &str,
        label: &str,
        state: &State<'_, T>,
    ) -> Result<(), Failure> {
        let (word, issued, error) = match state {
            State::Begun(issued) => (BEGUN, Some(*issued), ""),
            State::Done(issued) => (T::DONE, Some(*issued), ""),
            State::Failed(error) => (FAILED, None, *error),
        };
        // A value from the table must not break the line.
        let plain = |text: &str| text.replace(char::is_control, "?");
        let (name, label, error) = (plain(name), plain(label), plain(error));
        let nothing = || T::COLUMNS.iter().map(|_| Zeroizing::new(String::new())).collect();
        let own = issued.map_or_else(nothing, Issued::fields);
        let first = [name.as_str(), label.as_str(), word].into_iter();
        let fields: Vec<&str> =
            first.chain(own.iter().map(|field| field.as_str())).chain([&*error]).collect();
        self.add(&fields)
    }

    fn add(&mut self, fields: &[&str]) -> Result<(), Failure> {
        let at = |error: &dyn std::fmt::Display| Failure::io(format!("{}: {error}", self.path.display()));
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut writer = WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(fields).map_err(|error| at(&error))?;
        let line = Zeroizing::new(writer.into_inner().map_err(|error| at(&error))?);
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(|error| at(&error))
    }

    /// Reads the results of an earlier run, or begins a new file with the header.
    fn take_in(&mut self) -> Result<(), String> {
        let mut text = Zeroizing::new(Vec::new());
        let Some(mut file) = self.file.as_ref() else { return Ok(()) };
        file.read_to_end(&mut text).map_err(|error| error.to_string())?;
        let whole = whole_lines(&text);
        if whole == 0 {
            if !columns::<T>().join(",").as_bytes().starts_with(&text) {
                return Err(NOT_OURS.to_owned());
            }
            file.set_len(0).map_err(|error| error.to_string())?;
            self.add(&columns::<T>()).map_err(|failure| failure.message().to_owned())?;
            return sync_folder(&self.path).map_err(|error| error.to_string());
        }
        self.learn(&text)?;
        // A run that was interrupted while it wrote a line had done nothing about it yet.
        let file = self.file.as_ref().map_or(Ok(()), |file| file.set_len(whole as u64));
        file.map_err(|error| error.to_string())
    }

    /// Reads the lines that are complete.
    fn learn(&mut self, text: &[u8]) -> Result<(), String> {
        let whole = text.get(..whole_lines(text)).unwrap_or_default();
        let mut reader = ReaderBuilder::new().from_reader(whole);
        let is_ours = reader.headers().is_ok_and(|found| found.iter().eq(columns::<T>()));
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
        Ok(())
    }
}

fn columns<T: Issued>() -> Vec<&'static str> {
    [&["name", "label", "state"], T::COLUMNS, &["error"]].concat()
}

fn whole_lines(text: &[u8]) -> usize {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn read_line<T: Issued>(record: &StringRecord) -> Option<(Key, Last<T>)> {
    let fields: Vec<&str> = record.iter().collect();
    let [name, label, state, own @ .., _error] = fields.as_slice() else { return None };
    let last = match *state {
        BEGUN => Last::Begun(T::read(own)?),
        FAILED => Last::Failed,
        word if word == T::DONE => Last::Done,
        _ => return None,
    };
    Some((((*name).to_owned(), (*label).to_owned()), last))
}

const NOT_OURS: &str = "is not what this command writes; give another file";
const BEGUN: &str = "begun";
const FAILED: &str = "failed";

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    #[derive(Debug, Clone)]
    struct Key(String);

    impl Issued for Key {
        const COLUMNS: &'static [&'static str] = &["id", "secret"];
        const DONE: &'static str = "bound";

        fn short(&self) -> String {
            self.0.clone()
        }

        fn fields(&self) -> Vec<Zeroizing<String>> {
            vec![Zeroizing::new(self.0.clone()), Zeroizing::new("x,\"y\"".to_owned())]
        }

        fn read(fields: &[&str]) -> Option<Self> {
            let [id, secret] = fields else { return None };
            (*secret == "x,\"y\"").then(|| Self((*id).to_owned()))
        }
    }

    fn issued(byte: u8) -> Key {
        Key(format!("{byte:02}"))
    }

    fn word(results: &Results<Key>, name: &str) -> String {
        match results.last(name, "") {
            None => "nothing".to_owned(),
            Some(Last::Begun(issued)) => format!("begun {}", issued.0),
            Some(Last::Done) => "bound".to_owned(),
            Some(Last::Failed) => "failed".to_owned(),
        }
    }

    fn open(path: &Path) -> Result<Results<Key>, Failure> {
        Results::open(path)
    }

    #[test]
    fn the_last_line_of_an_account_counts_and_a_torn_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        let mut results = open(&path).unwrap();
        assert!(open(&path).is_err(), "two at once would not see each other's lines");
        results.write("alice", "", &State::Begun(&issued(1))).unwrap();
        results.write("bob", "", &State::Begun(&issued(2))).unwrap();
        results.write("alice", "", &State::Done(&issued(1))).unwrap();
        results.write("two\nlines", "", &State::Failed("there is no account \"two\nlines\"")).unwrap();
        drop(results);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(
            whole.iter().filter(|byte| **byte == b'\n').count(),
            5,
            "a line for each, and the columns"
        );

        std::fs::write(&path, [&whole[..], b"carol,,begun,030303"].concat()).unwrap();
        let results = open(&path).unwrap();
        assert_eq!(word(&results, "alice"), "bound");
        assert_eq!(word(&results, "bob"), "begun 02");
        assert_eq!(word(&results, "two?lines"), "failed");
        assert_eq!(word(&results, "carol"), "nothing");
        assert_eq!(std::fs::read(&path).unwrap(), whole, "the torn line is gone");
        drop(results);

        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            drop(open(&path).unwrap_or_else(|failure| panic!("{cut}: {}", failure.message())));
        }
    }

    #[test]
    fn a_file_that_others_may_read_or_that_is_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        drop(open(&path).unwrap());
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(open(&path).is_err());
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
        assert!(open(&folder.path().join("link")).is_err());
        for text in [
            "precious",
            "name,secret\n",
            "root:x:0:0\n",
            "name,label,state,id,secret,error\na,b,odd,,,\n",
            "name,label,state,id,secret,error\na,b,begun,01,z,\n",
        ] {
            std::fs::write(&path, text).unwrap();
            assert!(open(&path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "and left alone");
        }
    }

    #[test]
    fn a_dry_run_reads_and_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        let mut dry = Results::<Key>::of_dry_run(&path).unwrap();
        dry.write("alice", "", &State::Begun(&issued(1))).unwrap();
        assert!(!path.exists());
        let mut results = open(&path).unwrap();
        results.write("alice", "", &State::Done(&issued(1))).unwrap();
        drop(results);
        let before = std::fs::read(&path).unwrap();
        let mut dry = Results::<Key>::of_dry_run(&path).unwrap();
        assert_eq!(word(&dry, "alice"), "bound");
        dry.write("bob", "", &State::Begun(&issued(2))).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::write(&path, "root:x:0:0\n").unwrap();
        assert!(Results::<Key>::of_dry_run(&path).is_err());
    }
}
