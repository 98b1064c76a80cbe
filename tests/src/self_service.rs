//! A visit to one's own account over posternd's socket, word for word, as any local user may make one.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{canary, wire};

/// A conversation of a local user with posternd. Dropping it hangs up.
pub struct Visit {
    stream: BufReader<UnixStream>,
}

/// What posternd says.
#[derive(PartialEq, Eq)]
pub enum Said {
    /// A question.
    Ask {
        /// Whether what is typed may be shown.
        is_hidden: bool,
        /// The prompt.
        text: String,
    },
    /// A line.
    Tell {
        /// The line.
        text: String,
    },
    /// A result for scripts.
    Record {
        /// What it is.
        name: String,
        /// Its fields.
        value: Map<String, Value>,
    },
    /// It is done.
    Accept,
    /// It is refused.
    Reject {
        /// For the log.
        reason: String,
        /// Text for the user.
        text: String,
    },
    /// It cannot be decided.
    Defer(String),
    /// It is not the protocol, or posternd hung up.
    Error(String),
}

impl Visit {
    /// Opens `flow` as the user `uid`, with arguments by name.
    #[must_use]
    pub fn begin(socket: &Path, uid: u32, flow: &str, arguments: &[(&str, &str)]) -> Self {
        let arguments: Map<String, Value> =
            arguments.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect();
        Self::begin_with(
            socket,
            uid,
            &json!({
                "version": 1, "flow": flow, "service": "", "user": "", "interactive": true, "arguments": arguments,
            }),
        )
    }

    /// Opens a conversation with this `begin`.
    #[must_use]
    pub fn begin_with(socket: &Path, uid: u32, begin: &Value) -> Self {
        let stream =
            wire::connect_as(uid, socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
        stream.set_read_timeout(Some(LIMIT)).expect("a read timeout");
        let mut visit = Self { stream: BufReader::new(stream) };
        visit.say(&json!({ "begin": begin }));
        visit
    }

    /// Answers the question before.
    pub fn answer(&mut self, text: &str) {
        self.say(&json!({ "answer": text }));
    }

    /// Waits for what comes next, however long that may take. Seeds, recovery codes and app passwords in records count as
    /// secrets from now on.
    #[must_use]
    pub fn hear(&mut self) -> Said {
        let Some(said) = self.hear_message() else { return Said::Error("hung up".to_owned()) };
        let line = said.to_string();
        let (kind, value) = said.as_object().and_then(|one| one.iter().next()).expect("a message");
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        match kind.as_str() {
            "wait" => self.hear(),
            // The user does without recovery codes.
            "ask" if OFFERS.iter().any(|offer| text(value, "text").starts_with(offer)) => {
                self.answer("n");
                self.hear()
            }
            "ask" => Said::Ask { is_hidden: value["style"] == "hidden", text: text(value, "text") },
            "tell" => Said::Tell { text: text(value, "text") },
            "record" => {
                let fields = value["value"].as_object().expect("fields").clone();
                for secret in ["secret", "code", "password", "token"] {
                    if let Some(Value::String(secret)) = fields.get(secret) {
                        canary::register(secret);
                    }
                }
                Said::Record { name: text(value, "name"), value: fields }
            }
            "verdict" => match value.as_object().and_then(|one| one.iter().next()) {
                Some((name, _)) if name == "accept" => Said::Accept,
                Some((name, why)) if name == "reject" => {
                    Said::Reject { reason: text(why, "reason"), text: text(why, "text") }
                }
                Some((_, why)) => Said::Defer(text(why, "reason")),
                None => panic!("{line}"),
            },
            _ => Said::Error(line),
        }
    }

    /// Waits for the next message, as it is; `None` where posternd hung up.
    #[must_use]
    pub fn hear_message(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            // After a reset, too, it is gone.
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    fn say(&mut self, message: &Value) {
        // posternd may have hung up, which is heard next.
        drop(writeln!(self.stream.get_mut(), "{message}"));
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visit")
    }
}

// What is told may be a secret.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { text, .. } => write!(f, "Ask({text:?})"),
            Self::Tell { .. } => f.write_str("Tell"),
            Self::Record { name, .. } => write!(f, "Record({name})"),
            Self::Accept => f.write_str("Accept"),
            Self::Reject { reason, text } => write!(f, "Reject({reason}, {text:?})"),
            Self::Defer(why) => write!(f, "Defer({why})"),
            Self::Error(why) => write!(f, "Error({why})"),
        }
    }
}

/// The beginnings of the question whether to make recovery codes.
const OFFERS: [&str; 2] = ["Make recovery codes now", "是否现在生成恢复码？"];
const LIMIT: Duration = Duration::from_secs(60);
