//! Whether a phone has answered, so that nobody has to press Enter.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postern_ipc::{Begin, Client, Flow, Prompter, Secret, Style, Tone, Verdict};
use serde_json::{Map, Value};

/// Asks posternd for what waits for an answer, in a conversation of its own.
pub(super) struct Approvals {
    socket: PathBuf,
    name: String,
}

impl Approvals {
    pub(super) fn new(socket: &Path, name: &str) -> Self {
        Self { socket: socket.to_owned(), name: name.to_owned() }
    }

    /// Whether the challenge has an answer, or is over. If posternd cannot tell, it waits still.
    pub(super) fn is_over(&self, challenge: &str) -> bool {
        let mut listed = Listed::default();
        let begin = Begin::new(Flow::ChallengeList, "", self.name.clone());
        let end = Client::connect(&self.socket, Instant::now() + PATIENCE)
            .and_then(|client| client.converse(begin, &mut listed));
        let is_open = |one: &Map<String, Value>| {
            one.get("id").and_then(Value::as_str) == Some(challenge)
                && one.get("answered").and_then(Value::as_bool) != Some(true)
        };
        end.is_ok_and(|verdict| matches!(verdict, Verdict::Accept(_))) && !listed.0.iter().any(is_open)
    }
}

/// The challenges of the list.
#[derive(Default)]
struct Listed(Vec<Map<String, Value>>);

impl Prompter for Listed {
    fn ask(&mut self, _: Style, _: &str) -> Option<Secret> {
        None
    }

    fn tell(&mut self, _: Tone, _: &str) {}

    fn record(&mut self, name: &str, value: Map<String, Value>) {
        if name == "challenge" {
            self.0.push(value);
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(2);
