use std::io::{IsTerminal, stdin};
use std::time::Duration;

use async_trait::async_trait;
use postern_core::conversation::{self, Answer, Conversation, Echo, Gone, Prompt};
use postern_ipc::{Prompter, Secret, Style, Tone};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;
use crate::records::Records;
use crate::terminal::{self, Terminal};

/// The person at the command line. They are asked on their terminal, or through standard input if that is not a
/// terminal. It serves the flows of posternd and those of this process alike.
pub(crate) struct Person<'a> {
    answers: Answers,
    output: Output,
    records: Records,
    fault: Option<Failure>,
    /// Whether a challenge that waits for a phone is over.
    is_over: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// The challenge that the next question is about.
    challenge: Option<String>,
}

enum Answers {
    Typed(Terminal),
    Lines,
}

impl<'a> Person<'a> {
    pub(crate) fn new(output: Output, kinds: &'static [&'static str]) -> Self {
        let terminal = if stdin().is_terminal() { Terminal::open() } else { None };
        let answers = terminal.map_or(Answers::Lines, Answers::Typed);
        Self { answers, output, records: Records::new(kinds), fault: None, is_over: None, challenge: None }
    }

    /// Goes on by itself at a terminal once a phone has answered the challenge that a question is about.
    #[must_use]
    pub(crate) fn watching(self, is_over: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self { is_over: Some(is_over), ..self }
    }

    /// Why the person could not be asked or told.
    pub(crate) fn fault(&mut self) -> Option<Failure> {
        self.fault.take()
    }

    /// Prints the records, which scripts get in the place of the lines.
    pub(crate) fn print_records(self) -> Result<(), Failure> {
        if self.output.is_json() { self.output.print_all("", self.records.into_lists()) } else { Ok(()) }
    }

    fn answer(&mut self, style: Style, question: &str) -> Result<Option<Zeroizing<String>>, Failure> {
        match (&mut self.answers, style) {
            (Answers::Typed(terminal), Style::Hidden) => terminal.ask_hidden(question),
            (Answers::Typed(terminal), Style::Visible) => match (self.challenge.take(), self.is_over) {
                (Some(challenge), Some(is_over)) => terminal.ask_until(question, || is_over(&challenge)),
                (None, _) | (_, None) => terminal.ask(question),
            },
            (Answers::Lines, Style::Hidden | Style::Visible) => {
                self.output.aside(question)?;
                let line = terminal::read_line(&mut stdin().lock());
                line.map_err(|error| Failure::io(format!("standard input: {error}")))
            }
        }
    }
}

impl Person<'_> {
    fn show(&self, tone: Tone, text: &str) -> Result<(), Failure> {
        let is_aside = self.output.is_json() || tone == Tone::Error;
        let text = Zeroizing::new(plain(text));
        if is_aside { self.output.aside(&text) } else { self.output.line(&text) }
    }

    fn gone_by(&mut self, failure: Failure) -> Gone {
        self.fault.get_or_insert(failure);
        Gone::Closed
    }
}

impl Prompter for Person<'_> {
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
        if let Err(failure) = self.show(tone, text) {
            self.fault.get_or_insert(failure);
        }
    }

    fn record(&mut self, name: &str, value: Map<String, Value>) {
        // About the next question, and no result.
        if name == "approval" {
            self.challenge = value.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
        } else {
            self.records.add(name, value);
        }
    }
}

#[async_trait]
impl Conversation for Person<'_> {
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        let style = match echo {
            Echo::Off => Style::Hidden,
            Echo::On => Style::Visible,
        };
        match self.answer(style, &plain(prompt.text())) {
            Ok(answer) => {
                answer.map(|mut answer| Answer::new(std::mem::take(&mut *answer))).ok_or(Gone::Cancelled)
            }
            Err(failure) => Err(self.gone_by(failure)),
        }
    }

    async fn tell(&mut self, tone: conversation::Tone, prompt: &Prompt<'_>) -> Result<(), Gone> {
        let tone = match tone {
            conversation::Tone::Info => Tone::Info,
            conversation::Tone::Error => Tone::Error,
        };
        prompt
            .text()
            .lines()
            .try_for_each(|line| self.show(tone, line))
            .map_err(|failure| self.gone_by(failure))
    }

    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone> {
        self.records.add(name, value);
        Ok(())
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Gone> {
        Ok(())
    }
}

/// Replaces control characters, which could move the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
