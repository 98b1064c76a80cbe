//! A front door that speaks version 1 of the protocol, one JSON message a line, as root over posternd's socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// One conversation, and all that was said in it.
#[derive(Debug)]
pub struct Door {
    stream: UnixStream,
    reader: BufReader<UnixStream>,
    said: Vec<Value>,
}

impl Door {
    /// Opens a conversation.
    #[must_use]
    pub fn begin(socket: &Path, begin: &Value) -> Self {
        let stream = UnixStream::connect(socket).expect("posternd listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        let reader = BufReader::new(stream.try_clone().expect("a second descriptor"));
        let mut door = Self { stream, reader, said: Vec::new() };
        door.say(&json!({ "begin": begin }), &json!({ "begin": begin }));
        door
    }

    /// Answers a question; the record has `recorded` in the place of the answer.
    pub fn answer(&mut self, answer: &str, recorded: &str) {
        self.say(&json!({ "answer": answer }), &json!({ "answer": recorded }));
    }

    /// The next message but those that only say that posternd is still there.
    pub fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("a message");
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if message.get("wait").is_some() {
            return self.hear();
        }
        self.said.push(json!({ "posternd": message }));
        message
    }

    /// Answers every question in turn and returns the last message, which ends the conversation. Each answer comes with what
    /// the record has in its place.
    pub fn finish(&mut self, answers: &[(&str, &str)]) -> Value {
        let mut answers = answers.iter();
        loop {
            let message = self.hear();
            if message.get("ask").is_some() {
                let (answer, recorded) =
                    answers.next().unwrap_or_else(|| panic!("another question: {message}"));
                self.answer(answer, recorded);
            } else if ["tell", "record"].iter().all(|kind| message.get(kind).is_none()) {
                assert!(answers.next().is_none(), "fewer questions than that: {message}");
                return message;
            }
        }
    }

    /// All that was said.
    #[must_use]
    pub fn record(self) -> Vec<Value> {
        self.said
    }

    /// Repeats a recorded conversation. Each message of posternd has to be what it was, but for texts, secrets and numbers.
    pub fn repeat(socket: &Path, record: &[Value], fill: impl Fn(&str) -> String) {
        let mut lines = record.iter();
        let begin = lines.next().expect("a beginning")["door"]["begin"].clone();
        let mut door = Self::begin(socket, &filled(&begin, &fill));
        for line in lines {
            if let Some(expected) = line.get("posternd") {
                let heard = door.hear();
                assert_eq!(shape(&heard), shape(expected), "{begin}");
            } else {
                door.answer(&fill(line["door"]["answer"].as_str().expect("an answer")), "");
            }
        }
    }

    fn say(&mut self, message: &Value, recorded: &Value) {
        writeln!(self.stream, "{message}").expect("posternd listens");
        self.said.push(json!({ "door": recorded }));
    }
}

/// `value` with every string filled in.
fn filled(value: &Value, fill: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => fill(text).into(),
        Value::Array(all) => all.iter().map(|one| filled(one, fill)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, one)| (name.clone(), filled(one, fill))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// `message` without what may differ from one time to the next: the words that people read, proofs, and all of a status but
/// the names of its fields.
fn shape(message: &Value) -> Value {
    fn without_values(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(name, one)| (name.clone(), without_values(one))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Value::Null
            }
        }
    }
    match message {
        Value::Object(fields) => {
            let shapes = fields.iter().map(|(name, value)| {
                let shape = match name.as_str() {
                    "text" | "proof" => Value::Null,
                    "status" => without_values(value),
                    _ => shape(value),
                };
                (name.clone(), shape)
            });
            shapes.collect()
        }
        Value::Array(all) => all.iter().map(shape).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => message.clone(),
    }
}

const LIMIT: Duration = Duration::from_secs(60);
