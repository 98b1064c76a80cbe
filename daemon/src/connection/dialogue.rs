use std::time::Duration;

use async_trait::async_trait;
use postern_core::conversation::{Answer, Conversation, Echo, Gone, Tone};
use postern_ipc::{self as ipc, ServerMessage};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tracing::error;
use zeroize::{Zeroize, Zeroizing};

/// A flow's end of a conversation: it hands each word to whoever holds the connection, and waits until that is done.
#[derive(Debug)]
pub(super) struct Dialogue {
    audience: Audience,
    words: mpsc::Sender<Word>,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Somebody who can answer.
    Person,
    /// A script, which takes what it is given and answers nothing.
    Reader,
    /// Nobody: nothing is said.
    Nobody,
}

/// What a flow has to say, as it goes over the wire.
#[derive(Debug)]
pub(super) enum Word {
    /// A question.
    Ask { line: Zeroizing<Vec<u8>>, answer: oneshot::Sender<Result<Answer, Gone>> },
    /// Anything else, and how long it may be until the next word where that is longer than usual.
    Tell { line: Zeroizing<Vec<u8>>, pause: Option<Duration>, told: oneshot::Sender<Result<(), Gone>> },
    /// That the flow wants to know while it works when nobody is there any more, and ends by itself then.
    Watch { gone: oneshot::Sender<Gone> },
}

impl Dialogue {
    /// The flow's end, and the other one.
    pub(super) fn new(audience: Audience) -> (Self, mpsc::Receiver<Word>) {
        let (words, heard) = mpsc::channel(1);
        (Self { audience, words }, heard)
    }

    async fn say(&self, message: ServerMessage, pause: Option<Duration>) -> Result<(), Gone> {
        if self.audience == Audience::Nobody {
            return Ok(());
        }
        let (told, hears) = oneshot::channel();
        let word = Word::Tell { line: line_of(message)?, pause, told };
        self.words.send(word).await.map_err(|_| Gone::Closed)?;
        hears.await.unwrap_or(Err(Gone::Closed))
    }
}

#[async_trait]
impl Conversation for Dialogue {
    async fn ask(&mut self, echo: Echo, question: &str) -> Result<Answer, Gone> {
        if self.audience != Audience::Person {
            return Err(Gone::Cancelled);
        }
        let style = match echo {
            Echo::Off => ipc::Style::Hidden,
            Echo::On => ipc::Style::Visible,
        };
        let (answer, hears) = oneshot::channel();
        let line = line_of(ServerMessage::Ask { style, text: question.to_owned() })?;
        self.words.send(Word::Ask { line, answer }).await.map_err(|_| Gone::Closed)?;
        hears.await.unwrap_or(Err(Gone::Closed))
    }

    async fn tell(&mut self, tone: Tone, line: &str) -> Result<(), Gone> {
        let style = match tone {
            Tone::Info => ipc::Tone::Info,
            Tone::Error => ipc::Tone::Error,
        };
        self.say(ServerMessage::Tell { style, text: line.to_owned() }, None).await
    }

    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone> {
        self.say(ServerMessage::Record { name: name.to_owned(), value }, None).await
    }

    async fn wait(&mut self, longest: Duration) -> Result<(), Gone> {
        let seconds = u32::try_from(longest.as_secs()).unwrap_or(u32::MAX);
        self.say(ServerMessage::Wait { seconds }, Some(longest)).await
    }

    async fn gone(&mut self) -> Gone {
        let (gone, hears) = oneshot::channel();
        if self.words.send(Word::Watch { gone }).await.is_err() {
            return Gone::Closed;
        }
        hears.await.unwrap_or(Gone::Closed)
    }
}

/// A flow may tell a new password: what it was put together from is wiped.
fn line_of(mut message: ServerMessage) -> Result<Zeroizing<Vec<u8>>, Gone> {
    let line = ipc::encode(&message);
    match &mut message {
        ServerMessage::Ask { text, .. } | ServerMessage::Tell { text, .. } => text.zeroize(),
        ServerMessage::Record { value, .. } => value.values_mut().for_each(wipe),
        ServerMessage::Wait { .. }
        | ServerMessage::Verdict(_)
        | ServerMessage::Status(_)
        | ServerMessage::Error(_) => {}
    }
    line.map_err(|error| {
        error!("a flow says more than the protocol can carry: {error:?}");
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
    use super::*;

    fn text(line: &[u8]) -> &str {
        std::str::from_utf8(line).unwrap()
    }

    /// What a dialogue with `audience` hands over of a question, a line, a record and a pause, and what it makes of them.
    async fn all_of(audience: Audience) -> (Vec<String>, Vec<bool>) {
        let (mut dialogue, mut heard) = Dialogue::new(audience);
        let other_end = async move {
            let mut said = Vec::new();
            while let Some(word) = heard.recv().await {
                match word {
                    Word::Ask { line, answer } => {
                        said.push(text(&line).to_owned());
                        answer.send(Ok(Answer::new("yes".to_owned()))).unwrap();
                    }
                    Word::Tell { line, told, .. } => {
                        said.push(text(&line).to_owned());
                        told.send(Ok(())).unwrap();
                    }
                    Word::Watch { .. } => {}
                }
            }
            said
        };
        let flow = async move {
            let answer = dialogue.ask(Echo::Off, "Password: ").await;
            let value = Map::from_iter([("id".to_owned(), "GdGn".into())]);
            vec![
                answer.is_ok_and(|answer| answer.expose() == "yes"),
                dialogue.tell(Tone::Error, "no").await.is_ok(),
                dialogue.record("app_password", value).await.is_ok(),
                dialogue.wait(Duration::from_secs(60)).await.is_ok(),
            ]
        };
        tokio::join!(other_end, flow)
    }

    #[tokio::test]
    async fn a_person_gets_all_of_it_in_the_words_of_the_protocol() {
        let (said, done) = all_of(Audience::Person).await;
        assert_eq!(
            said,
            [
                "{\"ask\":{\"style\":\"hidden\",\"text\":\"Password: \"}}\n",
                "{\"tell\":{\"style\":\"error\",\"text\":\"no\"}}\n",
                "{\"record\":{\"name\":\"app_password\",\"value\":{\"id\":\"GdGn\"}}}\n",
                "{\"wait\":{\"seconds\":60}}\n",
            ]
        );
        assert_eq!(done, [true; 4]);
    }

    #[tokio::test]
    async fn a_reader_is_asked_nothing_and_nobody_is_told_nothing() {
        let (said, done) = all_of(Audience::Reader).await;
        assert_eq!((said.len(), done), (3, vec![false, true, true, true]));
        let (said, done) = all_of(Audience::Nobody).await;
        assert_eq!((said.len(), done), (0, vec![false, true, true, true]));
    }

    #[tokio::test]
    async fn what_does_not_fit_into_a_line_ends_the_conversation() {
        let (mut dialogue, _heard) = Dialogue::new(Audience::Person);
        assert_eq!(dialogue.tell(Tone::Info, &"x".repeat(17_000)).await, Err(Gone::Closed));
    }
}
