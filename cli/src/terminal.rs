use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// The terminal of whoever started this process, wherever its standard input and output go.
#[derive(Debug)]
pub(crate) struct Terminal {
    write: File,
    read: BufReader<File>,
}

impl Terminal {
    /// `None` where there is none, as in a cron job.
    pub(crate) fn open() -> Option<Self> {
        let write = OpenOptions::new().read(true).write(true).open(TTY).ok()?;
        let read = BufReader::with_capacity(LONGEST_LINE, write.try_clone().ok()?);
        Some(Self { write, read })
    }

    /// Shows lines.
    pub(crate) fn show(&mut self, text: &str) -> Result<(), Failure> {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let shown = self.write.write_all(text.as_bytes()).and_then(|()| self.write.write_all(end.as_bytes()));
        shown.map_err(|error| fault(&error))
    }

    /// Asks with echo; `None` where the answer is the end of input.
    pub(crate) fn ask(&mut self, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        self.write.write_all(question.as_bytes()).map_err(|error| fault(&error))?;
        let line = read_line(&mut self.read).map_err(|error| fault(&error))?;
        if line.is_none() {
            self.show("")?;
        }
        Ok(line)
    }

    /// Asks without echo; `None` where the answer is the end of input.
    pub(crate) fn ask_hidden(&mut self, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        match rpassword::prompt_password(question) {
            Ok(answer) => Ok(Some(Zeroizing::new(answer))),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(fault(&error)),
        }
    }

    /// Asks a question that only yes answers with yes.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N] "))?;
        Ok(answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")))
    }
}

/// One line without its end, of which at most [`LONGEST_LINE`] bytes are looked at; `None` at the end of input.
pub(crate) fn read_line(from: &mut impl BufRead) -> std::io::Result<Option<Zeroizing<String>>> {
    // The room is taken at once, so that no copy stays behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    if from.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    // What is not UTF-8 is no answer to anything, and is told to be wrong like any other.
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned())))
}

fn fault(error: &std::io::Error) -> Failure {
    Failure::io(format!("terminal: {error}"))
}

const TTY: &str = "/dev/tty";
const LONGEST_LINE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one_to_the_end() {
        let mut input = &b"first\nsecond\r\n\nlast"[..];
        let mut next = || read_line(&mut input).unwrap().map(|line| line.to_string());
        assert_eq!(next().as_deref(), Some("first"));
        assert_eq!(next().as_deref(), Some("second"));
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next().as_deref(), Some("last"));
        assert_eq!(next(), None);
    }
}
