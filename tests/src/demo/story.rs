use std::io::{Result, Write};

use crate::{MailAnswer, Ran};

/// The one writer: headings, commands with what they print, and checks, which it counts.
pub(super) struct Story<'w> {
    name: &'static str,
    out: &'w mut dyn Write,
    chapters: usize,
    are_settings_shown: bool,
    passed: usize,
    failed: usize,
}

impl<'w> Story<'w> {
    pub(super) fn new(name: &'static str, out: &'w mut dyn Write) -> Self {
        Self { name, out, chapters: 0, are_settings_shown: false, passed: 0, failed: 0 }
    }

    pub(super) fn heading(&mut self, text: &str) -> Result<()> {
        let gap = if self.chapters == 0 { "" } else { "\n" };
        self.chapters += 1;
        writeln!(self.out, "{gap}{}. {text}", self.chapters)
    }

    pub(super) fn say(&mut self, text: &str) -> Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Shows a command and what it printed, the mail settings the first time only. A command that fails is a check that
    /// failed.
    pub(super) fn command(&mut self, args: &[&str], ran: &Ran) -> Result<()> {
        let words: Vec<String> = args
            .iter()
            .map(|word| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() })
            .collect();
        writeln!(self.out, "  $ postern {}", words.join(" "))?;
        for line in ran.stdout.lines().chain(ran.stderr.lines()) {
            if line == MAIL_SETTINGS && self.are_settings_shown {
                writeln!(self.out, "  | {line}: as above")?;
                break;
            }
            self.are_settings_shown |= line == MAIL_SETTINGS;
            writeln!(self.out, "{}", format!("  | {line}").trim_end())?;
        }
        // What it only warns of is in order.
        if ran.code == 0 || (args == ["check"] && ran.code == 1) {
            return Ok(());
        }
        self.check("the command succeeds", false, &format!("it ends with {}", ran.code))
    }

    /// A login that is expected to be let in or to be refused; an outage is neither.
    pub(super) fn login(&mut self, what: &str, answer: &MailAnswer, expected: bool) -> Result<()> {
        let outcome = if expected { "is let in" } else { "is refused" };
        let as_expected = answer.is_in() == expected && !answer.is_unavailable();
        self.check(&format!("{what} {outcome}"), as_expected, answer.text())
    }

    /// One line, `ok` or `FAIL`: what it shows, and what was seen.
    pub(super) fn check(&mut self, what: &str, holds: bool, seen: &str) -> Result<()> {
        let mark = if holds { "ok  " } else { "FAIL" };
        self.passed += usize::from(holds);
        self.failed += usize::from(!holds);
        writeln!(self.out, "{mark}  {what}: {seen}")
    }

    /// The last line; whether every check passed.
    pub(super) fn end(self) -> Result<bool> {
        writeln!(self.out)?;
        if self.failed == 0 {
            writeln!(self.out, "{}: {} checks passed", self.name, self.passed)?;
        } else {
            writeln!(self.out, "{}: {} checks passed, {} failed", self.name, self.passed, self.failed)?;
        }
        Ok(self.failed == 0 && self.passed > 0)
    }
}

const MAIL_SETTINGS: &str = "Mail settings";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tell: impl FnOnce(&mut Story<'_>)) -> (bool, String) {
        let mut out = Vec::new();
        let mut story = Story::new("demo", &mut out);
        tell(&mut story);
        let passed = story.end().unwrap();
        (passed, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_last_line_counts_the_checks_that_passed() {
        let (passed, text) = told(|story| story.check("water", true, "wet").unwrap());
        assert!(passed);
        assert_eq!(text, "ok    water: wet\n\ndemo: 1 checks passed\n");
    }

    #[test]
    fn one_failed_check_fails_the_demo() {
        let (passed, text) = told(|story| {
            story.check("water", true, "wet").unwrap();
            story.login("IMAP", &MailAnswer::In("INBOX".to_owned()), false).unwrap();
        });
        assert!(!passed);
        assert!(
            text.ends_with("FAIL  IMAP is refused: INBOX\n\ndemo: 1 checks passed, 1 failed\n"),
            "{text}"
        );
    }

    #[test]
    fn an_outage_is_no_refusal_and_no_check_at_all_is_no_success() {
        let outage = MailAnswer::Refused("[UNAVAILABLE] later".to_owned());
        assert!(!told(|story| story.login("IMAP", &outage, false).unwrap()).0);
        assert!(!told(|_| {}).0);
    }
}
