use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Read, Write, stderr, stdin};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The terminal of the calling user, wherever standard output goes.
#[derive(Debug)]
pub(crate) struct Terminal {
    write: File,
    read: BufReader<File>,
}

impl Terminal {
    /// The controlling terminal, or else standard input if that is a terminal, as after `su --command`. `None` if there
    /// is neither, as in a cron job.
    pub(crate) fn open() -> Option<Self> {
        let (read, write) = match OpenOptions::new().read(true).write(true).open(TTY) {
            Ok(write) => (write.try_clone().ok()?, write),
            Err(_) => Self::of_standard_input()?,
        };
        Some(Self { write, read: BufReader::with_capacity(LONGEST_LINE, read) })
    }

    /// The device cannot be opened again: it may belong to another user, such as the one who called su.
    fn of_standard_input() -> Option<(File, File)> {
        let input = stdin();
        if !input.is_terminal() {
            return None;
        }
        let read = input.as_fd().try_clone_to_owned().ok()?;
        let may_write = fcntl(&read, FcntlArg::F_GETFL)
            .is_ok_and(|flags| OFlag::from_bits_truncate(flags) & OFlag::O_ACCMODE == OFlag::O_RDWR);
        let write = if may_write { read.try_clone() } else { stderr().as_fd().try_clone_to_owned() };
        Some((File::from(read), File::from(write.ok()?)))
    }

    /// Shows lines.
    pub(crate) fn show(&mut self, text: &str) -> Result<(), Failure> {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let shown = self.write.write_all(text.as_bytes()).and_then(|()| self.write.write_all(end.as_bytes()));
        shown.map_err(|error| fault(&error))
    }

    /// Asks with echo. `None` at the end of input.
    pub(crate) fn ask(&mut self, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        self.write.write_all(question.as_bytes()).map_err(|error| fault(&error))?;
        self.line()
    }

    /// Asks with echo, until a line comes or `is_over` says so, which is an empty answer. It is asked now and then.
    pub(crate) fn ask_until(
        &mut self,
        question: &str,
        is_over: impl Fn() -> bool,
    ) -> Result<Option<Zeroizing<String>>, Failure> {
        self.write.write_all(question.as_bytes()).map_err(|error| fault(&error))?;
        while self.read.buffer().is_empty() {
            let mut ready = [PollFd::new(self.read.get_ref().as_fd(), PollFlags::POLLIN)];
            match poll(&mut ready, LOOK_EVERY) {
                Ok(0) if is_over() => {
                    self.show("")?;
                    return Ok(Some(Zeroizing::new(String::new())));
                }
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => break,
                Err(errno) => return Err(fault(&errno.into())),
            }
        }
        self.line()
    }

    /// What is typed, up to Enter. At the end of input nothing is, and the cursor leaves the question.
    fn line(&mut self) -> Result<Option<Zeroizing<String>>, Failure> {
        let line = read_line(&mut self.read).map_err(|error| fault(&error))?;
        if line.is_none() {
            self.show("")?;
        }
        Ok(line)
    }

    /// Asks without echo. `None` at the end of input. If echo cannot be switched off, nothing is asked.
    pub(crate) fn ask_hidden(&mut self, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        loop {
            let terminal = self.read.get_ref().try_clone().map_err(|error| fault(&error))?;
            let echo = EchoOff::of(terminal).map_err(|errno| fault(&errno.into()))?;
            self.write.write_all(question.as_bytes()).map_err(|error| fault(&error))?;
            let line = match echo.await_input() {
                Ok(()) => Some(read_line(&mut self.read).map_err(|error| fault(&error))?),
                Err(Errno::EINTR) => None,
                Err(errno) => return Err(fault(&errno.into())),
            };
            // A signal that was held back takes effect now.
            drop(echo);
            // The newline that was typed was not echoed either.
            self.show("")?;
            if let Some(line) = line {
                return Ok(line);
            }
        }
    }

    /// Asks a question to which only yes means yes.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N] "))?;
        Ok(answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")))
    }
}

/// A terminal with echo off, until this is dropped. A signal that would end or stop this process waits until echo is on
/// again.
struct EchoOff {
    terminal: File,
    before: Termios,
    signals: SigSet,
    mask_before: SigSet,
}

impl EchoOff {
    fn of(terminal: File) -> Result<Self, Errno> {
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHONL);
        hidden.local_flags.insert(LocalFlags::ICANON | LocalFlags::ISIG);
        let signals: SigSet = SIGNALS.into_iter().collect();
        let mask_before = SigSet::thread_get_mask()?;
        signals.thread_block()?;
        let echo = Self { terminal, before, signals, mask_before };
        let terminal = &echo.terminal;
        // Input that was typed before the question was visible, and must not answer it.
        tcsetattr(terminal, SetArg::TCSAFLUSH, &hidden)?;
        // tcsetattr succeeds even if only one of several settings could be made.
        if tcgetattr(terminal)?.local_flags.contains(LocalFlags::ECHO) {
            Err(Errno::ENOTTY)
        } else {
            Ok(echo)
        }
    }

    /// Waits for a line, or for a signal ([`Errno::EINTR`]), which takes effect when this is dropped. A process that
    /// was stopped and continues asks again.
    fn await_input(&self) -> Result<(), Errno> {
        let signals = SignalFd::with_flags(&self.signals, SfdFlags::SFD_CLOEXEC)?;
        let mut ready = [
            PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut ready, PollTimeout::NONE)?;
        let [_, signal] = ready;
        if signal.any().unwrap_or_default() { Err(Errno::EINTR) } else { Ok(()) }
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before).ok();
        self.mask_before.thread_set_mask().ok();
    }
}

/// One line without its end, of which at most [`LONGEST_LINE`] bytes are read. `None` at the end of input.
pub(crate) fn read_line(from: &mut impl BufRead) -> std::io::Result<Option<Zeroizing<String>>> {
    // Allocated at once, so no copy is left behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    if from.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    // Input that is not UTF-8 is a wrong answer like any other.
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(text).into_owned())))
}

fn fault(error: &std::io::Error) -> Failure {
    Failure::io(format!("terminal: {error}"))
}

const TTY: &str = "/dev/tty";
/// The signals that a keyboard, a broken connection or an impatient parent sends.
const SIGNALS: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGTSTP];
const LONGEST_LINE: usize = 4096;
/// In milliseconds.
const LOOK_EVERY: u16 = 1500;

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
