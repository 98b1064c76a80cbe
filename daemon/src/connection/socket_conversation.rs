//! The conversation of a flow as messages of the protocol.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use postern_core::account::AccountId;
use postern_core::conversation::{self, Answer, Conversation, Echo, Gone, Prompt, Tone};
use postern_core::words;
use postern_ipc::{self as ipc, Argument, Choice, ServerMessage, Version};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tracing::error;
use zeroize::{Zeroize, Zeroizing};

use super::flow_event::FlowEvent;
use super::waiting_place::WaitingPlace;

/// A flow's end of a conversation: hands each message to the driver of the connection, and waits until it is written or answered.
#[derive(Debug)]
pub(super) struct SocketConversation<'a> {
    version: Version,
    audience: Audience,
    events: mpsc::Sender<FlowEvent>,
    waiting: Option<WaitingPlace<'a>>,
    waited: Duration,
}

/// Adds the time until it is dropped: a flow may be cut off while it waits.
struct Wait<'a> {
    since: Instant,
    total: &'a mut Duration,
}

impl<'a> Wait<'a> {
    fn begin(total: &'a mut Duration) -> Self {
        Self { since: Instant::now(), total }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        *self.total += self.since.elapsed();
    }
}

/// Who is at the other end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// A person, who can answer.
    Person,
    /// A script, which reads and cannot answer.
    Reader,
    /// A program that shows nothing: it is told nothing and asked nothing.
    Program,
}

impl<'a> SocketConversation<'a> {
    /// The flow's end of a conversation in `version`, and the other one.
    pub(super) fn new(version: Version, audience: Audience) -> (Self, mpsc::Receiver<FlowEvent>) {
        let (events, received) = mpsc::channel(1);
        (Self { version, audience, events, waiting: None, waited: Duration::ZERO }, received)
    }

    /// Before the first question it takes a place for those who are waited for.
    pub(super) fn waits_at(&mut self, place: WaitingPlace<'a>) {
        self.waiting = Some(place);
    }

    /// How long it waited for the person, whether to answer here or on a phone.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Whether there was no place.
    pub(super) fn was_turned_away(&self) -> bool {
        self.waiting.as_ref().is_some_and(WaitingPlace::was_turned_away)
    }

    async fn say(&self, message: ServerMessage, pause: Option<Duration>) -> Result<(), Gone> {
        if self.audience == Audience::Program {
            return Ok(());
        }
        self.send(line_of(message)?, pause).await
    }

    async fn send(&self, line: Zeroizing<Vec<u8>>, pause: Option<Duration>) -> Result<(), Gone> {
        let (written, hears) = oneshot::channel();
        self.events.send(FlowEvent::Tell { line, pause, written }).await.map_err(|_| Gone::Closed)?;
        hears.await.unwrap_or(Err(Gone::Closed))
    }
}

#[async_trait]
impl Conversation for SocketConversation<'_> {
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        if self.audience != Audience::Person {
            return Err(Gone::Cancelled);
        }
        if let Some(waiting) = &mut self.waiting
            && !waiting.take()
        {
            return Err(Gone::Closed);
        }
        let style = match echo {
            Echo::Off => ipc::Style::Hidden,
            Echo::On => ipc::Style::Visible,
        };
        let (answer, hears) = oneshot::channel();
        let line = ask_line(self.version, style, prompt)?;
        let _waits = Wait::begin(&mut self.waited);
        self.events.send(FlowEvent::Ask { line, answer }).await.map_err(|_| Gone::Closed)?;
        hears.await.unwrap_or(Err(Gone::Closed))
    }

    async fn tell(&mut self, tone: Tone, prompt: &Prompt<'_>) -> Result<(), Gone> {
        if self.audience == Audience::Program {
            return Ok(());
        }
        let style = match tone {
            Tone::Info => ipc::Tone::Info,
            Tone::Error => ipc::Tone::Error,
        };
        for line in tell_lines(self.version, style, prompt)? {
            self.send(line, None).await?;
        }
        Ok(())
    }

    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone> {
        self.say(ServerMessage::Record { name: name.to_owned(), value }, None).await
    }

    async fn wait(&mut self, longest: Duration) -> Result<(), Gone> {
        let seconds = u32::try_from(longest.as_secs()).unwrap_or(u32::MAX);
        self.say(ServerMessage::Wait { seconds }, Some(longest)).await
    }

    fn is_of(&mut self, account: &AccountId) {
        if let Some(waiting) = &mut self.waiting {
            waiting.is_of(account);
        }
    }

    async fn gone(&mut self) -> Gone {
        let (gone, hears) = oneshot::channel();
        let _waits = Wait::begin(&mut self.waited);
        if self.events.send(FlowEvent::Watch { gone }).await.is_err() {
            return Gone::Closed;
        }
        hears.await.unwrap_or(Gone::Closed)
    }
}

fn ask_line(version: Version, style: ipc::Style, prompt: &Prompt<'_>) -> Result<Zeroizing<Vec<u8>>, Gone> {
    let text = secret(prompt.text());
    line_of(match version {
        Version::One => {
            ServerMessage::Ask { style, text, id: None, arguments: BTreeMap::new(), choices: Vec::new() }
        }
        Version::Two => ServerMessage::Ask {
            style,
            text,
            id: Some(prompt.id().to_owned()),
            arguments: arguments(prompt),
            choices: choices(prompt),
        },
    })
}

/// In version 1 every line of the prompt is a message. From version 2 on the prompt is one message; where it would not fit
/// with its text, as a large QR code does not, its id and arguments say it alone.
fn tell_lines(
    version: Version,
    style: ipc::Tone,
    prompt: &Prompt<'_>,
) -> Result<Vec<Zeroizing<Vec<u8>>>, Gone> {
    match version {
        Version::One => {
            let tell = |line| ServerMessage::Tell {
                style,
                text: secret(line),
                id: None,
                arguments: BTreeMap::new(),
            };
            prompt.text().lines().map(|line| line_of(tell(line))).collect()
        }
        Version::Two => {
            let tell = |text| ServerMessage::Tell {
                style,
                text: secret(text),
                id: Some(prompt.id().to_owned()),
                arguments: arguments(prompt),
            };
            let line = ipc::encode(&tell(prompt.text())).or_else(|_| line_of(tell("")))?;
            Ok(vec![line])
        }
    }
}

fn arguments(prompt: &Prompt<'_>) -> BTreeMap<String, Argument> {
    let on_the_wire = |(name, value): &(&str, words::Argument<'_>)| {
        let value = match *value {
            words::Argument::Text(text) => Argument::Text(secret(text)),
            words::Argument::Number(number) => Argument::Number(number),
        };
        ((*name).to_owned(), value)
    };
    prompt.arguments().iter().map(on_the_wire).collect()
}

fn choices(prompt: &Prompt<'_>) -> Vec<Choice> {
    let on_the_wire = |choice: &conversation::Choice| Choice {
        id: choice.id.clone(),
        kind: choice.kind.to_owned(),
        label: choice.label.clone(),
    };
    prompt.choices().iter().map(on_the_wire).collect()
}

fn secret(text: &str) -> ipc::Secret {
    ipc::Secret::new(text.to_owned())
}

/// Encodes the message. A record may hold a new password, so its value is wiped.
fn line_of(mut message: ServerMessage) -> Result<Zeroizing<Vec<u8>>, Gone> {
    let line = ipc::encode(&message);
    if let ServerMessage::Record { value, .. } = &mut message {
        value.values_mut().for_each(wipe);
    }
    line.map_err(|error| {
        error!("a message is longer than the protocol allows: {error:?}");
        Gone::Closed
    })
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(list) => list.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use postern_core::words::{Language, Phrase};

    use super::*;

    fn text(line: &[u8]) -> &str {
        std::str::from_utf8(line).unwrap()
    }

    fn prompt<'a>(phrase: &Phrase<'a>) -> Prompt<'a> {
        Prompt::new(phrase, Language::English)
    }

    /// The lines that a conversation writes for a question, two prompts, a record and a pause, and whether each succeeded.
    async fn all_of(version: Version, audience: Audience) -> (Vec<String>, Vec<bool>) {
        let (mut conversation, mut received) = SocketConversation::new(version, audience);
        let other_end = async move {
            let mut said = Vec::new();
            while let Some(event) = received.recv().await {
                match event {
                    FlowEvent::Ask { line, answer } => {
                        said.push(text(&line).to_owned());
                        answer.send(Ok(Answer::new("yes".to_owned()))).unwrap();
                    }
                    FlowEvent::Tell { line, written, .. } => {
                        said.push(text(&line).to_owned());
                        written.send(Ok(())).unwrap();
                    }
                    FlowEvent::Watch { .. } => {}
                }
            }
            said
        };
        let flow = async move {
            let choices = [conversation::Choice {
                id: "1".to_owned(),
                kind: "totp",
                label: "authenticator".to_owned(),
            }];
            let question = Prompt::new(&Phrase::Code { label: "authenticator" }, Language::English);
            let answer = conversation.ask(Echo::Off, &question.with_choices(&choices)).await;
            let drawing = Zeroizing::new("▀▄\n▄▀\n".to_owned());
            let value = Map::from_iter([("id".to_owned(), "GdGn".into())]);
            vec![
                answer.is_ok_and(|answer| answer.expose() == "yes"),
                conversation.tell(Tone::Error, &prompt(&Phrase::CodeTooEarly { seconds: 30 })).await.is_ok(),
                conversation.tell(Tone::Info, &Prompt::qr("https://x", drawing)).await.is_ok(),
                conversation.record("app_password", value).await.is_ok(),
                conversation.wait(Duration::from_secs(60)).await.is_ok(),
            ]
        };
        tokio::join!(other_end, flow)
    }

    #[tokio::test]
    async fn version_1_is_text_line_by_line_and_nothing_else() {
        let (said, done) = all_of(Version::One, Audience::Person).await;
        assert_eq!(
            said,
            [
                "{\"ask\":{\"style\":\"hidden\",\"text\":\"Code from authenticator: \"}}\n",
                "{\"tell\":{\"style\":\"error\",\"text\":\"Codes are not taken just now. Wait 30 seconds, \
                 then type the code that is shown.\"}}\n",
                "{\"tell\":{\"style\":\"info\",\"text\":\"▀▄\"}}\n",
                "{\"tell\":{\"style\":\"info\",\"text\":\"▄▀\"}}\n",
                "{\"record\":{\"name\":\"app_password\",\"value\":{\"id\":\"GdGn\"}}}\n",
                "{\"wait\":{\"seconds\":60}}\n",
            ]
        );
        assert_eq!(done, [true; 5]);
    }

    #[tokio::test]
    async fn version_2_has_ids_arguments_and_choices_beside_the_text_and_a_prompt_is_one_message() {
        let (said, done) = all_of(Version::Two, Audience::Person).await;
        assert_eq!(
            said,
            [
                "{\"ask\":{\"style\":\"hidden\",\"text\":\"Code from authenticator: \",\"id\":\"code\",\
                 \"arguments\":{\"label\":\"authenticator\"},\
                 \"choices\":[{\"id\":\"1\",\"kind\":\"totp\",\"label\":\"authenticator\"}]}}\n",
                "{\"tell\":{\"style\":\"error\",\"text\":\"Codes are not taken just now. Wait 30 seconds, \
                 then type the code that is shown.\",\"id\":\"code-too-early\",\"arguments\":{\"seconds\":30}}}\n",
                "{\"tell\":{\"style\":\"info\",\"text\":\"▀▄\\n▄▀\\n\",\"id\":\"qr\",\
                 \"arguments\":{\"text\":\"https://x\"}}}\n",
                "{\"record\":{\"name\":\"app_password\",\"value\":{\"id\":\"GdGn\"}}}\n",
                "{\"wait\":{\"seconds\":60}}\n",
            ]
        );
        assert_eq!(done, [true; 5]);
    }

    #[tokio::test]
    async fn a_reader_is_asked_nothing_and_an_absent_user_is_told_nothing() {
        let (said, done) = all_of(Version::One, Audience::Reader).await;
        assert_eq!((said.len(), done), (5, vec![false, true, true, true, true]));
        let (said, done) = all_of(Version::One, Audience::Program).await;
        assert_eq!((said.len(), done), (0, vec![false, true, true, true, true]));
    }

    #[tokio::test]
    async fn a_message_too_long_for_a_line_ends_the_conversation() {
        for version in [Version::One, Version::Two] {
            let (mut conversation, _received) = SocketConversation::new(version, Audience::Person);
            let long = "x".repeat(17_000);
            let line = prompt(&Phrase::AppPasswordRevoked { label: &long });
            assert_eq!(conversation.tell(Tone::Info, &line).await, Err(Gone::Closed));
        }
    }

    #[test]
    fn in_version_2_a_qr_code_that_is_too_large_to_draw_is_data_alone() {
        let drawing = Zeroizing::new("█".repeat(6_000));
        let lines = tell_lines(Version::Two, ipc::Tone::Info, &Prompt::qr("https://x", drawing)).unwrap();
        let [line] = &lines[..] else { panic!("{} messages", lines.len()) };
        assert_eq!(
            text(line),
            "{\"tell\":{\"style\":\"info\",\"text\":\"\",\"id\":\"qr\",\"arguments\":{\"text\":\"https://x\"}}}\n"
        );
    }

    #[test]
    fn debug_shows_nothing_that_is_filled_in() {
        let phrase = Phrase::AppPassword { password: "s3cret" };
        let message = ServerMessage::Tell {
            style: ipc::Tone::Info,
            text: secret(prompt(&phrase).text()),
            id: None,
            arguments: arguments(&prompt(&phrase)),
        };
        let shown = format!("{phrase:?} {:?} {message:?}", prompt(&phrase));
        assert!(shown.contains("app-password") && !shown.contains("s3cret"), "{shown}");
    }
}
