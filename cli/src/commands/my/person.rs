use std::io::{IsTerminal, StdinLock, stdin};

use postern_ipc::{Dialogue, Secret, Style, Tone};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::records::Records;
use crate::failure::Failure;
use crate::output::Output;
use crate::terminal::{self, Terminal};

/// Whoever runs this: asked on their terminal, or, where standard input is none, by the lines of that.
pub(super) struct Person {
    answers: Answers,
    output: Output,
    records: Records,
    fault: Option<Failure>,
}

enum Answers {
    Typed(Terminal),
    Lines(StdinLock<'static>),
}

impl Person {
    pub(super) fn new(output: Output, kinds: &'static [&'static str]) -> Self {
        let terminal = if stdin().is_terminal() { Terminal::open() } else { None };
        let answers = terminal.map_or_else(|| Answers::Lines(stdin().lock()), Answers::Typed);
        Self { answers, output, records: Records::new(kinds), fault: None }
    }

    /// Why nobody could be asked or told.
    pub(super) fn fault(&mut self) -> Option<Failure> {
        self.fault.take()
    }

    /// What scripts get in the place of the lines.
    pub(super) fn print_records(self) -> Result<(), Failure> {
        if self.output.is_json() { self.output.print_all("", self.records.into_lists()) } else { Ok(()) }
    }

    fn answer(&mut self, style: Style, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        match (&mut self.answers, style) {
            (Answers::Typed(terminal), Style::Hidden) => terminal.ask_hidden(question),
            (Answers::Typed(terminal), Style::Visible) => terminal.ask(question),
            (Answers::Lines(lines), Style::Hidden | Style::Visible) => {
                self.output.aside(question)?;
                terminal::read_line(lines).map_err(|error| Failure::io(format!("standard input: {error}")))
            }
        }
    }
}

impl Dialogue for Person {
    fn ask(&mut self, style: Style, text: &str) -> Option<Secret> {
        match self.answer(style, &plain(text)) {
            Ok(answer) => answer.map(|mut answer| Secret::new(std::mem::take(&mut *answer))),
            Err(failure) => {
                self.fault.get_or_insert(failure);
                None
            }
        }
    }

    fn tell(&mut self, tone: Tone, text: &str) {
        let is_aside = self.output.is_json() || tone == Tone::Error;
        let text = Zeroizing::new(plain(text));
        let told = if is_aside { self.output.aside(&text) } else { self.output.line(&text) };
        if let Err(failure) = told {
            self.fault.get_or_insert(failure);
        }
    }

    fn record(&mut self, name: &str, value: Map<String, Value>) {
        self.records.add(name, value);
    }
}

/// Nothing that would move the cursor, wherever it came from.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
