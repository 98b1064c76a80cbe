//! The findings of a check, in the order in which they were made.

use serde::Serialize;

use super::remark::{Mark, Remark};
use crate::failure::Failure;
use crate::output::{Colour, Output};

#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

#[derive(Debug, Serialize)]
struct Finding {
    result: Mark,
    part: &'static str,
    text: String,
}

impl Finding {
    fn line(&self, output: Output) -> String {
        let mark = match self.result {
            Mark::Ok => output.mark("ok  ", Colour::Green),
            Mark::Note => "note".to_owned(),
            Mark::Warn => output.mark("warn", Colour::Yellow),
            Mark::Fail => output.mark("FAIL", Colour::Red),
        };
        format!("{mark}  {}: {}\n", self.part, self.text)
    }
}

impl Report {
    /// Prints the findings. The exit status is for monitoring.
    pub(super) fn conclude(self, is_quiet: bool, output: Output) -> Result<(), Failure> {
        let count = |mark: Mark| self.0.iter().filter(|finding| finding.result == mark).count();
        let (faults, warnings) = (count(Mark::Fail), count(Mark::Warn));
        let is_shown = |finding: &&Finding| match finding.result {
            Mark::Warn | Mark::Fail => true,
            Mark::Ok | Mark::Note => !is_quiet,
        };
        let shown: Vec<&Finding> = self.0.iter().filter(is_shown).collect();
        let text: String = shown.iter().map(|finding| finding.line(output)).collect();
        if !text.is_empty() || output.is_json() {
            output.print(&text, "findings", &shown)?;
        }
        let said = |what: String| if is_quiet { String::new() } else { what };
        match (faults, warnings) {
            (0, 0) => Ok(()),
            (0, _) => Err(Failure::check_warned(said(format!("{warnings} of these should be fixed")))),
            (_, _) => Err(Failure::check_failed(said(format!("{faults} of these have to be fixed")))),
        }
    }

    pub(super) fn remark(&mut self, part: &'static str, Remark { mark, text }: Remark) {
        self.0.push(Finding { result: mark, part, text });
    }

    pub(super) fn note(&mut self, part: &'static str, text: String) {
        self.remark(part, Remark::note(text));
    }

    pub(super) fn ok(&mut self, part: &'static str, text: String) {
        self.0.push(Finding { result: Mark::Ok, part, text });
    }

    pub(super) fn warn(&mut self, part: &'static str, text: String) {
        self.0.push(Finding { result: Mark::Warn, part, text });
    }

    pub(super) fn fail(&mut self, part: &'static str, text: String) {
        self.0.push(Finding { result: Mark::Fail, part, text });
    }
}

/// A fault with the parts that it hides, so that one outage is one finding.
pub(super) fn hiding(fault: &str, hidden: &str) -> String {
    format!("{fault}; hidden by this: {hidden}")
}
