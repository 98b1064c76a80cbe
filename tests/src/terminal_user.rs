//! A user at a terminal, who reads the questions of a program and types answers.
//!
//! All that the terminal showed is kept in `target/test-output`, without what the person was meant to see and nobody else:
//! see [`TerminalUser::was_shown`]. Hidden answers are not in there, as the terminal does not show them; where it did, the search
//! for secrets after the last test would find them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::guard::{pause, wait_for};
use crate::stopwatch::Stopwatch;
use crate::terminal::{Heard, Terminal};
use crate::{canary, host};

/// A user at a terminal. Every wait ends after half a minute, longer while the machine stalls, in a panic that
/// shows the terminal.
pub struct TerminalUser {
    terminal: Terminal,
    screen: Vec<u8>,
    // How much of `screen` has been read.
    read: usize,
    has_ended: bool,
    private: Vec<String>,
    transcript: PathBuf,
    // How much of `screen` was searched for the offer of recovery codes; nothing is if the test wants to answer it.
    offers_read: Option<usize>,
}

impl TerminalUser {
    /// The user at `terminal`; `output` names the directory under `target/test-output`, `what` the file in it.
    #[must_use]
    pub fn at(terminal: Terminal, output: &str, what: &str) -> Self {
        let transcript = transcript(&host::output_dir(output), what);
        Self {
            terminal,
            screen: Vec::new(),
            read: 0,
            has_ended: false,
            private: Vec::new(),
            transcript,
            offers_read: Some(0),
        }
    }

    /// Reads on until `text` has come, and returns what came before it.
    pub fn expect(&mut self, text: &str) -> String {
        self.expect_one_of(&[text]).1
    }

    /// Reads on until one of `texts` has come; returns which one and what came before it. The first in the output counts.
    pub fn expect_one_of(&mut self, texts: &[&str]) -> (usize, String) {
        let waited = Stopwatch::start();
        loop {
            if let Some(found) = self.found(texts) {
                return found;
            }
            assert!(!self.has_ended, "the program ended without {texts:?}\n{self:?}");
            assert!(!waited.is_over(LIMIT), "waited {} in vain for {texts:?}\n{self:?}", waited.elapsed());
            self.look();
        }
    }

    /// The same for a program that may end without, and may take as long as `limit`: then it is `None`.
    pub fn hears_one_of(&mut self, texts: &[&str], limit: Duration) -> Option<(usize, String)> {
        let waited = Stopwatch::start();
        loop {
            let found = self.found(texts);
            if found.is_some() || self.has_ended {
                return found;
            }
            assert!(!waited.is_over(limit), "waited {} in vain for {texts:?}\n{self:?}", waited.elapsed());
            self.look();
        }
    }

    fn found(&mut self, texts: &[&str]) -> Option<(usize, String)> {
        let unread = &self.screen[self.read..];
        let found = texts.iter().enumerate().filter_map(|(which, text)| Some((find(unread, text)?, which)));
        let (found, which) = found.min_by_key(|(found, _)| found.start)?;
        let before = String::from_utf8_lossy(&unread[..found.start]).replace("\r\n", "\n");
        self.read += found.end;
        Some((which, before))
    }

    /// Answers the offer of recovery codes itself; without this the user does without, and it is passed over.
    #[must_use]
    pub fn wants_recovery_codes(mut self) -> Self {
        self.offers_read = None;
        self
    }

    /// Types `line` and Enter.
    pub fn type_line(&mut self, line: &str) {
        self.terminal.write(format!("{line}\n").as_bytes());
    }

    /// Answers a question that hides what is typed: it must do so before the first key.
    pub fn answer_hidden(&mut self, answer: &str) {
        wait_for(&format!("the terminal to hide what is typed\n{self:?}"), ECHO_LIMIT, || {
            (!self.terminal.echoes()).then_some(())
        });
        self.type_line(answer);
    }

    /// Answers a question that shows what is typed.
    pub fn answer_visible(&mut self, answer: &str) {
        wait_for(&format!("the terminal to show what is typed\n{self:?}"), ECHO_LIMIT, || {
            self.terminal.echoes().then_some(())
        });
        self.type_line(answer);
    }

    /// Presses Ctrl-C, no faster than a human could: programs lose it between the prompt and their read of the answer.
    pub fn interrupt(&mut self) {
        pause(REACTION);
        self.terminal.write(b"\x03");
    }

    /// Presses Ctrl-D on an empty line: there is no answer.
    pub fn end_input(&mut self) {
        self.terminal.write(b"\x04");
    }

    /// Waits to be let in, and returns as whom. What is to be read before is read, as by a person who presses Enter then.
    pub fn is_in(&mut self) -> String {
        let [english, chinese] = GO_ON;
        while self.expect_one_of(&[IN, english, chinese]).0 > 0 {
            self.answer_visible("");
        }
        let name = self.expect(IN_END);
        // The rest of its line: a terminal may give the two apart.
        self.expect("\n");
        name.trim().to_owned()
    }

    /// Waits to be let in or refused, and says which. All that was asked has to be answered.
    pub fn gets_in(&mut self) -> bool {
        let waited = Stopwatch::start();
        while !self.has_ended && find(&self.screen[self.read..], IN).is_none() {
            assert!(!waited.is_over(LIMIT), "neither in nor refused after {}\n{self:?}", waited.elapsed());
            let go_on = |text| find(&self.screen[self.read..], text);
            if let Some(found) = GO_ON.into_iter().find_map(go_on) {
                self.read += found.end;
                self.answer_visible("");
            }
            self.look();
        }
        find(&self.screen[self.read..], IN).is_some()
    }

    /// Waits for the program to fail without a login; returns the output since the last question.
    pub fn is_refused(&mut self) -> String {
        let (status, rest) = self.ends();
        assert!(status != 0 && !rest.contains(IN), "not refused, exit {status}\n{self:?}");
        rest
    }

    /// Waits for the program to end; returns its exit status (128 and the number of a signal) and what it said until then.
    pub fn ends(&mut self) -> (i32, String) {
        let waited = Stopwatch::start();
        while !self.has_ended {
            assert!(!waited.is_over(LIMIT), "the program still runs after {}\n{self:?}", waited.elapsed());
            self.look();
        }
        let status = self.terminal.wait(LIMIT);
        let status = status.unwrap_or_else(|| panic!("the program left its terminal and runs on\n{self:?}"));
        let rest = String::from_utf8_lossy(&self.screen[self.read..]).replace("\r\n", "\n");
        self.read = self.screen.len();
        (exit_code(status), rest)
    }

    /// Runs a command in the shell that the login opened, and returns what it printed.
    pub fn run(&mut self, command: &str) -> String {
        self.expect(PROMPT);
        self.type_line(command);
        self.expect("\n");
        let printed = self.expect(PROMPT);
        self.read -= PROMPT.len();
        printed
    }

    /// Leaves the shell that the login opened.
    pub fn leave(mut self) {
        self.expect(PROMPT);
        self.type_line("exit");
        let (status, _) = self.ends();
        assert_eq!(status, 0, "the shell's status\n{self:?}");
    }

    /// Says that `secret` was rightly on the screen: a seed, an app password, a recovery code, shown or typed. From now on it
    /// may stand nowhere in `target/test-output`, and the transcript leaves it out.
    pub fn was_shown(&mut self, secret: &str) {
        canary::register(secret);
        self.private.push(secret.to_owned());
    }

    /// [`was_shown`](Self::was_shown) for every app password on the screen, which are returned.
    pub fn was_shown_app_passwords(&mut self) -> Vec<String> {
        let shown = canary::register_shown(&self.text());
        self.private.extend(shown.iter().cloned());
        shown
    }

    /// All that the terminal has shown so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.screen).replace("\r\n", "\n")
    }

    /// The terminal.
    #[must_use]
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    fn look(&mut self) {
        match self.terminal.read(LOOK) {
            Heard::Bytes(bytes) => {
                self.screen.extend(bytes);
                self.pass_over_offer();
            }
            // A process that was left behind may hold the terminal.
            Heard::Nothing if self.terminal.ended().is_some() => {
                self.drain();
                self.has_ended = true;
            }
            Heard::Nothing => {}
            Heard::End => self.has_ended = true,
        }
    }

    fn pass_over_offer(&mut self) {
        let Some(read) = self.offers_read else { return };
        let unread = &self.screen[read..];
        if let Some(found) = OFFERS.iter().find_map(|offer| find(unread, offer)) {
            self.offers_read = Some(read + found.end);
            self.type_line("n");
        }
    }

    fn drain(&mut self) {
        while let Heard::Bytes(bytes) = self.terminal.read(LAST_WORDS) {
            self.screen.extend(bytes);
        }
    }

    // In any grouping, as they are shown to users.
    fn without_secrets(&self) -> String {
        let mut text = self.text();
        for secret in &self.private {
            text = without(&text, secret);
        }
        text
    }
}

impl Drop for TerminalUser {
    fn drop(&mut self) {
        // What the program still had to say tells why the test failed.
        if !self.has_ended {
            self.drain();
        }
        fs::write(&self.transcript, self.without_secrets()).ok();
    }
}

impl fmt::Debug for TerminalUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:\n{}", self.transcript.display(), self.without_secrets())
    }
}

/// Runs `act` for all users at the same moment, each in a thread, and returns the results in order.
pub fn at_once<T: Send>(people: &mut [TerminalUser], act: impl Fn(&mut TerminalUser) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(people.len());
    thread::scope(|scope| {
        let start = |person| {
            scope.spawn(|| {
                let person: &mut TerminalUser = person;
                barrier.wait();
                act(person)
            })
        };
        let threads: Vec<_> = people.iter_mut().map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("one of the people")).collect()
    })
}

/// A line of shell that tells [`TerminalUser::is_in`] as whom one is in.
#[must_use]
pub fn arrival() -> String {
    format!("echo \"{IN}$(id -un){IN_END}\"")
}

/// The prompt of the shells that [`TerminalUser::run`] knows.
pub const PROMPT: &str = "[in]$ ";

/// `text` without `secret`, in whatever groups it stands there.
fn without(text: &str, secret: &str) -> String {
    let is_gap = |c: char| matches!(c, ' ' | '-');
    let wanted: Vec<char> = secret.chars().filter(|c| !is_gap(*c)).collect();
    let mut left = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut wanted = wanted.iter().peekable();
        let mut length = 0;
        for c in rest.chars() {
            if wanted.peek() == Some(&&c) {
                wanted.next();
            } else if !is_gap(c) || length == 0 {
                break;
            }
            length += c.len_utf8();
            if wanted.peek().is_none() {
                break;
            }
        }
        if wanted.peek().is_none() && length > 0 {
            left.push_str("(a secret)");
            rest = &rest[length..];
        } else {
            left.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    left
}

/// Where the first text of this wording is. A row may end in the place of a space, or beside a Chinese character.
fn find(haystack: &[u8], needle: &str) -> Option<Range<usize>> {
    (0..haystack.len()).find_map(|start| Some(start..start + length_of(&haystack[start..], needle)?))
}

/// How many bytes `needle` takes at the beginning of `haystack`, if that begins with it.
fn length_of(haystack: &[u8], needle: &str) -> Option<usize> {
    let (mut at, mut is_wide) = (0, false);
    for c in needle.chars() {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        let is_beside_wide = is_wide || !c.is_ascii();
        is_wide = !c.is_ascii();
        let rest = &haystack[at..];
        if rest.starts_with(bytes) {
            at += bytes.len();
        } else if c == ' ' && rest.starts_with(ROW_END) {
            at += ROW_END.len();
        } else if at > 0 && is_beside_wide && rest.strip_prefix(ROW_END)?.starts_with(bytes) {
            at += ROW_END.len() + bytes.len();
        } else {
            return None;
        }
    }
    Some(at)
}

fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).expect("an ended program")
}

/// `WHAT.txt`, `WHAT-2.txt` and so on.
fn transcript(dir: &Path, what: &str) -> PathBuf {
    static COUNTS: Mutex<BTreeMap<PathBuf, u32>> = Mutex::new(BTreeMap::new());
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.entry(dir.join(what)).or_default();
    *count += 1;
    if *count == 1 { dir.join(format!("{what}.txt")) } else { dir.join(format!("{what}-{count}.txt")) }
}

/// The question whether to make recovery codes.
const OFFERS: [&str; 2] = [
    "Make recovery codes now, in case you lose your second factor? [y/N] ",
    "是否现在生成恢复码？无法使用二次验证时可凭恢复码登录。[y/N] ",
];
const ROW_END: &[u8] = b"\r\n";
/// The question before a login in which something is to be read.
const GO_ON: [&str; 2] = ["Press Enter to log in: ", "按回车键完成登录："];
/// How the line of [`arrival`] begins.
pub(crate) const IN: &str = "-- in as ";
const IN_END: &str = " --";
const LIMIT: Duration = Duration::from_secs(30);
const ECHO_LIMIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(200);
const REACTION: Duration = Duration::from_millis(200);
const LAST_WORDS: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_where_its_row_ends_between_words() {
        let english = b"Make some:\r\npostern my, now";
        assert_eq!(find(english, "some: postern"), Some(5..19));
        assert_eq!(find(english, "so me"), None);
        assert_eq!(find("每个\r\n邮件\r\nx".as_bytes(), "个邮件x"), Some(3..17));
        assert_eq!((find(b"", "x"), find(b"ab\r\ncd", "bcd")), (None, None));
    }

    #[test]
    fn a_secret_is_left_out_in_every_grouping() {
        for shown in ["ABCDEFGHIJKL", "ABCD EFGH IJKL", "ABCD-EFGH-IJKL", "AB CDEFGHIJK L"] {
            assert_eq!(without(&format!("it is {shown} now"), "ABCD EFGH IJKL"), "it is (a secret) now");
        }
        assert_eq!(without("ABCD EFGH IJK", "ABCDEFGHIJKL"), "ABCD EFGH IJK");
        assert_eq!(without("A ABCDEFGHIJKL", "ABCDEFGHIJKL"), "A (a secret)");
    }
}
