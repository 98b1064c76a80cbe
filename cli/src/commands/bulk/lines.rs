use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::own_file::{open_own, sync_folder};
use crate::failure::Failure;

/// A file of results that no later run reads: a line (CSV) for each thing that was done or not done. The lines of a later run
/// follow those of an earlier one.
#[derive(Debug)]
pub(in crate::commands) struct ResultLines {
    file: File,
    path: PathBuf,
}

impl ResultLines {
    /// Creates the file with the names of its columns, or continues one that has these columns.
    pub(in crate::commands) fn open(path: &Path, columns: &[&str]) -> Result<Self, Failure> {
        let mut file = open_own(path)?;
        let at = |error: std::io::Error| Failure::cannot_create(format!("{}: {error}", path.display()));
        let header = format!("{}\n", columns.join(","));
        let mut begin = Vec::new();
        (&mut file).take(header.len() as u64).read_to_end(&mut begin).map_err(at)?;
        if !header.as_bytes().starts_with(&begin) {
            let text = format!("{}: is not what this command writes; give another file", path.display());
            return Err(Failure::cannot_create(text));
        }
        let mut lines = Self { file, path: path.to_owned() };
        if begin.len() < header.len() {
            lines.file.set_len(0).map_err(at)?;
            lines.add(columns)?;
            sync_folder(path).map_err(at)?;
        } else {
            lines.end_torn_line().map_err(at)?;
        }
        Ok(lines)
    }

    /// Appends a line. It is on the disk when this returns.
    pub(in crate::commands) fn add(&mut self, fields: &[&str]) -> Result<(), Failure> {
        let at = |error: &dyn std::fmt::Display| Failure::io(format!("{}: {error}", self.path.display()));
        // A value from a file must not break the line.
        let fields = fields.iter().map(|field| field.replace(char::is_control, "?"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(fields).map_err(|error| at(&error))?;
        let line = writer.into_inner().map_err(|error| at(&error))?;
        self.file.write_all(&line).and_then(|()| self.file.sync_data()).map_err(|error| at(&error))
    }

    /// An earlier run may have been interrupted while it wrote.
    fn end_torn_line(&mut self) -> std::io::Result<()> {
        let mut text = Vec::new();
        self.file.read_to_end(&mut text)?;
        if text.last().is_none_or(|last| *last == b'\n') { Ok(()) } else { self.file.write_all(b"\n") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_later_run_follow_and_another_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.csv");
        let mut first = ResultLines::open(&path, &["account", "reason"]).unwrap();
        first.add(&["alice", "two\nlines, \"quoted\""]).unwrap();
        assert!(ResultLines::open(&path, &["account", "reason"]).is_err(), "one at a time");
        drop(first);
        let text = "account,reason\nalice,\"two?lines, \"\"quoted\"\"\"\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        std::fs::write(&path, format!("{text}bob,to")).unwrap();
        ResultLines::open(&path, &["account", "reason"]).unwrap().add(&["carol", ""]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{text}bob,to\ncarol,\n"));
        assert!(ResultLines::open(&path, &["account", "colour"]).is_err());
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("carol,\n"));
    }
}
