//! A user who records all questions and messages.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use postern_core::conversation::{Answer, Conversation, Echo, Gone, Prompt, Tone};
use postern_core::words::Argument;
use serde_json::{Map, Value};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A question or message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    Question(Echo, String),
    Line(Tone, String),
    Record(String, Map<String, Value>),
}

/// All questions and messages, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript {
    heard: Arc<Mutex<Vec<Heard>>>,
    was_cut: Arc<AtomicBool>,
}

impl Transcript {
    pub(crate) fn all(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    /// Whether the connection stayed open to the end.
    pub(crate) fn is_complete(&self) -> bool {
        !self.was_cut.load(Ordering::Relaxed)
    }

    fn add(&self, heard: Heard) {
        for text in match &heard {
            Heard::Question(_, text) | Heard::Line(_, text) => vec![text.as_str()],
            Heard::Record(..) => Vec::new(),
        } {
            assert!(!text.chars().any(char::is_control), "a line has no control characters: {text:?}");
        }
        self.lock().push(heard);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user whose answers a test gives, one after the other.
#[derive(Debug)]
pub(crate) struct Talker {
    transcript: Transcript,
    questions: UnboundedSender<String>,
    answers: UnboundedReceiver<Result<String, Gone>>,
    /// Otherwise the offer of them is passed over.
    pub(crate) wants_recovery_codes: bool,
}

impl Talker {
    #[allow(clippy::type_complexity, reason = "the two ends of one line")]
    pub(crate) fn new() -> (Self, Transcript, UnboundedReceiver<String>, UnboundedSender<Result<String, Gone>>)
    {
        let (questions, asked) = unbounded_channel();
        let (say, answers) = unbounded_channel();
        let transcript = Transcript::default();
        (
            Self { transcript: transcript.clone(), questions, answers, wants_recovery_codes: false },
            transcript,
            asked,
            say,
        )
    }
}

#[async_trait]
impl Conversation for Talker {
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        if prompt.id() == OFFER && !self.wants_recovery_codes {
            return Ok(Answer::new("n".to_owned()));
        }
        self.transcript.add(Heard::Question(echo, prompt.text().to_owned()));
        self.questions.send(prompt.text().to_owned()).map_err(|_| Gone::Closed)?;
        self.answers.recv().await.unwrap_or(Err(Gone::Closed)).map(Answer::new)
    }

    async fn tell(&mut self, tone: Tone, prompt: &Prompt<'_>) -> Result<(), Gone> {
        prompt.text().lines().for_each(|line| self.transcript.add(Heard::Line(tone, line.to_owned())));
        Ok(())
    }

    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone> {
        self.transcript.add(Heard::Record(name.to_owned(), value));
        Ok(())
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Gone> {
        Ok(())
    }
}

/// A user with prepared answers, or with codes of the shown key if `enrols`; after them there is no answer.
pub(crate) struct Script {
    pub(crate) transcript: Transcript,
    answers: VecDeque<String>,
    first_code: Option<FirstCode>,
    passkey: Option<PasskeyAnswer>,
    leaves_at: usize,
}

/// In place of this answer goes that of the passkey.
pub(crate) const BY_PASSKEY: &str = "<passkey>";

/// Answers what a browser is asked for.
pub(crate) type PasskeyAnswer = Box<dyn FnMut(&str) -> String + Send + Sync>;

/// Makes a code of the key that was shown.
type FirstCode = Box<dyn Fn(&Map<String, Value>) -> String + Send + Sync>;

impl Script {
    pub(crate) fn new(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self {
            transcript: Transcript::default(),
            answers,
            first_code: None,
            passkey: None,
            leaves_at: usize::MAX,
        }
    }

    /// After the prepared answers, a code of the key that was shown.
    pub(crate) fn enrols(
        mut self,
        first_code: impl Fn(&Map<String, Value>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.first_code = Some(Box::new(first_code));
        self
    }

    /// Has a passkey give the answers that are [`BY_PASSKEY`].
    pub(crate) fn at_browser(self, passkey: PasskeyAnswer) -> Self {
        Self { passkey: Some(passkey), ..self }
    }

    /// Closes the connection after so many questions, messages and records.
    pub(crate) fn leaves_at(mut self, count: usize) -> Self {
        self.leaves_at = count;
        self
    }

    #[track_caller]
    fn by_passkey(&mut self, prompt: &Prompt<'_>) -> String {
        let passkey = self.passkey.as_mut().expect("a passkey");
        let options = prompt.arguments().iter().find(|(name, _)| *name == "options");
        let Some((_, Argument::Text(options))) = options else {
            panic!("no passkey is asked for: {}", prompt.text())
        };
        passkey(options)
    }

    async fn hear(&self, heard: Heard) -> Result<(), Gone> {
        // As with a front door, which is never ready at once.
        tokio::task::yield_now().await;
        let count = self.transcript.lock().len();
        if count >= self.leaves_at {
            self.transcript.was_cut.store(true, Ordering::Relaxed);
            return Err(Gone::Closed);
        }
        self.transcript.add(heard);
        Ok(())
    }
}

#[async_trait]
impl Conversation for Script {
    async fn ask(&mut self, echo: Echo, prompt: &Prompt<'_>) -> Result<Answer, Gone> {
        if prompt.id() == OFFER {
            return Ok(Answer::new("n".to_owned()));
        }
        self.hear(Heard::Question(echo, prompt.text().to_owned())).await?;
        if let Some(answer) = self.answers.pop_front() {
            return Ok(Answer::new(if answer == BY_PASSKEY { self.by_passkey(prompt) } else { answer }));
        }
        let heard = self.transcript.all();
        let key = heard.iter().rev().find_map(|heard| match heard {
            Heard::Record(name, key) if name == "key" => Some(key),
            Heard::Record(..) | Heard::Question(..) | Heard::Line(..) => None,
        });
        match (&self.first_code, key) {
            (Some(first_code), Some(key)) => Ok(Answer::new(first_code(key))),
            _ => Err(Gone::Closed),
        }
    }

    async fn tell(&mut self, tone: Tone, prompt: &Prompt<'_>) -> Result<(), Gone> {
        for line in prompt.text().lines() {
            self.hear(Heard::Line(tone, line.to_owned())).await?;
        }
        Ok(())
    }

    async fn record(&mut self, name: &str, value: Map<String, Value>) -> Result<(), Gone> {
        self.hear(Heard::Record(name.to_owned(), value)).await
    }

    async fn wait(&mut self, _: Duration) -> Result<(), Gone> {
        Ok(())
    }
}

/// The question whether to make recovery codes.
const OFFER: &str = "offer-recovery-codes";
