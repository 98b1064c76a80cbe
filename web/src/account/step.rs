//! What posternd says between two answers of a person, as data.

use std::collections::BTreeMap;
use std::time::Duration;

use postern_ipc::{Argument, Choice, Failure, RejectReason, ServerMessage, Style, Tone, Verdict};
use serde_json::{Map, Value};
use tracing::{error, warn};
use zeroize::Zeroizing;

use super::talk::Talk;

/// All that was said since the last answer, and what comes next.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) lines: Vec<Line>,
    pub(super) records: Vec<Record>,
    pub(super) next: Next,
}

/// What a step ends with.
#[derive(Debug)]
pub(super) enum Next {
    Question(Question),
    End(End),
}

/// How a conversation ended.
#[derive(Debug)]
pub(super) enum End {
    Accepted,
    /// With the words for the person.
    Rejected(RejectReason),
    /// Too many people of this account, or from where they are, are waited for.
    Busy,
    /// posternd, or something that it needs, is out of order.
    Unavailable,
}

/// A line, or a paragraph.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) is_error: bool,
    pub(super) prompt: Prompt,
}

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) is_hidden: bool,
    pub(super) prompt: Prompt,
    pub(super) choices: Vec<Choice>,
}

/// A phrase of the catalogue, with what is filled into it.
pub(super) struct Prompt {
    pub(super) id: String,
    text: Zeroizing<String>,
    arguments: BTreeMap<String, Argument>,
}

/// An item that a flow lists or has created. Its fields may be secrets.
pub(super) struct Record {
    pub(super) name: String,
    fields: Map<String, Value>,
}

impl Step {
    /// The next step of a conversation. Never fails: without posternd the conversation is over.
    pub(super) async fn of(talk: &mut Talk) -> Self {
        let mut step = Self { lines: Vec::new(), records: Vec::new(), next: Next::End(End::Unavailable) };
        let mut granted = Duration::ZERO;
        loop {
            let message = match talk.receive(std::mem::take(&mut granted)).await {
                Ok(message) => message,
                Err(failure) => return step.failed(&failure),
            };
            match message {
                ServerMessage::Ask { style, text, id, arguments, choices } => {
                    let prompt = Prompt::new(id, text.expose(), arguments);
                    let is_hidden = style == Style::Hidden;
                    step.next = Next::Question(Question { is_hidden, prompt, choices });
                    return step;
                }
                ServerMessage::Tell { style, text, id, arguments } => {
                    let prompt = Prompt::new(id, text.expose(), arguments);
                    step.lines.push(Line { is_error: style == Tone::Error, prompt });
                }
                ServerMessage::Record { name, value } => step.records.push(Record { name, fields: value }),
                ServerMessage::Wait { seconds } => granted = Duration::from_secs(seconds.into()),
                ServerMessage::Verdict(verdict) => {
                    let is_busy = step.line("too-many-waiting").is_some();
                    step.next = Next::End(End::of(&verdict, is_busy));
                    return step;
                }
                ServerMessage::Error(error) => return step.failed(&Failure::Refused(error)),
                ServerMessage::Status(_) => return step.failed(&Failure::Garbled),
            }
        }
    }

    /// A conversation that could not begin.
    pub(super) fn unavailable(failure: &Failure) -> Self {
        let step = Self { lines: Vec::new(), records: Vec::new(), next: Next::End(End::Unavailable) };
        step.failed(failure)
    }

    /// Adds what was said before a question that was answered for the person.
    pub(super) fn follows(&mut self, earlier: Self) {
        self.lines.splice(0..0, earlier.lines);
        self.records.splice(0..0, earlier.records);
    }

    fn failed(mut self, failure: &Failure) -> Self {
        error!("{failure}");
        self.next = Next::End(End::Unavailable);
        self
    }

    /// The records of a name.
    pub(super) fn records<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Record> {
        self.records.iter().filter(move |record| record.name == name)
    }

    /// The id of the question that it ends with; none if it ends the conversation.
    pub(super) fn question_id(&self) -> Option<&str> {
        match &self.next {
            Next::Question(question) => Some(&question.prompt.id),
            Next::End(_) => None,
        }
    }

    /// The first line with this id.
    pub(super) fn line(&self, id: &str) -> Option<&Prompt> {
        self.lines.iter().map(|line| &line.prompt).find(|prompt| prompt.id == id)
    }
}

impl End {
    fn of(verdict: &Verdict, is_busy: bool) -> Self {
        match verdict {
            Verdict::Accept(_) => Self::Accepted,
            Verdict::Reject(reject) => Self::Rejected(reject.reason),
            Verdict::Defer(_) if is_busy => Self::Busy,
            Verdict::Defer(defer) => {
                warn!("posternd defers: {}", defer.reason);
                Self::Unavailable
            }
            Verdict::Ignore(ignore) => {
                warn!("posternd has nothing to say: {}", ignore.reason);
                Self::Unavailable
            }
        }
    }
}

impl Prompt {
    fn new(id: Option<String>, text: &str, arguments: BTreeMap<String, Argument>) -> Self {
        let text = Zeroizing::new(text.trim().to_owned());
        Self { id: id.unwrap_or_default(), text, arguments }
    }

    /// The phrase in the language of the page.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The phrase without the colon that stands before an answer at a terminal.
    pub(super) fn label(&self) -> &str {
        self.text.trim_end_matches([':', '：'])
    }

    /// An argument that is a text; empty if there is none.
    pub(super) fn argument(&self, name: &str) -> &str {
        match self.arguments.get(name) {
            Some(Argument::Text(text)) => text.expose(),
            Some(Argument::Number(_)) | None => "",
        }
    }

    /// An argument that is a number; zero if there is none.
    pub(super) fn number(&self, name: &str) -> u64 {
        match self.arguments.get(name) {
            Some(Argument::Number(number)) => *number,
            Some(Argument::Text(_)) | None => 0,
        }
    }
}

impl std::fmt::Debug for Prompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prompt({})", self.id)
    }
}

impl Record {
    /// All fields.
    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// A field that is a text; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.fields.get(name).and_then(Value::as_u64)
    }

    /// Whether a field is true.
    pub(super) fn is(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A field that is a list of texts.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.fields.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Record({})", self.name)
    }
}
